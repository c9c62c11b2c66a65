// Guard pages by mmap and mprotect.
#include "guarded.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace widelimit::conformance {
namespace {

constexpr std::byte margin_byte{0xC5};
constexpr std::size_t margin_size = 256;

}  // namespace

GuardedBytes::GuardedBytes(std::size_t size) : size_(size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t body = (margin_size + size + page - 1) / page * page;
  mapped_ = body + page;
  void* map = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  map_ = static_cast<std::byte*>(map);
  ::mprotect(map_ + body, page, PROT_NONE);
  data_ = map_ + body - size;
  std::fill(map_, data_, margin_byte);
}

GuardedBytes::~GuardedBytes() {
  if (map_ != nullptr) ::munmap(map_, mapped_);
}

GuardedBytes::GuardedBytes(GuardedBytes&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)),
      data_(other.data_),
      mapped_(other.mapped_),
      size_(other.size_) {}

GuardedBytes& GuardedBytes::operator=(GuardedBytes&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(data_, other.data_);
  std::swap(mapped_, other.mapped_);
  std::swap(size_, other.size_);
  return *this;
}

bool GuardedBytes::margin_intact() const noexcept {
  return std::all_of(map_, data_, [](std::byte b) { return b == margin_byte; });
}

}  // namespace widelimit::conformance
