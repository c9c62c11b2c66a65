// Kernels into memory: a tile's rows as they are, and its mirror image below the diagonal.
#pragma once

#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Results [rows, cols] in C order, `ld` entries between rows; NULL: not wanted. The memory is the
/// caller's.
template <class T>
class MemorySink final : public KernelSink {
 public:
  MemorySink(const PerKernel<T*>& out, std::int64_t rows, std::int64_t cols,
             std::int64_t ld) noexcept;
  void put(const Tile& tile) override;

 private:
  PerKernel<T*> out_;
  std::int64_t ld_;
  bool past_;  // the caches: too large for them
};

}  // namespace widelimit::detail
