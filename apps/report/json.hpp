// A read-only, forgiving view of a JSON document: what is missing or of another type is null, so
// that a report of a run that failed half-way shows what there is.
// Thread safety: values; concurrent reads are fine.
#pragma once

#include "experiment/json.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace widelimit::report {

class Json {
 public:
  Json() = default;  ///< null
  /// Throws Error(usage) with file, line and column where the text is not JSON, and Error(io)
  /// where it cannot be read.
  static Json read(const std::filesystem::path& file);

  [[nodiscard]] bool is_null() const noexcept;
  [[nodiscard]] bool is_object() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] bool is_number() const noexcept;
  /// A member of an object; null where there is none.
  [[nodiscard]] Json operator[](std::string_view key) const;
  /// The elements of an array; none of anything else.
  [[nodiscard]] std::vector<Json> elements() const;
  /// The members of an object in the order of the file; none of anything else.
  [[nodiscard]] std::vector<std::pair<std::string, Json>> members() const;
  /// A string; the default of anything else.
  [[nodiscard]] std::string text(std::string_view otherwise = {}) const;
  /// A number, or one of the strings "inf", "-inf"; NaN of anything else.
  [[nodiscard]] double number() const noexcept;
  [[nodiscard]] bool boolean(bool otherwise = false) const noexcept;
  /// As JSON again: on one line, or indented, with short arrays and objects kept on a line.
  [[nodiscard]] std::string compact() const;
  [[nodiscard]] std::string pretty() const;

 private:
  Json(std::shared_ptr<const experiment::Json> document, const experiment::Json* value);

  std::shared_ptr<const experiment::Json> document_;
  const experiment::Json* value_ = nullptr;  // in the document; NULL: null
};

}  // namespace widelimit::report
