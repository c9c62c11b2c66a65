// Byte offsets to lines and columns, and problems in the order of the text.
#include "json/report.hpp"

#include "base/sizes.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::size_t block = 4096;           // bytes between two stored counts of characters
constexpr std::size_t most_problems = 1000;   // the largest number that is shown
constexpr std::size_t most_collected = 2000;  // kept while sorting

std::size_t count_characters(std::string_view bytes) {
  return to_size(std::count_if(bytes.begin(), bytes.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

SourceText::SourceText(std::string name, std::string text, bool has_lines)
    : name_(std::move(name)), text_(std::move(text)) {
  if (!has_lines) return;
  if (text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  std::size_t total = 0;
  for (std::size_t i = 0; i <= text_.size(); i += block) {
    characters_.push_back(total);
    total += count_characters(std::string_view(text_).substr(i, block));
  }
}

std::size_t SourceText::characters_before(std::size_t offset) const {
  const std::size_t start = offset / block * block;
  return characters_[offset / block] +
         count_characters(std::string_view(text_).substr(start, offset - start));
}

Position SourceText::position(std::size_t offset) const {
  if (line_starts_.empty()) return {};
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *(next - 1);
  return {static_cast<int>(next - line_starts_.begin()),
          static_cast<int>(characters_before(offset) - characters_before(start)) + 1};
}

std::uint32_t SourceTexts::add(SourceText text) {
  texts_.push_back(std::move(text));
  return static_cast<std::uint32_t>(texts_.size() - 1);
}

Problem SourceTexts::problem(Origin origin, std::string pointer, std::string message) const {
  const SourceText& source = at(origin.source);
  const Position position = source.position(origin.offset);
  return {source.name(), position.line, position.column, std::move(pointer), std::move(message)};
}

void Report::prefix_pointers(const std::string& pointer) {
  for (Entry& entry : entries_) entry.pointer.insert(0, pointer);
}

bool Report::full() const noexcept { return entries_.size() == most_collected; }

void Report::add(Origin origin, std::string pointer, std::string message) {
  if (full())
    ++dropped_;
  else
    entries_.push_back({origin, std::move(pointer), std::move(message)});
}

std::vector<Problem> Report::problems(const SourceTexts& texts) const {
  std::vector<const Entry*> sorted;
  for (const Entry& e : entries_) sorted.push_back(&e);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry* a, const Entry* b) { return a->origin < b->origin; });
  std::vector<Problem> all;
  for (const Entry* e : sorted) {
    if (all.size() == most_problems) {
      const std::size_t others = size() - most_problems;
      all.push_back({{}, 0, 0, {}, "and " + std::to_string(others) + " more problems"});
      break;
    }
    all.push_back(texts.problem(e->origin, e->pointer, e->message));
  }
  return all;
}

void Report::throw_if_any(const SourceTexts& texts) const {
  if (!empty()) throw Error(ErrorCode::usage, problems(texts));
}

}  // namespace widelimit::detail
