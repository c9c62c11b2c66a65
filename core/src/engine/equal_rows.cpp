// Equal rows by hashing, then comparing.
#include "engine/equal_rows.hpp"

#include <cstring>
#include <string_view>
#include <unordered_map>

namespace widelimit::detail {

template <class T>
EqualRows EqualRows::find(const T* x1, std::int64_t n1, const T* x2, std::int64_t n2,
                          std::int64_t features) {
  const auto bytes = static_cast<std::size_t>(features) * sizeof(T);
  const auto row = [bytes](const T* x, std::int64_t i) {
    return std::string_view(reinterpret_cast<const char*>(x) + static_cast<std::size_t>(i) * bytes,
                            bytes);
  };
  EqualRows e;
  std::unordered_map<std::string_view, std::int64_t> groups;
  groups.reserve(static_cast<std::size_t>(n2));
  for (std::int64_t j = 0; j < n2; ++j) {
    const auto [at, is_new] =
        groups.try_emplace(row(x2, j), static_cast<std::int64_t>(e.columns_.size()));
    if (is_new) e.columns_.emplace_back();
    e.columns_[static_cast<std::size_t>(at->second)].push_back(j);
  }
  e.group_of_row_.resize(static_cast<std::size_t>(n1));
  for (std::int64_t i = 0; i < n1; ++i) {
    const auto at = groups.find(row(x1, i));
    e.group_of_row_[static_cast<std::size_t>(i)] = at == groups.end() ? -1 : at->second;
  }
  return e;
}

template EqualRows EqualRows::find(const float*, std::int64_t, const float*, std::int64_t,
                                   std::int64_t);
template EqualRows EqualRows::find(const double*, std::int64_t, const double*, std::int64_t,
                                   std::int64_t);

}  // namespace widelimit::detail
