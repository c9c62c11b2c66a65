// The JSON Schema of declared parameters, in the subset of sdk/docs/schema-subset.md.
//
// Thread safety: pure functions.
#pragma once

#include <widelimit/sdk/fields.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace widelimit::sdk {

namespace detail {

/// The shortest text that is read as the same number, in any locale.
inline std::string number_text(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

inline std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// A key as a step of a JSON pointer (RFC 6901).
inline std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

template <class T>
constexpr const char* type_word() {
  if constexpr (std::is_same_v<T, bool>)
    return "boolean";
  else if constexpr (std::is_same_v<T, double>)
    return "number";
  else if constexpr (is_integer<T>)
    return "integer";
  else
    return "string";
}

template <class F, class T>
std::string value_text(const F& f, const T& value) {
  if constexpr (OptionalOf<T>::is) {
    return value ? value_text(f, *value) : "null";
  } else if constexpr (ListOf<T>::is) {
    std::string text = "[";
    for (const auto& item : value) {
      if (text.size() > 1) text += ", ";
      text += value_text(f, item);
    }
    return text + "]";
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, double>) {
    return number_text(value);
  } else if constexpr (is_integer<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_enum_v<T>) {
    return quoted(f.choices[static_cast<std::size_t>(value)]);
  } else {
    return quoted(value);
  }
}

/// "exclusiveMinimum": 0 and so on, for the value itself or for the items of a list.
template <class F>
std::string bounds_text(const F& f) {
  std::string text;
  if (f.rules.low > -std::numeric_limits<double>::infinity())
    text += std::string(f.rules.low_excluded ? R"(, "exclusiveMinimum": )" : R"(, "minimum": )") +
            number_text(f.rules.low);
  if (f.rules.high < std::numeric_limits<double>::infinity())
    text += std::string(f.rules.high_excluded ? R"(, "exclusiveMaximum": )" : R"(, "maximum": )") +
            number_text(f.rules.high);
  if (!f.choices.empty()) {
    text += R"(, "enum": [)";
    for (std::size_t i = 0; i < f.choices.size(); ++i)
      text += (i == 0 ? "" : ", ") + quoted(f.choices[i]);
    if (OptionalOf<typename F::Member>::is) text += ", null";
    text += "]";
  }
  return text;
}

template <class F, class Layer>
std::string property_text(const F& f, const Layer& defaults) {
  using Member = typename F::Member;
  std::string word = quoted(type_word<element_t<Member>>());
  std::string text;
  if constexpr (ListOf<Member>::is) {
    text = R"("type": "array", "items": {"type": )" + word + bounds_text(f) + "}";
    if (f.rules.min_items > 0) text += R"(, "minItems": )" + std::to_string(f.rules.min_items);
    if (f.rules.max_items < std::numeric_limits<std::uint64_t>::max())
      text += R"(, "maxItems": )" + std::to_string(f.rules.max_items);
  } else {
    if (OptionalOf<Member>::is) word = "[" + word + R"(, "null"])";
    text = R"("type": )" + word + bounds_text(f);
  }
  if (!f.rules.required) text += R"(, "default": )" + value_text(f, defaults.*(f.member));
  return quoted(f.name) + ": {" + text + R"(, "description": )" + quoted(f.doc) + "}";
}

}  // namespace detail

/// The declared parameters of a type; an empty tuple if it declares none.
template <class T>
constexpr auto params_of() {
  if constexpr (requires { T::params; })
    return T::params;
  else
    return std::tuple{};
}

/// Calls f with every declared field of a type.
template <class T, class F>
void for_each_field([[maybe_unused]] const F& f) {
  std::apply([&](const auto&... fields) { (f(fields), ...); }, params_of<T>());
}

/// The schema of a type's parameter object.
template <class T>
std::string schema_text() {
  const T defaults{};
  std::string properties, required_names;
  for_each_field<T>([&](const auto& f) {
    properties += (properties.empty() ? "" : ", ") + detail::property_text(f, defaults);
    if (f.rules.required)
      required_names += (required_names.empty() ? "" : ", ") + detail::quoted(f.name);
  });
  return R"({"type": "object", "properties": {)" + properties + "}" +
         (required_names.empty() ? "" : R"(, "required": [)" + required_names + "]") +
         R"(, "additionalProperties": false})";
}

}  // namespace widelimit::sdk
