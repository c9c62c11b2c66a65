// The texts a configuration comes from, and the problems found in it: each problem keeps the origin
// of the value at fault and becomes file:line:column when all are known.
#pragma once

#include "json/value.hpp"

#include <widelimit/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// Line and column from 1; a column is a character (a UTF-8 code point), not a byte.
struct Position {
  int line = 0, column = 0;
};

/// One text with an index from byte offsets to positions.
class SourceText {
 public:
  /// `name` is what messages say in front: a file as the user named it, or "--set /pointer=VALUE".
  /// Without `has_lines` problems have no line and column.
  SourceText(std::string name, std::string text, bool has_lines);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// {0, 0} for a text without lines.
  [[nodiscard]] Position position(std::size_t offset) const;

 private:
  [[nodiscard]] std::size_t characters_before(std::size_t offset) const;

  std::string name_, text_;
  std::vector<std::size_t> line_starts_;  // empty: no lines
  std::vector<std::size_t> characters_;   // before each block of the text
};

/// All texts of one configuration: number 0 is the file, k the VALUE of the k-th override.
class SourceTexts {
 public:
  std::uint32_t add(SourceText text);
  [[nodiscard]] const SourceText& at(std::uint32_t source) const { return texts_[source]; }
  /// A problem with the value (or key) read at `origin`.
  [[nodiscard]] Problem problem(Origin origin, std::string pointer, std::string message) const;

 private:
  std::vector<SourceText> texts_;
};

/// Collects problems; hands them out in the order of the text.
class Report {
 public:
  void add(Origin origin, std::string pointer, std::string message);
  void add(const Value& at, std::string pointer, std::string message) {
    add(at.origin, std::move(pointer), std::move(message));
  }
  /// What was found so far is of the value at `pointer` of a larger document.
  void place_under(const std::string& pointer);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// All that were added, also those that are not kept.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size() + dropped_; }
  /// No more are kept: a guess at the name that was meant is not worth its time.
  [[nodiscard]] bool full() const noexcept;
  /// Sorted; of very many only the first, and a last entry that counts the others.
  [[nodiscard]] std::vector<Problem> problems(const SourceTexts& texts) const;
  /// Throws Error(usage) with all problems, if there are any.
  void throw_if_any(const SourceTexts& texts) const;

 private:
  struct Entry {
    Origin origin;
    std::string pointer, message;
  };
  std::vector<Entry> entries_;
  std::size_t dropped_ = 0;
};

}  // namespace widelimit::detail
