// Edit distance, and how names are listed in a message.
#include "text/names.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace widelimit::detail {

namespace {

constexpr std::size_t longest = 64;  // longer names are not compared

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::size_t distance(const std::string& a, const std::string& b) {
  const std::size_t n = b.size();
  std::vector<std::size_t> before(n + 1), last(n + 1), row(n + 1);
  for (std::size_t j = 0; j <= n; ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= n; ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[n];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > longest) return {};
  const std::string folded_name = folded(name);
  std::string best;
  std::size_t least = std::max<std::size_t>(2, folded_name.size() / 3) + 1, alike = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::string other = folded(candidate);
    const std::size_t d = distance(folded_name, other);
    const std::size_t begins_alike = static_cast<std::size_t>(
        std::mismatch(folded_name.begin(), folded_name.end(), other.begin(), other.end()).first -
        folded_name.begin());
    const bool nearer = d < least || (d == least && !best.empty() && begins_alike > alike);
    if (nearer && d < std::max(folded_name.size(), other.size())) {
      least = d;
      alike = begins_alike;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string best = nearest_name(name, candidates);
  return best.empty() ? "" : "; did you mean \"" + best + "\"?";
}

std::string list_text(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::string count_text(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace widelimit::detail
