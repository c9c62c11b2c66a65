// Consecutive samples as the lanes of bundles, with what layers normalise them by.
#pragma once

#include <widelimit/control.hpp>

#include "engine/grid/sample_rows.hpp"
#include "engine/spatial/bundle.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace widelimit::detail {

[[nodiscard]] constexpr std::int64_t bundles_of(std::int64_t samples) noexcept {
  return (samples + bundle_lanes - 1) / bundle_lanes;
}

/// Numbers of one sample: itself among the lanes, its variances there and, as a row's, by
/// themselves.
[[nodiscard]] std::int64_t sample_numbers(const SpatialProgram& program);

/// Memory for the bundles of one schedule, made when a thread first needs it.
template <class T>
class BundleWorkers {
 public:
  BundleWorkers(const SpatialProgram& program, const Schedule& schedule, bool ntk)
      : program_(program), schedule_(schedule), ntk_(ntk) {}

  /// run_bundle() in memory that no other thread uses.
  void run(const BundleData<T>& data, const BundleVariances<T>& variances, Control* control,
           T* nngp, T* ntk);

 private:
  const SpatialProgram& program_;
  const Schedule& schedule_;
  bool ntk_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<BundleMemory<T>>> idle_;
};

template <class T>
class BundledSamples {
 public:
  /// Memory for so many samples.
  BundledSamples(const SpatialProgram& program, std::int64_t samples);

  /// Takes samples, each [site][channel], and runs them with themselves. Where the workers'
  /// schedule leads to the network's end its diagonals [x.count] go to nngp and ntk (NULL: not
  /// wanted).
  void fill(const SampleRows<T>& x, BundleWorkers<T>& workers, Executor& executor, Control* control,
            T* nngp, T* ntk);

  /// [site][channel][lane]; lanes beyond the last sample are zero.
  [[nodiscard]] const T* data(std::int64_t bundle) const;
  /// [site][number][lane]
  [[nodiscard]] T* variance(std::size_t index, std::int64_t bundle) const;

 private:
  void fill_bundle(const SampleRows<T>& x, std::int64_t bundle, BundleWorkers<T>& workers,
                   Control* control, T* nngp, T* ntk);

  std::int64_t numbers_;  // of one sample
  Buffer<T> data_;
  std::vector<std::int64_t> variance_numbers_;  // of every variance
  std::vector<Buffer<T>> variances_;
};

/// The variances of single samples, one after another: [sample][site][number].
template <class T>
class SampleVariances {
 public:
  SampleVariances(const SpatialProgram& program, std::int64_t samples);
  /// Turns the first n samples of bundles.
  void take(const BundledSamples<T>& from, std::int64_t n);
  [[nodiscard]] const T* variance(std::size_t index, std::int64_t sample) const;

 private:
  std::vector<std::int64_t> variance_numbers_;
  std::vector<Buffer<T>> variances_;
};

}  // namespace widelimit::detail
