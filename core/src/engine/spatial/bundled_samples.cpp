// Copies samples into lanes, and variances out of lanes.
#include "engine/spatial/bundled_samples.hpp"

#include "base/sizes.hpp"

#include <algorithm>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

}  // namespace

std::int64_t sample_numbers(const SpatialProgram& program) {
  std::int64_t variances = 0;
  for (int v = 0; v < program.variances; ++v) variances += variance_numbers(program, v);
  return program.ops.front().image.sites() * program.channels + 2 * variances;
}

template <class T>
BundledSamples<T>::BundledSamples(const SpatialProgram& program, std::int64_t samples)
    : numbers_(program.ops.front().image.sites() * program.channels),
      data_(to_size(bundle_count(samples) * numbers_ * lanes)) {
  for (int v = 0; v < program.variances; ++v) {
    variance_numbers_.push_back(variance_numbers(program, v));
    variances_.emplace_back(to_size(bundle_count(samples) * variance_numbers_.back() * lanes));
  }
}

template <class T>
void BundledSamples<T>::fill(const SampleRows<T>& x, BundleWorkers<T>& workers, Executor& executor,
                             Control* control, const PerKernel<T*>& out, WorkDone* bundles) {
  executor.parallel_for(bundle_count(x.count), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      fill_bundle(x, b, workers, control, out);
      if (bundles != nullptr) bundles->add(1);
    }
  });
}

template <class T>
void BundledSamples<T>::fill_bundle(const SampleRows<T>& x, std::int64_t bundle,
                                    BundleWorkers<T>& workers, Control* control,
                                    const PerKernel<T*>& out) {
  const std::int64_t first = bundle * lanes, count = std::min(lanes, x.count - first);
  const T* const numbers = x.row(first);
  T* const into = data_.data() + bundle * numbers_ * lanes;
  for (std::int64_t i = 0; i < numbers_; ++i)
    for (std::int64_t l = 0; l < lanes; ++l)
      into[i * lanes + l] = l < count ? numbers[l * x.stride + i] : T{0};
  BundleVariances<T> variances;
  for (std::size_t v = 0; v < variances_.size(); ++v) {
    variances.first.push_back(variance(v, bundle));
    variances.second.push_back(variance(v, bundle));
  }
  alignas(64) T k[lanes], t[lanes];
  workers.run({into, into, lanes}, variances, control,
              {out.nngp == nullptr ? nullptr : k, out.ntk == nullptr ? nullptr : t});
  if (out.nngp != nullptr) std::copy_n(k, count, out.nngp + first);
  if (out.ntk != nullptr) std::copy_n(t, count, out.ntk + first);
}

template <class T>
const T* BundledSamples<T>::data(std::int64_t bundle) const {
  return data_.data() + bundle * numbers_ * lanes;
}

template <class T>
T* BundledSamples<T>::variance(std::size_t index, std::int64_t bundle) const {
  return variances_[index].data() + bundle * variance_numbers_[index] * lanes;
}

template <class T>
SampleVariances<T>::SampleVariances(const SpatialProgram& program, std::int64_t samples) {
  for (int v = 0; v < program.variances; ++v) {
    variance_numbers_.push_back(variance_numbers(program, v));
    variances_.emplace_back(to_size(samples * variance_numbers_.back()));
  }
}

template <class T>
void SampleVariances<T>::copy_from(const BundledSamples<T>& from, std::int64_t n) {
  for (std::size_t v = 0; v < variances_.size(); ++v)
    for (std::int64_t i = 0; i < n; ++i) {
      const T* const lane = from.variance(v, i / lanes) + i % lanes;
      T* const to = variances_[v].data() + i * variance_numbers_[v];
      for (std::int64_t s = 0; s < variance_numbers_[v]; ++s) to[s] = lane[s * lanes];
    }
}

template <class T>
const T* SampleVariances<T>::variance(std::size_t index, std::int64_t sample) const {
  return variances_[index].data() + sample * variance_numbers_[index];
}

template class BundledSamples<float>;
template class BundledSamples<double>;
template class SampleVariances<float>;
template class SampleVariances<double>;

}  // namespace widelimit::detail
