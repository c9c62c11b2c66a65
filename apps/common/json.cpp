// Boost.JSON behind a class: the tree and the parser are its own, the printer is ours, because that
// of Boost 1.81 writes 1.2E0, on one line.
#include "json.hpp"

#include "escape.hpp"
#include "numbers.hpp"

#include <widelimit/error.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

namespace widelimit::apps {
namespace {

namespace json = boost::json;

/// Deeper than anything this program writes; a reader that recurses must stop somewhere.
constexpr std::size_t max_depth = 100;

/// Builds the tree as boost::json::parser does, but for real numbers: those of Boost 1.81 differ
/// from what is written in the last digit.
class TreeBuilder {
 public:
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = json::string::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();

  json::value take() { return stack_.release(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t n, json::error_code&) { return stack_.push_object(n), true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t n, json::error_code&) { return stack_.push_array(n), true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    return stack_.push_chars(part), true;
  }
  bool on_key(json::string_view last, std::size_t, json::error_code&) {
    return stack_.push_key(last), true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return stack_.push_chars(part), true;
  }
  bool on_string(json::string_view last, std::size_t, json::error_code&) {
    return stack_.push_string(last), true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    return stack_.push_int64(value), true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    return stack_.push_uint64(value), true;
  }
  bool on_double(double, json::string_view digits, json::error_code& ec) {
    double value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
      ec = json::error::exponent_overflow;
      return false;
    }
    return stack_.push_double(value), true;
  }
  bool on_bool(bool value, json::error_code&) { return stack_.push_bool(value), true; }
  bool on_null(json::error_code&) { return stack_.push_null(), true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  json::value_stack stack_;
};

[[noreturn]] void refuse(std::string_view text, std::size_t offset, const std::string& name,
                         const std::string& why) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t begin = before.rfind('\n') + 1;  // 0 in the first line
  throw Error(ErrorCode::usage,
              std::vector{Problem{.file = name,
                                  .line = static_cast<int>(line) + 1,
                                  .column = static_cast<int>(offset - begin) + 1,
                                  .pointer = {},
                                  .message = "not JSON from here on (" + why + ")"}});
}

void write_scalar(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      out += std::to_string(value.get_int64());
      break;
    case json::kind::uint64:
      out += std::to_string(value.get_uint64());
      break;
    case json::kind::string:
      out += json_quoted(value.get_string());
      break;
    case json::kind::double_: {
      const std::string digits = number_text(value.get_double());
      out += digits;
      if (digits.find_first_of(".e") == std::string::npos) out += ".0";
      break;
    }
    default:
      out += "null";
  }
}

/// Calls `add` with the key of each member, empty for elements of an array, and with the value.
template <class Add>
void for_each_child(const json::value& value, Add add) {
  if (const json::object* object = value.if_object()) {
    for (const json::key_value_pair& member : *object)
      add(json_quoted(member.key()) + ": ", member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) add(std::string(), element);
  }
}

/// `is_broken(value, depth)`: does each child of this value get a line of its own?
template <class IsBroken>
void write(std::string& out, const json::value& value, std::size_t depth,
           const IsBroken& is_broken) {
  if (!value.is_structured()) return write_scalar(out, value);
  const bool broken = is_broken(value, depth);
  const auto break_line = [&](std::size_t levels) { out += '\n' + std::string(2 * levels, ' '); };
  out += value.is_object() ? '{' : '[';
  bool is_first = true;
  for_each_child(value, [&](const std::string& key, const json::value& child) {
    if (!is_first) out += broken ? "," : ", ";
    if (broken) break_line(depth + 1);
    out += key;
    write(out, child, depth + 1, is_broken);
    is_first = false;
  });
  if (broken && !is_first) break_line(depth);
  out += value.is_object() ? '}' : ']';
}

template <class IsBroken>
std::string written(const json::value* value, const IsBroken& is_broken) {
  std::string out;
  if (value == nullptr) return "null";
  write(out, *value, 0, is_broken);
  return out;
}

std::string line_of(const json::value& value) {
  return written(&value, [](const json::value&, std::size_t) { return false; });
}

}  // namespace

Json::Json(std::shared_ptr<json::value> document, const json::value* value)
    : document_(std::move(document)), value_(value) {}
Json::Json(Scalar, bool value) { own() = value; }
Json::Json(Scalar, std::int64_t value) { own() = value; }
Json::Json(Scalar, std::uint64_t value) { own() = value; }
Json::Json(std::string_view value) { own() = json::string_view(value.data(), value.size()); }

Json::Json(double value) {
  if (std::isnan(value)) return;
  const std::string digits = number_text(value);
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (std::isinf(value))
    own() = digits;
  else if (error == std::errc() && end == digits.data() + digits.size() && digits != "-0")
    own() = whole;
  else
    own() = value;
}

Json Json::parse(std::string_view text, const std::string& name) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<TreeBuilder> parser(options);
  json::error_code error;
  const std::size_t end = parser.write_some(false, text.data(), text.size(), error);
  if (!error && end < text.size()) error = json::error::extra_data;
  if (error) refuse(text, end, name, error.message());
  const auto document = std::make_shared<json::value>(parser.handler().take());
  return {document, document.get()};
}

Json Json::read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorCode::io, "cannot read " + file.string());
  return parse(std::string(std::istreambuf_iterator<char>(stream), {}), file.string());
}

bool Json::is_null() const noexcept { return value_ == nullptr || value_->is_null(); }
bool Json::is_object() const noexcept { return value_ != nullptr && value_->is_object(); }
bool Json::is_array() const noexcept { return value_ != nullptr && value_->is_array(); }
bool Json::is_string() const noexcept { return value_ != nullptr && value_->is_string(); }
bool Json::is_number() const noexcept { return value_ != nullptr && value_->is_number(); }

bool Json::contains(std::string_view key) const noexcept {
  return is_object() && value_->get_object().contains(json::string_view(key.data(), key.size()));
}

Json Json::operator[](std::string_view key) const {
  return {document_,
          is_object() ? value_->get_object().if_contains(json::string_view(key.data(), key.size()))
                      : nullptr};
}

Json Json::element(std::size_t index) const {
  return {document_, is_array() ? value_->get_array().if_contains(index) : nullptr};
}

std::size_t Json::size() const noexcept {
  return is_array() ? value_->get_array().size() : is_object() ? value_->get_object().size() : 0;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> all;
  if (is_array())
    for (const json::value& element : value_->get_array()) all.push_back(Json(document_, &element));
  return all;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> all;
  if (is_object())
    for (const json::key_value_pair& member : value_->get_object())
      all.emplace_back(member.key(), Json(document_, &member.value()));
  return all;
}

std::string Json::text(std::string_view otherwise) const {
  return std::string(is_string() ? std::string_view(value_->get_string()) : otherwise);
}

double Json::number() const noexcept {
  double number = std::numeric_limits<double>::quiet_NaN();
  if (is_number()) {
    json::error_code ignored;
    number = value_->to_number<double>(ignored);
  } else if (is_string() && (value_->get_string() == "inf" || value_->get_string() == "-inf")) {
    number = value_->get_string() == "inf" ? std::numeric_limits<double>::infinity()
                                           : -std::numeric_limits<double>::infinity();
  }
  return number;
}

std::int64_t Json::integer() const noexcept {
  json::error_code not_whole;
  const auto whole = is_number() ? value_->to_number<std::int64_t>(not_whole) : 0;
  return not_whole ? 0 : whole;
}

bool Json::boolean(bool otherwise) const noexcept {
  return value_ != nullptr && value_->is_bool() ? value_->get_bool() : otherwise;
}

std::string Json::one_line() const { return indented(0); }

std::string Json::indented(int levels) const {
  return written(value_, [&](const json::value&, std::size_t depth) {
    return static_cast<int>(depth) < levels;
  });
}

std::string Json::wrapped(std::size_t width) const {
  return written(value_, [&](const json::value& value, std::size_t depth) {
    return depth == 0 || 2 * depth + line_of(value).size() >= width;
  });
}

json::value& Json::own() {
  if (value_ == nullptr || document_.use_count() > 1 || value_ != document_.get()) {
    document_ = value_ == nullptr ? std::make_shared<json::value>()
                                  : std::make_shared<json::value>(*value_);
    value_ = document_.get();
  }
  return *document_;
}

void Json::become_array() { own().emplace_array(); }
void Json::become_object() { own().emplace_object(); }

void Json::append(const Json& element) {
  own().get_array().push_back(element.value_ == nullptr ? json::value() : *element.value_);
}

void Json::set_member(std::string_view key, const Json& value) {
  own().get_object().insert_or_assign(json::string_view(key.data(), key.size()),
                                      value.value_ == nullptr ? json::value() : *value.value_);
}

}  // namespace widelimit::apps
