// Tables and code as HTML.
#include "html.hpp"

#include "common/escape.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <utility>

namespace widelimit::report {

namespace {
constexpr std::size_t rows_without_scrolling = 24;
}

std::string breakable(std::string_view text) {
  std::string result, part;
  for (const char c : text) {
    part += c;
    if (c == '_' || c == '.' || c == '/') {
      result += apps::html_escaped(part) + "<wbr>";
      part.clear();
    }
  }
  return result + apps::html_escaped(part);
}

std::string code(std::string_view text) { return "<code>" + breakable(text) + "</code>"; }

Table::Table(std::string caption, std::vector<std::string> heads)
    : caption_(std::move(caption)), heads_(std::move(heads)) {}

Table& Table::text_columns(std::vector<std::size_t> columns) {
  text_columns_.insert(text_columns_.end(), columns.begin(), columns.end());
  return *this;
}

void Table::row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

bool Table::is_text(std::size_t column) const {
  return std::find(text_columns_.begin(), text_columns_.end(), column) != text_columns_.end();
}

std::string Table::html() const {
  const std::string name = apps::html_escaped(caption_);
  std::string text = "<div class=\"" +
                     std::string(rows_.size() > rows_without_scrolling ? "scroll tall" : "scroll") +
                     "\" role=\"region\" tabindex=\"0\" aria-label=\"" + name +
                     "\">\n<table>\n<caption>" + name + "</caption>\n<thead><tr>";
  const auto class_of = [&](std::size_t column) {
    return std::string(is_text(column) ? " class=\"text\"" : "");
  };
  for (std::size_t j = 0; j < heads_.size(); ++j)
    text += "<th scope=\"col\"" + class_of(j) + ">" + heads_[j] + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& cells : rows_) {
    text += "<tr>";
    for (std::size_t j = 0; j < cells.size(); ++j) {
      text += j == 0 ? "<th scope=\"row\" class=\"text\">" + cells[j] + "</th>"
                     : "<td" + class_of(j) + ">" + cells[j] + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n</div>\n";
}

}  // namespace widelimit::report
