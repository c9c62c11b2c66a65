// Addresses without memory behind them: pages come where they are first written to.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace widelimit::plugin_tests {

/// Zeros, at once and for nothing; NULL where the process may not have so many addresses.
class ReservedMemory {
 public:
  explicit ReservedMemory(std::int64_t bytes) : bytes_(static_cast<std::size_t>(bytes)) {
    void* const start = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    data_ = start == MAP_FAILED ? nullptr : static_cast<double*>(start);
  }
  ~ReservedMemory() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  [[nodiscard]] double* data() const { return data_; }

 private:
  std::size_t bytes_;
  double* data_;
};

}  // namespace widelimit::plugin_tests
