// PlannedNetwork: checks arguments and calls one of the two engines.
#include <widelimit/error.hpp>
#include <widelimit/planned_network.hpp>

#include "base/sizes.hpp"
#include "engine/dense/tiles.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/memory_sink.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/network/field_statistics.hpp"
#include "engine/network/first_fault.hpp"
#include "engine/network/plan_state.hpp"
#include "engine/network/tile_statistics.hpp"
#include "engine/spatial/bundled_samples.hpp"
#include "engine/spatial/spatial_tiles.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace widelimit {

namespace {

using State = PlannedNetwork::State;

void require_shape(const State& state, const SamplesView& x) {
  if (x.count() > 0 && x.shape().features() == 0)
    throw Error(ErrorCode::usage, "the samples have no features");
  if (x.shape() == state.shape) return;
  throw Error(ErrorCode::usage, "the network was planned for samples of " + state.shape.text() +
                                    " numbers, but these samples are of " + x.shape().text());
}

void require_same_shape(const SamplesView& x1, const SamplesView& x2) {
  if (x1.shape() == x2.shape()) return;
  throw Error(ErrorCode::usage, "the two sets of samples must have the same shape, not " +
                                    x1.shape().text() + " and " + x2.shape().text() +
                                    " numbers per sample");
}

bool same_memory(const SamplesView& a, const SamplesView& b) {
  return a.numbers() == b.numbers() && a.precision() == b.precision() && a.count() == b.count() &&
         a.stride() == b.stride();
}

// Turns every exception into an Error.
template <class F>
void guarded(F&& compute) {
  try {
    compute();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::memory, "not enough memory for the workspace of the kernels");
  } catch (const std::exception& e) {
    throw Error(
        ErrorCode::internal,
        std::string("an exception escaped from a sink or a progress listener: ") + e.what());
  } catch (...) {
    throw Error(ErrorCode::internal, "an exception escaped from a sink or a progress listener");
  }
}

std::string words_of(const detail::LayerFault& fault, const char* precision) {
  const std::string layer =
      "layer \"" + fault.layer->type + "\" (" + fault.layer->place.pointer + ")";
  if (fault.negative)
    return "is not finite: " + layer + " gives a variance of " + detail::rounded_text(fault.value) +
           ", and none is negative: a bug of its plugin";
  if (std::isnan(fault.value))
    return "is not finite: " + layer +
           " gives NaN, which is a bug of its plugin if its input is of ordinary size; else scale "
           "the data (preprocess)";
  return std::string("is not finite: the network overflows ") + precision + " in " + layer +
         "; scale the data (preprocess)" +
         (std::string_view(precision) == "float32" ? ", or use float64" : "");
}

// The error of a kernel's entry that is not finite, with the layer that is to blame as far as it
// can be found: the two samples go through the network again.
template <class T>
Error with_layer(const Error& error, const State& state, const detail::SamplePair<T>& samples) {
  ErrorFacts facts = error.facts();
  const std::string message = error.what();
  if (error.code() != ErrorCode::numeric || !facts.kernel || !facts.sample || !facts.other_sample ||
      !message.ends_with(facts.reason))
    return error;
  const std::size_t features = to_size(samples.features());
  std::vector<T> numbers;
  for (const SampleNumber& s : {*facts.sample, *facts.other_sample}) {
    const T* const row = (s.set == SampleSet::x1 ? samples.x1 : samples.x2).row(s.number);
    numbers.insert(numbers.end(), row, row + features);
  }
  const auto fault =
      detail::first_fault(state.net, detail::sample_rows<T>(numbers.data(), 2, samples.features()),
                          *facts.kernel == Kernel::ntk, state.executor());
  if (!fault) return error;
  const std::string subject = message.substr(0, message.size() - facts.reason.size());
  facts.reason = words_of(*fault, sizeof(T) == 4 ? "float32" : "float64");
  return Error(error.code(), subject + facts.reason, error.pointer(), facts);
}

// Calls compute() and adds to its error which layer is to blame.
template <class T, class F>
void blaming_layers(const State& state, const detail::SamplePair<T>& samples, F&& compute) {
  try {
    compute();
  } catch (const Error& error) {
    throw with_layer(error, state, samples);
  }
}

template <class T>
void compute(const State& state, const SamplesView& x1, const std::optional<SamplesView>& x2,
             KernelSet which, KernelSink& sink, Control* control) {
  if (x2) require_same_shape(x1, *x2);
  require_shape(state, x1);
  const SamplesView& other = x2 ? *x2 : x1;
  if (x1.count() == 0 || other.count() == 0 || !which.any()) return;
  const detail::InPrecision<T> rows(x1);
  std::optional<detail::InPrecision<T>> cols;
  if (!same_memory(x1, other)) cols.emplace(other);
  const detail::SamplePair<T> samples{rows.rows(), cols ? cols->rows() : rows.rows()};
  guarded([&] {
    const detail::KernelCall<T> call{samples, which, sink, state.executor(), control};
    blaming_layers(state, samples, [&] {
      if (state.net.spatial)
        detail::compute_spatial_tiles(*state.net.spatial, call);
      else
        detail::compute_tiles(*state.net.dense, call);
    });
  });
}

template <class T>
PerKernel<std::vector<double>> diagonals_of(const State& state, const SamplesView& x,
                                            KernelSet which, Control* control) {
  require_shape(state, x);
  PerKernel<std::vector<double>> diagonals;
  if (x.count() == 0) return diagonals;
  const detail::InPrecision<T> samples(x);
  const auto take = [&](const PerKernel<const T*>& computed) {
    for (const Kernel k : all_kernels) {
      if (!which[k]) continue;
      blaming_layers(state, detail::SamplePair<T>{samples.rows(), samples.rows()},
                     [&] { detail::check_finite_diagonal(computed[k], x.count(), k); });
      diagonals[k].assign(computed[k], computed[k] + x.count());
    }
  };
  guarded([&] {
    if (state.net.spatial) {
      const auto n = to_size(x.count());
      std::vector<T> nngp(n), ntk(which.ntk ? n : 0);
      detail::spatial_diagonals<T>(*state.net.spatial, samples.rows(), state.executor(), control,
                                   {nngp.data(), which.ntk ? ntk.data() : nullptr});
      take({nngp.data(), ntk.data()});
    } else {
      const detail::Variances<T> v = detail::dense_diagonals(*state.net.dense, samples.rows(),
                                                             which.ntk, state.executor(), control);
      take({v.diagonal.nngp.data(), v.diagonal.ntk.data()});
    }
  });
  return diagonals;
}

template <class T>
Memory kernels_memory(const State& state, std::int64_t n1, std::int64_t n2, KernelSet which) {
  return state.net.spatial
             ? detail::spatial_tiles_memory<T>(*state.net.spatial, std::max(n1, n2), which.ntk)
             : detail::tiles_memory<T>(*state.net.dense, n1, n2, state.shape.features());
}

template <class T>
Memory diagonals_memory(const State& state, std::int64_t n, KernelSet which) {
  return state.net.spatial ? detail::spatial_diagonals_memory<T>(*state.net.spatial, n, which.ntk)
                           : detail::diagonals_memory<T>(*state.net.dense, n);
}

}  // namespace

const SampleShape& PlannedNetwork::shape() const noexcept { return state_->shape; }

const std::vector<PlannedLayer>& PlannedNetwork::layers() const { return state_->planned().layers; }

double PlannedNetwork::flops_per_entry() const { return state_->planned().flops_per_entry; }

template <class T>
PerKernel<BasicMatrix<T>> PlannedNetwork::kernels(const SamplesView& x1,
                                                  const std::optional<SamplesView>& x2,
                                                  KernelSet which, Control* control) const {
  const std::int64_t n2 = (x2 ? *x2 : x1).count();
  PerKernel<BasicMatrix<T>> result;
  for (const Kernel k : all_kernels)
    if (which[k]) result[k] = BasicMatrix<T>::uninitialized(x1.count(), n2);
  detail::MemorySink<T> sink({result.nngp.data(), result.ntk.data()}, x1.count(), n2, n2);
  compute<T>(*state_, x1, x2, which, sink, control);
  return result;
}

template <class T>
void PlannedNetwork::kernels_into(const SamplesView& x1, const std::optional<SamplesView>& x2,
                                  const PerKernel<T*>& out, std::int64_t ld,
                                  Control* control) const {
  const std::int64_t n2 = (x2 ? *x2 : x1).count();
  if (ld < n2)
    throw Error(ErrorCode::usage, "a leading dimension of " + std::to_string(ld) +
                                      " is too small for rows of " + std::to_string(n2) +
                                      " entries: it must be at least that number; it counts "
                                      "entries, not bytes");
  detail::MemorySink<T> sink(out, x1.count(), n2, ld);
  compute<T>(*state_, x1, x2, {.nngp = out.nngp != nullptr, .ntk = out.ntk != nullptr}, sink,
             control);
}

template PerKernel<MatrixF> PlannedNetwork::kernels(const SamplesView&,
                                                    const std::optional<SamplesView>&, KernelSet,
                                                    Control*) const;
template PerKernel<Matrix> PlannedNetwork::kernels(const SamplesView&,
                                                   const std::optional<SamplesView>&, KernelSet,
                                                   Control*) const;
template void PlannedNetwork::kernels_into(const SamplesView&, const std::optional<SamplesView>&,
                                           const PerKernel<float*>&, std::int64_t, Control*) const;
template void PlannedNetwork::kernels_into(const SamplesView&, const std::optional<SamplesView>&,
                                           const PerKernel<double*>&, std::int64_t, Control*) const;

void PlannedNetwork::kernels_to(const SamplesView& x1, const std::optional<SamplesView>& x2,
                                Precision precision, KernelSet which, KernelSink& sink,
                                Control* control) const {
  if (precision == Precision::float64)
    compute<double>(*state_, x1, x2, which, sink, control);
  else
    compute<float>(*state_, x1, x2, which, sink, control);
}

PerKernel<std::vector<double>> PlannedNetwork::diagonals(const SamplesView& x, Precision precision,
                                                         KernelSet which, Control* control) const {
  return precision == Precision::float64 ? diagonals_of<double>(*state_, x, which, control)
                                         : diagonals_of<float>(*state_, x, which, control);
}

std::vector<LayerStatistics> PlannedNetwork::statistics(const SamplesView& x,
                                                        Control* control) const {
  require_shape(*state_, x);
  const detail::Compiled& net = state_->net;
  const SamplesView some(x.part(0, std::min(x.count(), statistics_samples())));
  const detail::InPrecision<double> samples(some);
  std::vector<LayerStatistics> per_node =
      net.spatial ? detail::field_statistics(net.graph, *net.spatial, samples.rows(),
                                             state_->executor(), control)
                  : detail::tile_statistics(net.graph, *net.dense, samples.rows(), control);
  std::vector<LayerStatistics> result;
  for (std::size_t i = 1; i < per_node.size(); ++i) {
    const detail::Layer& layer = *net.graph.nodes[i].layer;
    per_node[i].pointer = layer.place.pointer;
    per_node[i].type = layer.type;
    result.push_back(std::move(per_node[i]));
  }
  return result;
}

Cost PlannedNetwork::kernels_cost(std::int64_t n1, std::int64_t n2, bool symmetric,
                                  Precision precision, KernelSet which) const {
  return {precision == Precision::float64 ? kernels_memory<double>(*state_, n1, n2, which)
                                          : kernels_memory<float>(*state_, n1, n2, which),
          state_->net.spatial ? detail::spatial_tiles_pair_count({n1, n2, symmetric})
                              : detail::tiles_pair_count({n1, n2, symmetric})};
}

Cost PlannedNetwork::diagonals_cost(std::int64_t n, Precision precision, KernelSet which) const {
  return {precision == Precision::float64 ? diagonals_memory<double>(*state_, n, which)
                                          : diagonals_memory<float>(*state_, n, which),
          state_->net.spatial ? detail::bundle_count(n) * detail::bundle_lanes
                              : detail::padded_lanes(n)};
}

Cost PlannedNetwork::statistics_cost(std::int64_t n) const {
  n = std::min(n, statistics_samples());
  if (state_->net.spatial)
    return {detail::field_statistics_memory(state_->net.graph, *state_->net.spatial),
            n * detail::bundle_lanes};
  return {detail::tile_statistics_memory(*state_->net.dense, state_->shape.features()),
          detail::tile_side * detail::tile_side};
}

std::int64_t PlannedNetwork::statistics_samples() const noexcept {
  return state_->net.spatial ? detail::bundle_lanes : detail::tile_side;
}

TileSize PlannedNetwork::tile_size(std::int64_t n, Precision precision) const {
  if (!state_->net.spatial) return {detail::tile_side, detail::vector_lanes};
  return {precision == Precision::float64
              ? detail::spatial_tile_side<double>(*state_->net.spatial, n)
              : detail::spatial_tile_side<float>(*state_->net.spatial, n),
          detail::bundle_lanes};
}

}  // namespace widelimit
