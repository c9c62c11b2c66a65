// Assigns memory to the fields of a trip for their lifetimes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace widelimit::detail {

/// First-fit allocator: a field gets the first gap that is large enough.
class MemorySlots {
 public:
  std::int64_t claim(std::int64_t sites) {
    std::int64_t begin = 0;
    auto before = slots_.begin();
    for (; before != slots_.end() && before->first < begin + sites; ++before)
      begin = before->second;
    slots_.insert(before, {begin, begin + sites});
    end_ = std::max(end_, begin + sites);
    return begin;
  }
  void release(std::int64_t begin) {
    std::erase_if(slots_, [&](const auto& t) { return t.first == begin; });
  }
  [[nodiscard]] std::int64_t end() const { return end_; }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> slots_;  // begin and end, in ascending order
  std::int64_t end_ = 0;
};

}  // namespace widelimit::detail
