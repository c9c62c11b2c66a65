// Consecutive samples as lanes of bundles, with the variances that layers normalise them by.
#pragma once

#include <widelimit/control.hpp>

#include "base/work_done.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/worker_pool.hpp"
#include "engine/spatial/bundle.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace widelimit::detail {

[[nodiscard]] constexpr std::int64_t bundle_count(std::int64_t samples) noexcept {
  return (samples + bundle_lanes - 1) / bundle_lanes;
}

/// Numbers stored for each sample: its data and variances in lanes, and its variances again as
/// those of a row.
[[nodiscard]] std::int64_t sample_numbers(const SpatialProgram& program);

/// Runs bundles of one schedule on any number of threads, each with its own memory.
template <class T>
class BundleWorkers {
 public:
  BundleWorkers(const SpatialProgram& program, const Schedule& schedule, bool ntk)
      : program_(program), schedule_(schedule), memories_([&program, &schedule, ntk] {
          return std::make_unique<BundleMemory<T>>(program, schedule, ntk);
        }) {}

  /// Calls run_bundle().
  void run(const BundleData<T>& data, const BundleVariances<T>& variances, Control* control,
           const PerKernel<T*>& out) {
    memories_.use([&](BundleMemory<T>& memory) {
      run_bundle(program_, schedule_, data, variances, memory, control, out);
    });
  }

 private:
  const SpatialProgram& program_;
  const Schedule& schedule_;
  WorkerPool<BundleMemory<T>> memories_;
};

template <class T>
class BundledSamples {
 public:
  /// Allocates memory for this number of samples.
  BundledSamples(const SpatialProgram& program, std::int64_t samples);

  /// Takes samples, each [site][channel], and runs them with themselves. Where the workers'
  /// schedule leads to the network's end its diagonals [x.count] go to `out` (NULL: not wanted).
  /// `bundles`, which may be NULL, counts them.
  void fill(const SampleRows<T>& x, BundleWorkers<T>& workers, Executor& executor, Control* control,
            const PerKernel<T*>& out, WorkDone* bundles = nullptr);

  /// [site][channel][lane]; lanes beyond the last sample are zero.
  [[nodiscard]] const T* data(std::int64_t bundle) const;
  /// [site][number][lane]
  [[nodiscard]] T* variance(std::size_t index, std::int64_t bundle) const;

 private:
  void fill_bundle(const SampleRows<T>& x, std::int64_t bundle, BundleWorkers<T>& workers,
                   Control* control, const PerKernel<T*>& out);

  std::int64_t numbers_;  // of one sample
  Buffer<T> data_;
  std::vector<std::int64_t> variance_numbers_;  // for each index
  std::vector<Buffer<T>> variances_;
};

/// The variances of single samples, one after another: [sample][site][number].
template <class T>
class SampleVariances {
 public:
  SampleVariances(const SpatialProgram& program, std::int64_t samples);
  /// Copies the variances of the first n samples out of the lanes.
  void copy_from(const BundledSamples<T>& from, std::int64_t n);
  [[nodiscard]] const T* variance(std::size_t index, std::int64_t sample) const;

 private:
  std::vector<std::int64_t> variance_numbers_;
  std::vector<Buffer<T>> variances_;
};

}  // namespace widelimit::detail
