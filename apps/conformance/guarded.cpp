// Guard pages by mmap and mprotect.
#include "guarded.hpp"

#include "common/sizes.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace widelimit::conformance {
namespace {

constexpr std::byte margin_byte{0xC5};
constexpr std::size_t margin_size = 256;

std::size_t page_size() noexcept {
  static const auto size = to_size(::sysconf(_SC_PAGESIZE));
  return size;
}

/// A guard page and the array before it. Atomic, because a signal handler reads it.
struct Guard {
  std::atomic<const std::byte*> page{nullptr};
  std::atomic<const char*> name{nullptr};
};

/// More arrays than this exist at once only in runs of many threads; those have no name.
std::array<Guard, 256> guards;

int enter_guard(const std::byte* page, const char* name) noexcept {
  for (std::size_t i = 0; i < guards.size(); ++i) {
    const std::byte* free = nullptr;
    if (!guards[i].page.compare_exchange_strong(free, page)) continue;
    guards[i].name = name;
    return static_cast<int>(i);
  }
  return -1;
}

/// Maps of arrays that have ended, each with its guard page: a check makes thousands of arrays of a
/// few sizes, and asking the system for each takes longer than the check.
class Maps {
 public:
  Maps() { free_.reserve(most); }
  /// `body` bytes and then a guard page.
  std::byte* take(std::size_t body) {
    {
      const std::lock_guard lock(mutex_);
      for (auto map = free_.begin(); map != free_.end(); ++map)
        if (map->body == body) {
          std::byte* const begin = map->begin;
          free_.erase(map);
          return begin;
        }
    }
    void* map = ::mmap(nullptr, body + page_size(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) throw std::bad_alloc();
    auto* const begin = static_cast<std::byte*>(map);
    ::mprotect(begin + body, page_size(), PROT_NONE);
    return begin;
  }
  void give_back(std::byte* begin, std::size_t body) noexcept {
    constexpr std::size_t largest = std::size_t{1} << 23;
    {
      const std::lock_guard lock(mutex_);
      if (free_.size() < most && body <= largest) {  // within the capacity
        free_.push_back({begin, body});
        return;
      }
    }
    ::munmap(begin, body + page_size());
  }

 private:
  struct Map {
    std::byte* begin;
    std::size_t body;
  };
  static constexpr std::size_t most = 32;
  std::mutex mutex_;
  std::vector<Map> free_;
};

Maps& maps() {
  static Maps all;
  return all;
}

}  // namespace

GuardedBytes::GuardedBytes(std::size_t size, const char* name) : size_(size) {
  const std::size_t page = page_size();
  body_ = (margin_size + size + page - 1) / page * page;
  map_ = maps().take(body_);
  data_ = map_ + body_ - size;
  std::fill(data_ - margin_size, data_, margin_byte);
  place_ = enter_guard(map_ + body_, name);
}

GuardedBytes::~GuardedBytes() {
  if (place_ >= 0) guards[to_size(place_)].page = nullptr;
  if (map_ != nullptr) maps().give_back(map_, body_);
}

GuardedBytes::GuardedBytes(GuardedBytes&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)),
      data_(other.data_),
      body_(other.body_),
      size_(other.size_),
      place_(std::exchange(other.place_, -1)) {}

GuardedBytes& GuardedBytes::operator=(GuardedBytes&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(data_, other.data_);
  std::swap(body_, other.body_);
  std::swap(size_, other.size_);
  std::swap(place_, other.place_);
  return *this;
}

bool GuardedBytes::margin_intact() const noexcept {
  return std::all_of(data_ - margin_size, data_, [](std::byte b) { return b == margin_byte; });
}

const char* guarded_array_before(const void* address) noexcept {
  const auto* at = static_cast<const std::byte*>(address);
  for (const Guard& guard : guards) {
    const std::byte* page = guard.page;
    if (page != nullptr && at >= page && at < page + page_size()) return guard.name;
  }
  return nullptr;
}

}  // namespace widelimit::conformance
