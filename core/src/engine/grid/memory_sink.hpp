// A sink that copies tiles, and their mirror images below the diagonal, into the caller's memory.
#pragma once

#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Results are [rows, cols] in C order with leading dimension `ld`; a NULL kernel is not stored.
template <class T>
class MemorySink final : public KernelSink {
 public:
  MemorySink(const PerKernel<T*>& out, std::int64_t rows, std::int64_t cols,
             std::int64_t ld) noexcept;
  void put(const Tile& tile) override;

 private:
  PerKernel<T*> out_;
  std::int64_t ld_;
  bool non_temporal_;  // the results are larger than the caches
};

}  // namespace widelimit::detail
