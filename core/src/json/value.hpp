// A JSON document as a small tree in which every value keeps its position in the text, for
// messages. The values of Boost.JSON have no room for a position.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace widelimit::detail {

/// Where a value was read: byte `offset` of text number `source` (see SourceTexts). Values that
/// were filled in (defaults) carry the origin of the object they were missing from.
struct Origin {
  std::uint32_t source = 0, offset = 0;
  auto operator<=>(const Origin&) const = default;
};

struct Member;

struct Value {
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;  // in the order of the text; keys are unique
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data;
  Origin origin{};
  /// For a whole number outside the range of std::int64_t: its digits in the text, for messages.
  /// `data` is then the nearest double.
  std::shared_ptr<const std::string> digits{};

  [[nodiscard]] bool is_null() const noexcept { return data.index() == 0; }
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&data); }
  [[nodiscard]] const std::string* string() const noexcept {
    return std::get_if<std::string>(&data);
  }
  [[nodiscard]] const Array* array() const noexcept { return std::get_if<Array>(&data); }
  [[nodiscard]] Array* array() noexcept { return std::get_if<Array>(&data); }
  [[nodiscard]] const Object* object() const noexcept { return std::get_if<Object>(&data); }
  [[nodiscard]] Object* object() noexcept { return std::get_if<Object>(&data); }
  /// Any number, also one written as an integer. NaN if the parser has reported the number.
  [[nodiscard]] std::optional<double> number() const noexcept;
  /// A number that the parser has reported: nothing else need be said about it.
  [[nodiscard]] bool is_reported() const noexcept;
  /// A whole number. If it is written as 1e3 or 3.0, it must not exceed 2^53.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  /// The member of an object; NULL if there is no such member or this is not an object.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
  [[nodiscard]] Value* find(std::string_view key) noexcept;
};

struct Member {
  std::string key;
  Origin origin{};  ///< of the key
  Value value;
};

/// Equal as JSON Schema's "enum" means it: 1 and 1.0 are the same number, objects have no order.
[[nodiscard]] bool same(const Value& a, const Value& b);

/// The same value, with `origin` as the origin of all its parts.
[[nodiscard]] Value with_origin(Value value, Origin origin);

/// The number of nested levels of arrays and objects; 0 for a scalar.
[[nodiscard]] int depth_of(const Value& value);

/// RFC 6901: `pointer` extended by a key or an index.
[[nodiscard]] std::string child(const std::string& pointer, std::string_view key);
[[nodiscard]] std::string child(const std::string& pointer, std::size_t index);

/// The reference tokens of a pointer, unescaped; unset if it is malformed ("" has none, every other
/// pointer starts with '/').
[[nodiscard]] std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer);

/// A token as an index into an array: digits without leading zeros.
[[nodiscard]] std::optional<std::size_t> array_index(std::string_view token);

/// The member or entry of `from` that a token names; NULL if there is none.
[[nodiscard]] const Value* step(const Value& from, std::string_view token);

/// The value that a pointer refers to; NULL if there is none.
[[nodiscard]] const Value* resolve(const Value& root, std::string_view pointer);

/// As JSON text: on one line, or with `indent` spaces for each level. Numbers in the shortest form
/// that reads back the same; a real number always shows that it is one ("2.0").
[[nodiscard]] std::string to_json(const Value& value, int indent = 0);

/// A value as it appears in a message: one line, cut after about 40 characters.
[[nodiscard]] std::string short_json(const Value& value);

}  // namespace widelimit::detail
