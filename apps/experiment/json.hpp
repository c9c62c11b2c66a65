// JSON as the program writes and reads it: run.json, metrics.json, tables for other programs, the
// schemas of plugins. (Experiment files go through the library, which keeps places for messages.)
// Thread safety: values.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace widelimit::experiment {

/// One JSON value. Numbers are kept as they are written, so nothing is lost between reading and
/// writing; objects keep the order of their members.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;                    ///< null
  Json(std::same_as<bool> auto value)  // NOLINT: values are JSON
      : data_(value) {}
  Json(std::integral auto value)  // NOLINT
      requires(!std::same_as<decltype(value), bool>)
      : data_(Number{std::to_string(value)}) {}
  /// The shortest text that reads back the same; NaN is null, infinities are "inf" and "-inf".
  Json(double value);                                          // NOLINT
  Json(std::string value) : data_(std::move(value)) {}         // NOLINT
  Json(std::string_view value) : data_(std::string(value)) {}  // NOLINT
  Json(const char* value) : data_(std::string(value)) {}       // NOLINT
  Json(Array value) : data_(std::move(value)) {}               // NOLINT
  Json(Object value) : data_(std::move(value)) {}              // NOLINT
  template <class T>
  Json(const std::vector<T>& values) : data_(Array(values.begin(), values.end())) {}  // NOLINT

  /// Throws Error(usage) that says where the text stops being JSON: `name` is what the message
  /// calls it.
  static Json parse(std::string_view text, const std::string& name);

  [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }
  /// NULL where the value is something else.
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&data_); }
  [[nodiscard]] const std::string* string() const noexcept {
    return std::get_if<std::string>(&data_);
  }
  /// The text of a number.
  [[nodiscard]] const std::string* number() const noexcept {
    const Number* n = std::get_if<Number>(&data_);
    return n ? &n->text : nullptr;
  }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(&data_); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(&data_); }
  /// The member of an object; NULL where there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;

  /// On one line, or with every member and element of the outer `levels` on a line of its own.
  [[nodiscard]] std::string text(int levels = 0) const;

 private:
  struct Number {
    std::string text;
  };
  void write(std::string& out, int levels, int depth) const;

  std::variant<std::monostate, bool, Number, std::string, Array, Object> data_;
  friend class JsonReader;
};

/// A number as text for people's files: the shortest form that reads back the same; "inf", "nan".
[[nodiscard]] std::string number_text(double value);

}  // namespace widelimit::experiment
