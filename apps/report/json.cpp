// Reading the program's JSON, and writing parts of it for people.
#include "json.hpp"

#include <widelimit/error.hpp>

#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>

namespace widelimit::report {
namespace {

constexpr std::size_t page_width = 88;

std::string indented(const experiment::Json& value, std::size_t depth) {
  std::string line = value.text();
  const bool is_container = value.object() != nullptr || value.array() != nullptr;
  if (!is_container || (depth > 0 && 2 * depth + line.size() < page_width)) return line;
  const std::string inside(2 * depth + 2, ' ');
  std::string text, separator = "\n";
  const auto add = [&](const std::string& entry) {
    text += separator + inside + entry;
    separator = ",\n";
  };
  if (const experiment::Json::Object* object = value.object()) {
    for (const auto& [key, member] : *object)
      add(experiment::Json(key).text() + ": " + indented(member, depth + 1));
    return "{" + text + "\n" + std::string(2 * depth, ' ') + "}";
  }
  for (const experiment::Json& element : *value.array()) add(indented(element, depth + 1));
  return "[" + text + "\n" + std::string(2 * depth, ' ') + "]";
}

}  // namespace

Json::Json(std::shared_ptr<const experiment::Json> document, const experiment::Json* value)
    : document_(std::move(document)), value_(value) {}

Json Json::read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorCode::io, "cannot read " + file.string());
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  try {
    auto document =
        std::make_shared<const experiment::Json>(experiment::Json::parse(text, file.string()));
    const experiment::Json* const value = document.get();
    return {std::move(document), value};
  } catch (const Error& error) {
    std::vector<Problem> problems = error.problems();
    problems.front().message =
        "not a JSON document (" + problems.front().message +
        "): written by another program, or damaged; run the experiment again";
    throw Error(error.code(), std::move(problems));
  }
}

bool Json::is_null() const noexcept { return value_ == nullptr || value_->is_null(); }
bool Json::is_object() const noexcept { return value_ != nullptr && value_->object() != nullptr; }
bool Json::is_array() const noexcept { return value_ != nullptr && value_->array() != nullptr; }
bool Json::is_number() const noexcept { return value_ != nullptr && value_->number() != nullptr; }

Json Json::operator[](std::string_view key) const {
  return {document_, value_ == nullptr ? nullptr : value_->find(key)};
}

std::vector<Json> Json::elements() const {
  std::vector<Json> result;
  if (is_array())
    for (const experiment::Json& element : *value_->array())
      result.push_back(Json(document_, &element));
  return result;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> result;
  if (is_object())
    for (const auto& [key, member] : *value_->object())
      result.emplace_back(key, Json(document_, &member));
  return result;
}

std::string Json::text(std::string_view otherwise) const {
  const std::string* const string = value_ == nullptr ? nullptr : value_->string();
  return string == nullptr ? std::string(otherwise) : *string;
}

double Json::number() const noexcept {
  const std::string* digits = value_ == nullptr ? nullptr : value_->number();
  if (digits == nullptr && value_ != nullptr) digits = value_->string();
  double number = std::numeric_limits<double>::quiet_NaN();
  if (digits != nullptr && (is_number() || *digits == "inf" || *digits == "-inf"))
    std::from_chars(digits->data(), digits->data() + digits->size(), number);
  return number;
}

bool Json::boolean(bool otherwise) const noexcept {
  const bool* const boolean = value_ == nullptr ? nullptr : value_->boolean();
  return boolean == nullptr ? otherwise : *boolean;
}

std::string Json::compact() const { return value_ == nullptr ? "null" : value_->text(); }
std::string Json::pretty() const { return value_ == nullptr ? "null" : indented(*value_, 0); }

}  // namespace widelimit::report
