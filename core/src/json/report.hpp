// The texts of a configuration, and the problems found in it. Each problem keeps the origin of the
// wrong value, which becomes file:line:column when all problems are known.
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
  /// Messages begin with `name`: a file as the user wrote it, or "--set /pointer=VALUE". Without
  /// `has_lines` problems have no line and column. A byte order mark is left out of a text with
  /// lines.
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

/// Collects problems and returns them in the order of the text.
class Report {
 public:
  void add(Origin origin, std::string pointer, std::string message);
  void add(const Value& at, std::string pointer, std::string message) {
    add(at.origin, std::move(pointer), std::move(message));
  }
  /// Puts `pointer` in front of all pointers so far: the text is the value at `pointer` of a larger
  /// document.
  void prefix_pointers(const std::string& pointer);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// The number of all problems that were added, also of those that are not kept.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size() + dropped_; }
  /// Whether further problems are dropped. Callers then need not search for similar names.
  [[nodiscard]] bool full() const noexcept;
  /// The problems in order. If there are very many, only the first ones and an entry with the
  /// number of the others.
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
