// Kernels into memory: a tile's rows as they are, and its mirror image below the diagonal.
#pragma once

#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Results [n1, n2] in C order, `cols` numbers between rows; NULL: not wanted. The memory is the
/// caller's.
template <class T>
class MemorySink final : public KernelSink {
 public:
  MemorySink(T* nngp, T* ntk, std::int64_t rows, std::int64_t cols) noexcept;
  void put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
           const void* nngp, const void* ntk, std::int64_t ld, bool mirror) override;

 private:
  T *nngp_, *ntk_;
  std::int64_t cols_;
  bool past_;  // the caches: too large for them
};

}  // namespace widelimit::detail
