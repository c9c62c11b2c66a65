// The last steps for every tile: mirror it, check it, put it into the sink. Checks of diagonals.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/kernel_sink.hpp>

#include "engine/grid/sample_rows.hpp"

#include <cstdint>
#include <optional>

namespace widelimit::detail {

/// Mirrors and checks the kernels of a tile and puts them into the sink. `ld` is the distance
/// between rows in numbers; a NULL kernel is not computed. A tile on the diagonal of a symmetric
/// result is symmetric: only its upper triangle is read. Throws Error(numeric) with the pair of
/// samples if an entry is not finite.
template <class T>
void deliver(const TileArea& area, const PerKernel<T*>& kernels, std::int64_t ld, bool symmetric,
             KernelSink& sink);

/// Throws Error(numeric) with the sample if an entry of the diagonal of a kernel is not finite.
template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, Kernel kernel);

/// Finds networks that underflow: of a set of samples, no entry on the diagonal of a kernel is a
/// normal number, although the variances of some samples are. If entries of some samples are normal
/// numbers, the others are as good as zero beside them.
template <class T>
class UnderflowWatch {
 public:
  /// An NTK of zero is no underflow: the network has no parameters, or the NTK ends in a slope of
  /// zero.
  UnderflowWatch(const SampleRows<T>& x, SampleSet set, Kernel kernel)
      : x_(x), set_(set), kernel_(kernel) {}

  /// Takes the entries of samples `first` to `first + n` - 1.
  void add(const T* diagonal, std::int64_t stride, std::int64_t first, std::int64_t n);
  /// The first sample whose variance is a normal number, if the network underflows and all entries
  /// of the diagonal were added.
  [[nodiscard]] std::optional<std::int64_t> found() const;
  /// Throws Error(numeric) with that sample.
  void check() const;

 private:
  SampleRows<T> x_;
  SampleSet set_;
  Kernel kernel_;
  std::int64_t added_ = 0;
  bool normal_ = false;  // some entry
  std::optional<std::int64_t> sample_;
};

}  // namespace widelimit::detail
