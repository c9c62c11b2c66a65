// Declared parameters. One line per parameter gives its default, the parser with its messages, the
// JSON Schema and the documentation.
//
//   double scale = 1;
//   static constexpr auto params = std::tuple{sdk::field("scale", &Erf::scale, "output scale",
//                                                        sdk::positive)};
//
// Types of members: double; bool; integers; std::string; an enumeration with values from 0 and
// one_of("first", "second"); std::optional of these (missing or null: empty); std::vector of
// numbers, integers or strings. The initialiser of the member is the default.
//
// Thread safety: constants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace widelimit::sdk {

namespace detail {

template <class T>
struct OptionalOf {
  static constexpr bool is = false;
  using type = T;
};
template <class T>
struct OptionalOf<std::optional<T>> {
  static constexpr bool is = true;
  using type = T;
};
template <class T>
struct ListOf {
  static constexpr bool is = false;
  using type = T;
};
template <class T>
struct ListOf<std::vector<T>> {
  static constexpr bool is = true;
  using type = T;
};

/// The type of a single value of a member, without std::optional and std::vector.
template <class M>
using element_t = typename ListOf<typename OptionalOf<M>::type>::type;

template <class T>
inline constexpr bool is_integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <class T>
inline constexpr bool is_number = std::is_same_v<T, double> || is_integer<T>;
template <class T>
inline constexpr bool is_choice = std::is_same_v<T, std::string> || std::is_enum_v<T>;

}  // namespace detail

/// The values that a field accepts.
struct Rules {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_excluded = false, high_excluded = false;
  bool required = false;
  std::uint64_t min_items = 0, max_items = std::numeric_limits<std::uint64_t>::max();
};

// ---- constraints: the arguments of `field` after the documentation ----

struct Required {};
/// The parameter has no default, so the user must write it.
inline constexpr Required required{};

struct Range {
  double low, high;
  bool low_excluded, high_excluded;
};
constexpr Range at_least(double low) {
  return {low, std::numeric_limits<double>::infinity(), false, false};
}
constexpr Range at_most(double high) {
  return {-std::numeric_limits<double>::infinity(), high, false, false};
}
constexpr Range greater_than(double low) {
  return {low, std::numeric_limits<double>::infinity(), true, false};
}
constexpr Range less_than(double high) {
  return {-std::numeric_limits<double>::infinity(), high, false, true};
}
/// Inclusive bounds.
constexpr Range between(double low, double high) { return {low, high, false, false}; }
inline constexpr Range positive = greater_than(0);
inline constexpr Range non_negative = at_least(0);
inline constexpr Range negative = less_than(0);

struct Items {
  std::uint64_t min, max;
};
/// Bounds of the length of a list.
constexpr Items items(std::uint64_t min,
                      std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
  return {min, max};
}

template <std::size_t n>
struct OneOf {
  std::array<const char*, n> names;
};
/// The words that a string or an enumeration accepts. The first word is the enumeration's value 0.
template <class... Names>
constexpr OneOf<sizeof...(Names)> one_of(Names... names) {
  return {{names...}};
}

// ---- the field ----

template <class C, class M, std::size_t n>
struct Field {
  using Class = C;
  using Member = M;

  const char* name;
  M C::*member;
  const char* doc;
  Rules rules;
  std::array<const char*, n> choices;
};

namespace detail {

template <class T>
struct NamesIn {
  static constexpr std::size_t count = 0;
};
template <std::size_t n>
struct NamesIn<OneOf<n>> {
  static constexpr std::size_t count = n;
};

template <class F>
constexpr void apply(F& f, Required) {
  f.rules.required = true;
}
template <class F>
constexpr void apply(F& f, Range range) {
  static_assert(is_number<element_t<typename F::Member>>,
                "ranges are for numbers: use one_of for words, items for the length of a list");
  if (range.low > f.rules.low || (range.low == f.rules.low && range.low_excluded)) {
    f.rules.low = range.low;
    f.rules.low_excluded = range.low_excluded;
  }
  if (range.high < f.rules.high || (range.high == f.rules.high && range.high_excluded)) {
    f.rules.high = range.high;
    f.rules.high_excluded = range.high_excluded;
  }
}
template <class F>
constexpr void apply(F& f, Items length) {
  static_assert(ListOf<typename F::Member>::is, "items(...) is for std::vector");
  f.rules.min_items = length.min;
  f.rules.max_items = length.max;
}
template <class F, std::size_t n>
constexpr void apply(F& f, OneOf<n> words) {
  static_assert(is_choice<element_t<typename F::Member>>,
                "one_of(...) is for strings and enumerations");
  f.choices = words.names;
}

}  // namespace detail

/// Declares a parameter: its JSON name, its member, one line of documentation, and constraints.
template <class C, class M, class... Constraints>
constexpr auto field(const char* name, M C::*member, const char* doc, Constraints... constraints) {
  using T = detail::element_t<M>;
  constexpr std::size_t n = (std::size_t{0} + ... + detail::NamesIn<Constraints>::count);
  static_assert(detail::is_number<T> || std::is_same_v<T, bool> || detail::is_choice<T>,
                "a parameter is a double, bool, integer, std::string or enumeration, or a "
                "std::optional or std::vector of those");
  static_assert(!std::is_enum_v<T> || n > 0, "an enumeration needs one_of(...) with its words");
  static_assert(!(detail::ListOf<M>::is && std::is_same_v<T, bool>),
                "lists are of numbers, integers or words");
  Field<C, M, n> f{name, member, doc, {}, {}};
  // JSON integers have 64 bits, so a smaller type limits the range.
  if constexpr (detail::is_integer<T>) {
    if constexpr (sizeof(T) < 8)
      detail::apply(f, between(static_cast<double>(std::numeric_limits<T>::min()),
                               static_cast<double>(std::numeric_limits<T>::max())));
    else if constexpr (std::is_unsigned_v<T>)
      detail::apply(f, at_least(0));
  }
  (detail::apply(f, constraints), ...);
  return f;
}

}  // namespace widelimit::sdk
