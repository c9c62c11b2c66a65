// Reads a host's parameters into an author's struct. It checks every declared field against its
// rules; an error contains the JSON pointer of the parameter. Hosts validate against the schema
// first, to report all problems at once. This check does not rely on that.
//
// Thread safety: pure functions.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/schema.hpp>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/fields.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace widelimit::sdk {

namespace detail {

/// The typed getters of a parameter object, as optionals.
class Getters {
 public:
  explicit Getters(const widelimit_params* params) {
    if (params != nullptr) widelimit_copy(&table_, sizeof table_, params, params->struct_size);
  }

  /// Empty if the value is missing, null or not of type T.
  template <class T>
  [[nodiscard]] std::optional<T> get(const std::string& pointer) const {
    const char* const at = pointer.c_str();
    if constexpr (std::is_same_v<T, double>) {
      double value = 0;
      if (table_.number != nullptr && table_.number(table_.ctx, at, &value) == WIDELIMIT_OK)
        return value;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      std::int64_t value = 0;
      if (table_.integer != nullptr && table_.integer(table_.ctx, at, &value) == WIDELIMIT_OK)
        return value;
    } else if constexpr (std::is_same_v<T, bool>) {
      std::int32_t value = 0;
      if (table_.boolean != nullptr && table_.boolean(table_.ctx, at, &value) == WIDELIMIT_OK)
        return value != 0;
    } else {
      const char* value = nullptr;
      std::uint64_t length = 0;
      if (table_.string != nullptr &&
          table_.string(table_.ctx, at, &value, &length) == WIDELIMIT_OK)
        return std::string(value, static_cast<std::size_t>(length));
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::uint64_t> length(const std::string& pointer) const {
    std::uint64_t value = 0;
    if (table_.length != nullptr &&
        table_.length(table_.ctx, pointer.c_str(), &value) == WIDELIMIT_OK)
      return value;
    return std::nullopt;
  }
  /// Whether there is a value of any type.
  [[nodiscard]] bool has(const std::string& pointer) const {
    return get<double>(pointer) || get<bool>(pointer) || get<std::string>(pointer) ||
           length(pointer);
  }

 private:
  widelimit_params table_{};
};

[[gnu::cold]] inline void check_range(const Rules& rules, double value, const std::string& shown,
                                      const std::string& pointer) {
  const bool low = rules.low_excluded ? value > rules.low : value >= rules.low;
  const bool high = rules.high_excluded ? value < rules.high : value <= rules.high;
  if (std::isfinite(value) && low && high) return;
  std::string range;
  if (rules.low > -std::numeric_limits<double>::infinity())
    range = (rules.low_excluded ? "> " : ">= ") + number_text(rules.low);
  if (rules.high < std::numeric_limits<double>::infinity())
    range += (range.empty() ? "" : " and ") + std::string(rules.high_excluded ? "< " : "<= ") +
             number_text(rules.high);
  throw invalid(pointer, "must be " + (range.empty() ? "finite" : range) + ", got " + shown);
}

/// Which of the choices is the value?
[[gnu::cold]] inline std::optional<std::size_t> read_choice(const Getters& getters,
                                                            const FieldFacts& f,
                                                            const std::string& pointer) {
  const auto word = getters.get<std::string>(pointer);
  if (!word) return std::nullopt;
  std::size_t at = 0;
  while (at < f.choices.size() && *word != f.choices[at]) ++at;
  if (at < f.choices.size()) return at;
  std::string text;
  for (const char* choice : f.choices) text += (text.empty() ? "" : ", ") + quoted(choice);
  throw invalid(pointer, "must be one of " + text + ", got " + quoted(*word));
}

/// One value of type T: a member, or an item of a list.
template <class T>
[[gnu::cold]] std::optional<T> read_value(const Getters& getters, const FieldFacts& f,
                                          const std::string& pointer) {
  if constexpr (std::is_same_v<T, double>) {
    const auto value = getters.get<double>(pointer);
    if (value) check_range(*f.rules, *value, number_text(*value), pointer);
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return getters.get<bool>(pointer);
  } else if constexpr (is_integer<T>) {
    const auto value = getters.get<std::int64_t>(pointer);
    if (!value) return std::nullopt;
    check_range(*f.rules, static_cast<double>(*value), std::to_string(*value), pointer);
    return static_cast<T>(*value);
  } else if constexpr (std::is_enum_v<T>) {
    const auto at = read_choice(getters, f, pointer);
    if (!at) return std::nullopt;
    return static_cast<T>(*at);
  } else {
    if (!f.choices.empty() && !read_choice(getters, f, pointer)) return std::nullopt;
    return getters.get<std::string>(pointer);
  }
}

[[gnu::cold]] inline void check_items(const Rules& rules, std::uint64_t n,
                                      const std::string& pointer) {
  if (n >= rules.min_items && n <= rules.max_items) return;
  const bool few = n < rules.min_items;
  throw invalid(pointer, "must have " + std::string(few ? "at least " : "at most ") +
                             std::to_string(few ? rules.min_items : rules.max_items) +
                             " items, got " + std::to_string(n));
}

/// "a number", "an integer", ...
[[gnu::cold]] inline std::string wanted_text(const FieldFacts& f) {
  return (f.type_word == std::string_view("integer") ? "an " : "a ") + std::string(f.type_word);
}

/// For a parameter that was not read: throws unless it may be left out, and is.
[[gnu::cold]] inline void check_left_out(const Getters& getters, const FieldFacts& f,
                                         const std::string& pointer) {
  const std::string wanted = wanted_text(f);
  if (getters.has(pointer))
    throw invalid(pointer, (f.is_list ? "must be a list, each item " : "must be ") + wanted);
  if (f.rules->required)
    throw invalid(pointer, std::string("is missing: ") + f.doc + " (" + wanted + ")");
}

template <class Member>
[[gnu::cold]] void read_member(const Getters& getters, const FieldFacts& f, Member& member) {
  using T = element_t<Member>;
  const std::string pointer = pointer_step(f.name);
  if constexpr (ListOf<Member>::is) {
    if (const auto n = getters.length(pointer)) {
      check_items(*f.rules, *n, pointer);
      Member list;
      for (std::uint64_t i = 0; i < *n; ++i) {
        const std::string at = pointer + "/" + std::to_string(i);
        auto item = read_value<T>(getters, f, at);
        if (!item) throw invalid(at, "must be " + wanted_text(f));
        list.push_back(*std::move(item));
      }
      member = std::move(list);
      return;
    }
  } else if (auto value = read_value<T>(getters, f, pointer)) {
    member = *std::move(value);
    return;
  }
  check_left_out(getters, f, pointer);
}

}  // namespace detail

/// Creates a T with its fields from the host's parameters (NULL: all defaults) and calls its
/// `void prepare()`, if it has one. prepare() computes what depends on the parameters, and throws
/// sdk::invalid("/pointer", ...) if they contradict one another.
template <class T>
[[gnu::cold]] T read_params(const widelimit_params* params) {
  T object{};
  const detail::Getters getters(params);
  for_each_field<T>([&](const auto& f) {
    detail::read_member(getters, detail::facts_of(f), object.*(f.member));
  });
  if constexpr (requires { object.prepare(); }) object.prepare();
  return object;
}

}  // namespace widelimit::sdk
