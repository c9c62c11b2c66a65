// Tables of text.
#include "table.hpp"

#include "escape.hpp"

#include <algorithm>
#include <utility>

namespace widelimit::apps {

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t own = character_count(text);
  return std::string(text) + std::string(width > own ? width - own : 0, ' ');
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t own = character_count(text);
  return std::string(width > own ? width - own : 0, ' ') + std::string(text);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out, line;
  const auto flush = [&] {
    out += std::string(line.empty() ? 0 : indent, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && indent + character_count(line) + 1 + character_count(word) > width)
      flush();
    if (!line.empty() && !word.empty()) line += ' ';
    line += word;
    if (end < text.size() && text[end] == '\n') flush();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!line.empty()) flush();
  return out;
}

Table::Table(std::vector<std::string> header, std::vector<Align> align)
    : header_(std::move(header)), align_(std::move(align)) {}

void Table::add(std::vector<std::string> row) {
  row.resize(header_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(header_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], character_count(row[c]));
  std::vector<std::size_t> shown;
  std::vector<std::string> rule(header_.size());
  for (std::size_t c = 0; c < header_.size(); ++c) {
    if (widths[c] == 0) continue;
    widths[c] = std::max(widths[c], character_count(header_[c]));
    for (std::size_t i = 0; i < widths[c]; ++i) rule[c] += "\u2500";
    shown.push_back(c);
  }
  std::string text;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line(1, ' ');
    for (const std::size_t c : shown) {
      line.push_back(' ');
      line += align_[c] == Align::left ? padded(row[c], widths[c]) : padded_left(row[c], widths[c]);
      if (c != shown.back()) line.push_back(' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    text += line + "\n";
  };
  add(header_);
  add(rule);
  for (const auto& row : rows_) add(row);
  return text;
}

}  // namespace widelimit::apps
