// Runs a schedule on one bundle: one sample of x1 with bundle_lanes samples of x2, or bundle_lanes
// samples with themselves. The fields are in the memory of one thread.
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

/// The samples of a bundle.
template <class T>
struct BundleData {
  const T* first = nullptr;      ///< [site][channel][first_lanes]
  const T* second = nullptr;     ///< [site][channel][lane]
  std::int64_t first_lanes = 1;  ///< 1: one sample of x1; bundle_lanes: `first` is `second`
};

/// The variances of every layer that reads them: [site][number][lane]; `first` has data.first_lanes
/// lanes. The numbers are the layer's site terms, or the variance itself. The sites are those of
/// the image, or one if the layer reads the mean over sites. In a bundle of samples with themselves
/// `first` and `second` are the same memory, and the run writes it.
template <class T>
struct BundleVariances {
  std::vector<const T*> first;
  std::vector<T*> second;
};

/// The size of one sample's variances: sites times numbers.
[[nodiscard]] std::int64_t variance_numbers(const SpatialProgram& program, int index);

/// The memory that one thread needs to run bundles of a schedule.
template <class T>
class BundleMemory {
 public:
  BundleMemory(const SpatialProgram& program, const Schedule& schedule, bool ntk);
  [[nodiscard]] static std::int64_t bytes(const SpatialProgram& program, const Schedule& schedule,
                                          bool ntk) noexcept;

 private:
  template <class>
  friend class BundleRun;
  // The positions of the variances of a field's sites, for the image and displacement given.
  struct Table {
    Image image;
    Axes d{};
    std::vector<std::int32_t> first_at, second_at;  // empty: not computed yet
  };

  bool with_ntk_;
  PerKernel<Buffer<T>> shared_, kept_, wrapped_;
  Buffer<T> zero_, row_, whole_, mean_;
  Buffer<std::byte> scratch_;
  std::vector<Buffer<std::byte>> gather_scratch_;      // for every operation
  std::vector<Table> tables_;                          // of the current trip
  std::vector<std::int32_t> all_zero_, site_numbers_;  // 0, 0, 0, ... and 0, 1, 2, ...
  std::vector<widelimit_field> inputs_;
  std::vector<const widelimit_field*> input_;
  std::vector<const widelimit_linear*> pending_;
  std::vector<const widelimit_shape*> shape_;
  std::vector<FieldPart<T>> parts_;
  // For each gathering layer of the level.
  std::vector<std::vector<widelimit_field>> gather_outputs_;
  std::vector<widelimit_field*> output_;
  widelimit_error error_ = make_abi_error();
};

/// Called with the field of displacement 0 of every operation after it is computed and before it is
/// overwritten.
template <class T>
using FieldObserver = std::function<void(std::int32_t op, const FieldPart<T>& field)>;

/// Runs one bundle. If the schedule includes the network's end, writes its lanes to `out`; NULL
/// kernels are not written. `control` and `observer` may be NULL.
template <class T>
void run_bundle(const SpatialProgram& program, const Schedule& schedule, const BundleData<T>& data,
                const BundleVariances<T>& variances, BundleMemory<T>& memory, Control* control,
                const PerKernel<T*>& out, const FieldObserver<T>* observer = nullptr);

}  // namespace widelimit::detail
