// Memory for kernel loops: aligned to cache lines, initialised to zero, grows but never shrinks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace widelimit::detail {

template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t n) { reserve(n); }
  /// Discards the contents and fills with zeros if the buffer must grow.
  void reserve(std::size_t n) {
    if (n <= size_) return;
    data_.reset(static_cast<T*>(::operator new(n * sizeof(T), alignment)));
    std::fill_n(data_.get(), n, T{});
    size_ = n;
  }
  [[nodiscard]] T* data() const noexcept { return data_.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct AlignedDelete {
    void operator()(T* p) const noexcept { ::operator delete(static_cast<void*>(p), alignment); }
  };
  std::unique_ptr<T[], AlignedDelete> data_;
  std::size_t size_ = 0;
};

}  // namespace widelimit::detail
