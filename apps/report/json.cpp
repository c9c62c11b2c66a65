// The one place of the report that knows the JSON library.
#include "json.hpp"

#include <widelimit/error.hpp>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

namespace widelimit::report {
namespace {

namespace json = boost::json;

const json::value* as(const void* value) { return static_cast<const json::value*>(value); }

Problem problem_at(const std::filesystem::path& file, std::string_view text, std::size_t offset,
                   const std::string& what) {
  Problem problem;
  problem.file = file.string();
  problem.line = problem.column = 1;
  for (const char c : text.substr(0, offset)) {
    problem.column = c == '\n' ? 1 : problem.column + 1;
    problem.line += c == '\n' ? 1 : 0;
  }
  problem.message = "not a JSON document (" + what + "): written by another program, or damaged; " +
                    "run the experiment again";
  return problem;
}

constexpr std::size_t page_width = 88;

std::string indented(const json::value& value, std::size_t depth) {
  std::string line = json::serialize(value);
  const bool is_container = value.is_object() || value.is_array();
  if (!is_container || (depth > 0 && 2 * depth + line.size() < page_width)) return line;
  const std::string inside(2 * depth + 2, ' ');
  std::string text, separator = "\n";
  const auto add = [&](const std::string& entry) {
    text += separator + inside + entry;
    separator = ",\n";
  };
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, member] : *object)
      add(json::serialize(json::string(key)) + ": " + indented(member, depth + 1));
    return "{" + text + "\n" + std::string(2 * depth, ' ') + "}";
  }
  for (const json::value& element : value.get_array()) add(indented(element, depth + 1));
  return "[" + text + "\n" + std::string(2 * depth, ' ') + "]";
}

}  // namespace

Json Json::read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorCode::io, "cannot read " + file.string());
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  json::stream_parser parser;
  json::error_code error;
  const std::size_t read = parser.write_some(text, error);
  if (!error) parser.finish(error);
  if (error) {
    throw Error(ErrorCode::usage,
                std::vector<Problem>{problem_at(file, text, read, error.message())});
  }
  const std::string_view rest = std::string_view(text).substr(read);
  if (const std::size_t extra = rest.find_first_not_of(" \t\r\n");
      extra != std::string_view::npos) {
    throw Error(ErrorCode::usage,
                std::vector<Problem>{problem_at(file, text, read + extra, "text after its end")});
  }
  auto document = std::make_shared<const json::value>(parser.release());
  Json result;
  result.value_ = document.get();
  result.document_ = std::move(document);
  return result;
}

bool Json::is_null() const noexcept { return value_ == nullptr || as(value_)->is_null(); }
bool Json::is_object() const noexcept { return value_ != nullptr && as(value_)->is_object(); }
bool Json::is_array() const noexcept { return value_ != nullptr && as(value_)->is_array(); }
bool Json::is_number() const noexcept { return value_ != nullptr && as(value_)->is_number(); }

Json Json::operator[](std::string_view key) const {
  Json result;
  if (is_object()) {
    result.document_ = document_;
    result.value_ = as(value_)->get_object().if_contains(key);
  }
  return result;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> result;
  if (!is_array()) return result;
  for (const json::value& element : as(value_)->get_array()) {
    Json& entry = result.emplace_back();
    entry.document_ = document_;
    entry.value_ = &element;
  }
  return result;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> result;
  if (!is_object()) return result;
  for (const auto& [key, member] : as(value_)->get_object()) {
    Json entry;
    entry.document_ = document_;
    entry.value_ = &member;
    result.emplace_back(std::string(key), std::move(entry));
  }
  return result;
}

std::string Json::text(std::string_view otherwise) const {
  const json::string* string = value_ == nullptr ? nullptr : as(value_)->if_string();
  return string == nullptr ? std::string(otherwise) : std::string(*string);
}

double Json::number() const noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (value_ == nullptr) return nan;
  const json::value& value = *as(value_);
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (const json::string* string = value.if_string()) {
    if (*string == "inf") return infinity;
    if (*string == "-inf") return -infinity;
  }
  return nan;
}

bool Json::boolean(bool otherwise) const noexcept {
  return value_ != nullptr && as(value_)->is_bool() ? as(value_)->get_bool() : otherwise;
}

std::string Json::compact() const {
  return value_ == nullptr ? "null" : json::serialize(*as(value_));
}
std::string Json::pretty() const { return value_ == nullptr ? "null" : indented(*as(value_), 0); }

}  // namespace widelimit::report
