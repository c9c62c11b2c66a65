// JSON as the programs write and read it: run.json, metrics.json, the schemas of plugins, tables
// for other programs. The tree is Boost.JSON's; only json.cpp includes its headers. (Experiment
// files go through the library, which keeps the place of every value for its messages.) Thread
// safety: values; concurrent reads are fine.
#pragma once

#include "common/sizes.hpp"

#include <boost/json/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace widelimit::apps {

/// One JSON value, or a part of a larger one, which it keeps alive. Readers are forgiving: what is
/// missing or of another type is null, so that a report of a run that failed half-way shows what
/// there is.
class Json {
 public:
  /// A list that grows by push_back().
  class Array;
  /// Members in the order in which they were set.
  class Object;

  /// null
  Json() = default;
  Json(std::same_as<bool> auto value) : Json(Scalar{}, value) {}                  // NOLINT: values
  Json(std::signed_integral auto value) : Json(Scalar{}, std::int64_t{value}) {}  // NOLINT: are
  Json(std::unsigned_integral auto value)                                         // NOLINT: JSON
      requires(!std::same_as<decltype(value), bool>)
      : Json(Scalar{}, std::uint64_t{value}) {}
  /// NaN is null, infinities are "inf" and "-inf"; a whole number is written without a point.
  Json(double value);                                                // NOLINT
  Json(std::string_view value);                                      // NOLINT
  Json(const std::string& value) : Json(std::string_view(value)) {}  // NOLINT
  Json(const char* value) : Json(std::string_view(value)) {}         // NOLINT
  template <class T>
  Json(const std::vector<T>& values) {  // NOLINT
    become_array();
    for (const T& value : values) append(value);
  }

  /// Throws Error(usage) that says where the text stops being JSON; `name` is what the message
  /// calls the text.
  static Json parse(std::string_view text, const std::string& name);
  /// The same of a file; throws Error(io) where it cannot be read.
  static Json read(const std::filesystem::path& file);

  [[nodiscard]] bool is_null() const noexcept;
  [[nodiscard]] bool is_object() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] bool is_string() const noexcept;
  [[nodiscard]] bool is_number() const noexcept;
  /// Does an object have this member? One that is null counts.
  [[nodiscard]] bool contains(std::string_view key) const noexcept;
  /// A member of an object; null where there is none.
  [[nodiscard]] Json operator[](std::string_view key) const;
  [[nodiscard]] Json operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  /// An element of an array, counted from 0; null where there is none.
  [[nodiscard]] Json operator[](std::integral auto index) const { return element(to_size(index)); }
  /// Of an array or object; 0 of anything else.
  [[nodiscard]] std::size_t size() const noexcept;
  /// The elements of an array; none of anything else.
  [[nodiscard]] std::vector<Json> elements() const;
  /// The members of an object in the order of the file; none of anything else.
  [[nodiscard]] std::vector<std::pair<std::string, Json>> members() const;
  /// A string; the default of anything else.
  [[nodiscard]] std::string text(std::string_view otherwise = {}) const;
  /// A number, or one of the strings "inf", "-inf"; NaN of anything else.
  [[nodiscard]] double number() const noexcept;
  /// A whole number; 0 of anything else.
  [[nodiscard]] std::int64_t integer() const noexcept;
  [[nodiscard]] bool boolean(bool otherwise = false) const noexcept;

  /// As JSON text. Real numbers have the fewest digits that read back the same; bytes that are not
  /// UTF-8 become U+FFFD.
  [[nodiscard]] std::string one_line() const;
  /// With every member and element of the outer `levels` on a line of its own.
  [[nodiscard]] std::string indented(int levels) const;
  /// With what fits on a line of `width` characters on one.
  [[nodiscard]] std::string wrapped(std::size_t width) const;

 private:
  struct Scalar {};
  Json(Scalar, bool value);
  Json(Scalar, std::int64_t value);
  Json(Scalar, std::uint64_t value);
  Json(std::shared_ptr<boost::json::value> document, const boost::json::value* value);

  [[nodiscard]] Json element(std::size_t index) const;
  void become_array();
  void become_object();
  void append(const Json& element);
  void set_member(std::string_view key, const Json& value);
  /// The value, shared with no other Json.
  boost::json::value& own();

  std::shared_ptr<boost::json::value> document_;
  /// In the document; NULL: null.
  const boost::json::value* value_ = nullptr;
};

class Json::Array : public Json {
 public:
  Array() { become_array(); }
  void push_back(const Json& element) { append(element); }
};

class Json::Object : public Json {
 public:
  Object() { become_object(); }
  /// A copy of a value that is_object().
  explicit Object(const Json& value) : Json(value) {}
  Object(std::initializer_list<std::pair<std::string_view, Json>> members) : Object() {
    for (const auto& [key, value] : members) set_member(key, value);
  }
  /// Adds the member, or replaces the one of that name.
  void set(std::string_view key, const Json& value) { set_member(key, value); }
};

}  // namespace widelimit::apps
