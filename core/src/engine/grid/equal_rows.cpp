// Finds equal rows: sorts the hashes, then compares rows with the same hash.
#include "engine/grid/equal_rows.hpp"

#include "base/sizes.hpp"

#include <cstddef>
#include <iterator>
#include <numeric>

namespace widelimit::detail {

namespace {

std::vector<std::int64_t> sorted_by_hash(const std::vector<std::uint64_t>& hash) {
  std::vector<std::int64_t> order(hash.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    const auto ha = hash[to_size(a)], hb = hash[to_size(b)];
    return ha != hb ? ha < hb : a < b;
  });
  return order;
}

}  // namespace

template <class T>
EqualRows EqualRows::find(const SampleRows<T>& x1, const std::vector<std::uint64_t>& hash1,
                          const SampleRows<T>& x2, const std::vector<std::uint64_t>& hash2) {
  const auto equal = [features = x1.features](const T* a, const T* b) {
    return a == b || std::equal(a, a + features, b);
  };
  EqualRows e;
  e.columns_.reserve(hash2.size());
  const std::vector<std::int64_t> order = sorted_by_hash(hash2);
  // Each round forms one group. Different rows with the same hash are rare; they wait in `later`.
  std::vector<std::int64_t> same_hash, later;
  for (auto at = order.begin(); at != order.end();) {
    const std::uint64_t h = hash2[to_size(*at)];
    const auto end =
        std::find_if(at, order.end(), [&](std::int64_t j) { return hash2[to_size(j)] != h; });
    same_hash.assign(at, end);
    at = end;
    while (!same_hash.empty()) {
      e.begin_.push_back(static_cast<std::int64_t>(e.columns_.size()));
      later.clear();
      for (const std::int64_t j : same_hash)
        (equal(x2.row(same_hash.front()), x2.row(j)) ? e.columns_ : later).push_back(j);
      same_hash.swap(later);
    }
  }
  const auto groups = static_cast<std::int64_t>(e.begin_.size());
  e.begin_.push_back(static_cast<std::int64_t>(e.columns_.size()));
  const auto first_of = [&](std::int64_t g) { return e.columns_[to_size(e.begin_[to_size(g)])]; };
  e.group_of_row_.assign(hash1.size(), -1);
  for (std::size_t i = 0; i < hash1.size(); ++i) {
    // Binary search: groups are in ascending order of hash.
    std::int64_t low = 0, high = groups;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      if (hash2[to_size(first_of(middle))] < hash1[i])
        low = middle + 1;
      else
        high = middle;
    }
    for (; low < groups && hash2[to_size(first_of(low))] == hash1[i]; ++low)
      if (equal(x1.row(static_cast<std::int64_t>(i)), x2.row(first_of(low)))) {
        e.group_of_row_[i] = low;
        break;
      }
  }
  return e;
}

template EqualRows EqualRows::find(const SampleRows<float>&, const std::vector<std::uint64_t>&,
                                   const SampleRows<float>&, const std::vector<std::uint64_t>&);
template EqualRows EqualRows::find(const SampleRows<double>&, const std::vector<std::uint64_t>&,
                                   const SampleRows<double>&, const std::vector<std::uint64_t>&);

}  // namespace widelimit::detail
