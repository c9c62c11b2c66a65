// Memory that detects overruns: an array that ends where an unmapped page begins, after a margin of
// known bytes.
// Thread safety: as an array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace widelimit::conformance {

/// 64-byte aligned where the size is a multiple of 64 (fields always are); one byte past the end
/// is a segmentation fault.
class GuardedBytes {
 public:
  /// `name` is what a report of a fault calls the array; a literal.
  explicit GuardedBytes(std::size_t size, const char* name = "memory that it was lent");
  ~GuardedBytes();
  GuardedBytes(GuardedBytes&& other) noexcept;
  GuardedBytes& operator=(GuardedBytes&& other) noexcept;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Was nothing written before the beginning of the array?
  [[nodiscard]] bool margin_intact() const noexcept;

 private:
  std::byte* map_ = nullptr;
  std::byte* data_ = nullptr;
  /// Mapped before the guard page, of the array.
  std::size_t body_ = 0, size_ = 0;
  /// In the list of guarded arrays; -1: none.
  int place_ = -1;
};

/// The name of the array that ends at the page of this address; NULL: there is none. May be called
/// from a signal handler.
[[nodiscard]] const char* guarded_array_before(const void* address) noexcept;

}  // namespace widelimit::conformance
