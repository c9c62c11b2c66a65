// A JSON document as a small tree whose every value knows where it was written. Boost.JSON's own
// value has no room for that, and a message without a place is of little use.
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
  /// Of a whole number that no std::int64_t holds: its digits in the text, for messages. `data` is
  /// the nearest double then.
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
  /// Any number, also one written as an integer. NaN: one that the parser has complained about.
  [[nodiscard]] std::optional<double> number() const noexcept;
  /// A number that is whole, also one written 1e3 or 3.0, up to 2^53 then.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  /// The member of an object; NULL where there is none or this is no object.
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

/// The same value as if all of it had been written at `origin`.
[[nodiscard]] Value placed(Value value, Origin origin);

/// How many levels of arrays and objects: 0 for a scalar.
[[nodiscard]] int depth_of(const Value& value);

/// RFC 6901: `pointer` extended by a key or an index.
[[nodiscard]] std::string child(const std::string& pointer, std::string_view key);
[[nodiscard]] std::string child(const std::string& pointer, std::size_t index);

/// The reference tokens of a pointer, unescaped; unset where it is malformed ("" has none, every
/// other pointer starts with '/').
[[nodiscard]] std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer);

/// A token as an index into an array: digits without leading zeros.
[[nodiscard]] std::optional<std::size_t> array_index(std::string_view token);

/// One token down from `from`; NULL where nothing is there.
[[nodiscard]] const Value* step(const Value& from, std::string_view token);

/// The value a pointer leads to; NULL where nothing is there.
[[nodiscard]] const Value* resolve(const Value& root, std::string_view pointer);

/// As JSON text: on one line, or with `indent` spaces a level. Numbers in the shortest form that
/// reads back the same; a real number always shows that it is one ("2.0").
[[nodiscard]] std::string to_json(const Value& value, int indent = 0);

/// A value as it appears in a message: one line, cut after about 40 characters.
[[nodiscard]] std::string shown(const Value& value);

}  // namespace widelimit::detail
