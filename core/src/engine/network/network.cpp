// Network: the public face of the engine.
#include <widelimit/network.hpp>

#include <widelimit/error.hpp>

#include "engine/dense/evaluator.hpp"
#include "engine/dense/tiles.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/memory_sink.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/network/compiled.hpp"
#include "engine/network/field_statistics.hpp"
#include "engine/network/network_state.hpp"
#include "engine/spatial/spatial_tiles.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace widelimit {

using detail::Compiled;

namespace {

template <class T>
const BasicMatrix<T>& matrix_of(const Samples& x) {
  if constexpr (precision_of<T> == Precision::float64)
    return x.f64();
  else
    return x.f32();
}

// Samples in the precision of a run: borrowed where they have it, a copy where not.
template <class T>
class InPrecision {
 public:
  explicit InPrecision(const Samples& x) : samples_(&x) {
    if (x.precision() == precision_of<T>) return;
    converted_ = x.converted(precision_of<T>);
    samples_ = &*converted_;
  }
  [[nodiscard]] const T* data() const { return matrix_of<T>(*samples_).data(); }

 private:
  std::optional<Samples> converted_;
  const Samples* samples_;
};

void require_numbers(const Samples& x) {
  if (x.count() > 0 && x.features() == 0)
    throw Error(ErrorCode::usage, "the samples have no features");
}

void require_same_shape(const Samples& x1, const Samples& x2) {
  if (x1.shape() == x2.shape()) return;
  throw Error(ErrorCode::usage, "the two sets of samples must have one shape, not " +
                                    x1.shape().text() + " and " + x2.shape().text() +
                                    " numbers a sample");
}

// What a computation may throw beside Error becomes one.
template <class F>
void guarded(F&& compute) {
  try {
    compute();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::memory, "no memory for the workspace of the kernels");
  } catch (const std::exception& e) {
    throw Error(
        ErrorCode::internal,
        std::string("an exception escaped from a sink or a progress listener: ") + e.what());
  }
}

template <class T>
void run(const Network::State& state, const Samples& x1, const Samples* x2, Kernels which,
         KernelSink& sink, Control* control) {
  if (x2 == &x1) x2 = nullptr;
  require_numbers(x1);
  if (x2 != nullptr) require_same_shape(x1, *x2);
  const Compiled net(state.layers, x1.shape());
  const std::int64_t n1 = x1.count(), n2 = x2 == nullptr ? n1 : x2->count();
  if (n1 == 0 || n2 == 0 || (!which.nngp && !which.ntk)) return;
  const InPrecision<T> rows(x1);
  std::optional<InPrecision<T>> cols;
  if (x2 != nullptr) cols.emplace(*x2);
  const detail::SamplePair<T> samples{rows.data(), n1, cols ? cols->data() : rows.data(), n2,
                                      x1.features()};
  guarded([&] {
    if (net.spatial)
      detail::compute_spatial_tiles(*net.spatial, samples, which, sink, *state.executor, control,
                                    "kernel");
    else
      detail::compute_tiles(*net.dense, samples, which, sink, *state.executor, control, "kernel");
  });
}

template <class T>
Network::Diagonals diagonals_of(const Network::State& state, const Samples& x, Kernels which) {
  require_numbers(x);
  const Compiled net(state.layers, x.shape());
  Network::Diagonals d;
  if (x.count() == 0) return d;
  const InPrecision<T> samples(x);
  guarded([&] {
    const auto facts = detail::sample_facts(samples.data(), x.count(), x.features(), "the data",
                                            state.executor.get());
    const auto take = [&](const T* diagonal, const char* name, std::vector<double>& out) {
      detail::check_finite_diagonal(diagonal, x.count(), name);
      out.assign(diagonal, diagonal + x.count());
    };
    const auto take_both = [&](const T* nngp, const T* ntk) {
      if (which.nngp) take(nngp, "NNGP", d.nngp);
      if (which.ntk) take(ntk, "NTK", d.ntk);
    };
    if (net.spatial) {
      const auto n = static_cast<std::size_t>(x.count());
      std::vector<T> nngp(n), ntk(which.ntk ? n : 0);
      detail::spatial_diagonals(*net.spatial, samples.data(), x.count(), *state.executor,
                                nngp.data(), which.ntk ? ntk.data() : nullptr);
      take_both(nngp.data(), ntk.data());
    } else {
      const detail::Variances<T> v =
          detail::Evaluator<T>(*net.dense).variances(facts.variance.data(), x.count(), which.ntk);
      take_both(v.nngp.data(), v.ntk.data());
    }
  });
  return d;
}

}  // namespace

Matrix Network::nngp(const Samples& x) const {
  return kernels<double>(x, nullptr, {.nngp = true, .ntk = false}).nngp;
}
Matrix Network::ntk(const Samples& x) const {
  return kernels<double>(x, nullptr, {.nngp = false, .ntk = true}).ntk;
}
Matrix Network::nngp(const Samples& x1, const Samples& x2) const {
  return kernels<double>(x1, &x2, {.nngp = true, .ntk = false}).nngp;
}
Matrix Network::ntk(const Samples& x1, const Samples& x2) const {
  return kernels<double>(x1, &x2, {.nngp = false, .ntk = true}).ntk;
}

template <class T>
KernelPair<T> Network::kernels(const Samples& x1, const Samples* x2, Kernels which,
                               Control* control) const {
  const std::int64_t n1 = x1.count(), n2 = x2 == nullptr ? n1 : x2->count();
  KernelPair<T> result;
  if (which.nngp) result.nngp = BasicMatrix<T>::uninitialized(n1, n2);
  if (which.ntk) result.ntk = BasicMatrix<T>::uninitialized(n1, n2);
  kernels_into(x1, x2, which.nngp ? result.nngp.data() : nullptr,
               which.ntk ? result.ntk.data() : nullptr, control);
  return result;
}

template <class T>
void Network::kernels_into(const Samples& x1, const Samples* x2, T* nngp, T* ntk,
                           Control* control) const {
  detail::MemorySink<T> sink(nngp, ntk, x1.count(), x2 == nullptr ? x1.count() : x2->count());
  run<T>(*state_, x1, x2, {.nngp = nngp != nullptr, .ntk = ntk != nullptr}, sink, control);
}

template KernelPair<float> Network::kernels(const Samples&, const Samples*, Kernels,
                                            Control*) const;
template KernelPair<double> Network::kernels(const Samples&, const Samples*, Kernels,
                                             Control*) const;
template void Network::kernels_into(const Samples&, const Samples*, float*, float*, Control*) const;
template void Network::kernels_into(const Samples&, const Samples*, double*, double*,
                                    Control*) const;

void Network::kernels_to(const Samples& x1, const Samples* x2, Precision precision, Kernels which,
                         KernelSink& sink, Control* control) const {
  if (precision == Precision::float64)
    run<double>(*state_, x1, x2, which, sink, control);
  else
    run<float>(*state_, x1, x2, which, sink, control);
}

Network::Diagonals Network::diagonals(const Samples& x, Precision precision, Kernels which) const {
  return precision == Precision::float64 ? diagonals_of<double>(*state_, x, which)
                                         : diagonals_of<float>(*state_, x, which);
}

std::int64_t Network::workspace_bytes(std::int64_t n1, std::int64_t n2, const SampleShape& shape,
                                      Precision precision) const {
  const Compiled net(state_->layers, shape);
  const std::int64_t threads = state_->executor->threads();
  const bool wide = precision == Precision::float64;
  if (net.spatial) {
    const std::int64_t n = std::max(n1, n2);
    const detail::SpatialBytes bytes = wide ? detail::spatial_bytes<double>(*net.spatial, n, true)
                                            : detail::spatial_bytes<float>(*net.spatial, n, true);
    return bytes.shared + threads * bytes.per_thread;
  }
  const std::int64_t features = shape.features();
  const std::int64_t worker = wide ? detail::worker_bytes<double>(*net.dense, n1, n2, features)
                                   : detail::worker_bytes<float>(*net.dense, n1, n2, features);
  const std::int64_t samples = detail::padded(n1) + detail::padded(n2);
  return threads * worker + samples * (wide ? detail::sample_bytes<double>(*net.dense)
                                            : detail::sample_bytes<float>(*net.dense));
}

std::int64_t Network::statistics_bytes(const SampleShape& shape) const {
  const Compiled net(state_->layers, shape);
  if (net.spatial)
    return detail::field_statistics_bytes(net.graph, *net.spatial, state_->executor->threads());
  const std::int64_t features = shape.features();
  return detail::worker_bytes<double>(*net.dense, detail::tile_side, detail::tile_side, features);
}

const NetworkSpec& Network::spec() const noexcept { return state_->spec; }

}  // namespace widelimit
