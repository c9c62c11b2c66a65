// Running a schedule on one bundle: one sample of x1 against bundle_lanes samples of x2, or so many
// samples with themselves. Fields live in the memory of one worker.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>

#include "engine/grid/buffer.hpp"
#include "engine/spatial/schedule.hpp"
#include "engine/spatial/window_map.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace widelimit::detail {

/// The numbers of a bundle's samples.
template <class T>
struct BundleData {
  const T* first = nullptr;      ///< [site][channel][first_lanes]
  const T* second = nullptr;     ///< [site][channel][lane]
  std::int64_t first_lanes = 1;  ///< 1: a pair's sample of x1; bundle_lanes: first is second
};

/// Of every layer that reads variances: [site][number][lane], of the first sample with
/// data.first_lanes lanes. The numbers are what the layer keeps of a variance, or it alone; sites
/// are those of the whole image, or one where the layer reads the mean over them. In a bundle of
/// samples with themselves both are the same memory and written on the way.
template <class T>
struct BundleVariances {
  std::vector<const T*> first;
  std::vector<T*> second;
};

/// Sites times numbers of one sample's variances.
[[nodiscard]] std::int64_t variance_numbers(const SpatialProgram& program, int index);

/// What one worker keeps between bundles of one schedule.
template <class T>
class BundleMemory {
 public:
  BundleMemory(const SpatialProgram& program, const Schedule& schedule, bool ntk);
  [[nodiscard]] static std::int64_t bytes(const SpatialProgram& program, const Schedule& schedule,
                                          bool ntk) noexcept;

 private:
  template <class>
  friend class BundleRun;
  // Where the variances of a field's sites stand: those of the image and displacement it was last
  // made for.
  struct Table {
    Image image;
    Axes d{};
    std::vector<std::int32_t> first_at, second_at;  // empty: not made yet
  };

  bool with_ntk_;
  PerKernel<Buffer<T>> shared_, kept_, joined_;
  Buffer<T> zero_, row_, whole_, mean_;
  Buffer<std::byte> scratch_;
  std::vector<Buffer<std::byte>> gather_scratch_;      // of every operation
  std::vector<Table> tables_;                          // of a trip
  std::vector<std::int32_t> all_zero_, site_numbers_;  // zeros; 0, 1, 2, ...
  std::vector<widelimit_field> inputs_;
  std::vector<const widelimit_field*> input_;
  std::vector<const widelimit_linear*> pending_;
  std::vector<const widelimit_shape*> shape_;
  std::vector<FieldPart<T>> parts_;
  std::vector<std::vector<widelimit_field>> gathered_;  // of the level's gathering layers
  std::vector<widelimit_field*> output_;
  widelimit_error error_ = make_abi_error();
};

/// Called with the field of displacement 0 of every operation, as soon as it is computed and before
/// anything is written over it.
template <class T>
using FieldObserver = std::function<void(std::int32_t op, const FieldPart<T>& field)>;

/// Writes the lanes of the network's end to `out` (NULL: not wanted), where the schedule leads
/// there. `control` and `observer` may be NULL.
template <class T>
void run_bundle(const SpatialProgram& program, const Schedule& schedule, const BundleData<T>& data,
                const BundleVariances<T>& variances, BundleMemory<T>& memory, Control* control,
                const PerKernel<T*>& out, const FieldObserver<T>* observer = nullptr);

}  // namespace widelimit::detail
