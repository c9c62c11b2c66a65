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
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace widelimit::sdk {

namespace detail {

/// The shortest text that is read as the same number, in any locale.
[[gnu::cold]] inline std::string number_text(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

[[gnu::cold]] inline std::string quoted(std::string_view text) {
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
[[gnu::cold]] inline std::string pointer_step(std::string_view key) {
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

/// What the texts about a declared parameter need of it, whatever its member's type: they are
/// written once for all, because each plugin is compiled several times.
struct FieldFacts {
  const char *name, *doc;
  const char* type_word;  // of the single value inside the member
  bool is_list, is_optional;
  const Rules* rules;
  std::span<const char* const> choices;
};

template <class F>
FieldFacts facts_of(const F& f) {
  using Member = typename F::Member;
  return {f.name,
          f.doc,
          type_word<element_t<Member>>(),
          ListOf<Member>::is,
          OptionalOf<Member>::is,
          &f.rules,
          f.choices};
}

template <class T>
[[gnu::cold]] std::string value_text(const FieldFacts& f, const T& value) {
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
[[gnu::cold]] inline std::string bounds_text(const FieldFacts& f) {
  std::string text;
  const Rules& rules = *f.rules;
  if (rules.low > -std::numeric_limits<double>::infinity())
    text += std::string(rules.low_excluded ? R"(, "exclusiveMinimum": )" : R"(, "minimum": )") +
            number_text(rules.low);
  if (rules.high < std::numeric_limits<double>::infinity())
    text += std::string(rules.high_excluded ? R"(, "exclusiveMaximum": )" : R"(, "maximum": )") +
            number_text(rules.high);
  if (!f.choices.empty()) {
    text += R"(, "enum": [)";
    for (std::size_t i = 0; i < f.choices.size(); ++i)
      text += (i == 0 ? "" : ", ") + quoted(f.choices[i]);
    if (f.is_optional) text += ", null";
    text += "]";
  }
  return text;
}

/// `default_text`: what stands for the member where the parameter is left out.
[[gnu::cold]] inline std::string property_text(const FieldFacts& f,
                                               const std::string& default_text) {
  std::string word = quoted(f.type_word);
  std::string text;
  if (f.is_list) {
    text = R"("type": "array", "items": {"type": )" + word + bounds_text(f) + "}";
    if (f.rules->min_items > 0) text += R"(, "minItems": )" + std::to_string(f.rules->min_items);
    if (f.rules->max_items < std::numeric_limits<std::uint64_t>::max())
      text += R"(, "maxItems": )" + std::to_string(f.rules->max_items);
  } else {
    if (f.is_optional) word = "[" + word + R"(, "null"])";
    text = R"("type": )" + word + bounds_text(f);
  }
  if (!f.rules->required) text += R"(, "default": )" + default_text;
  return quoted(f.name) + ": {" + text + R"(, "description": )" + quoted(f.doc) + "}";
}

/// A schema, property by property.
class SchemaText {
 public:
  [[gnu::cold]] void add(const FieldFacts& f, const std::string& default_text) {
    properties_ += (properties_.empty() ? "" : ", ") + property_text(f, default_text);
    if (f.rules->required)
      required_names_ += (required_names_.empty() ? "" : ", ") + quoted(f.name);
  }
  [[nodiscard, gnu::cold]] std::string whole() const {
    return R"({"type": "object", "properties": {)" + properties_ + "}" +
           (required_names_.empty() ? "" : R"(, "required": [)" + required_names_ + "]") +
           R"(, "additionalProperties": false})";
  }

 private:
  std::string properties_, required_names_;
};

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
[[gnu::cold]] std::string schema_text() {
  const T defaults{};
  detail::SchemaText schema;
  for_each_field<T>([&](const auto& f) {
    const detail::FieldFacts facts = detail::facts_of(f);
    schema.add(facts, detail::value_text(facts, defaults.*(f.member)));
  });
  return schema.whole();
}

}  // namespace widelimit::sdk
