// The only file that includes Boost.JSON: its incremental parser checks the syntax and decodes
// strings; the handler below builds our tree and finds out where each value begins.
#include "json/parse.hpp"

#include "base/sizes.hpp"
#include "json/syntax.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

namespace json = boost::json;

constexpr bool is_number_character(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// Receives the events of one text. The parser does not report its position, but events arrive in
/// the order of the text. A cursor that skips separators is therefore at the token of each event.
class TreeBuilder {
 public:
  static constexpr std::size_t max_array_size = max_values;
  static constexpr std::size_t max_object_size = max_values;
  static constexpr std::size_t max_string_size = max_string_bytes;
  static constexpr std::size_t max_key_size = max_key_bytes;

  TreeBuilder(std::string_view text, std::uint32_t source, Report& report)
      : text_(text), source_(source), report_(&report) {}

  [[nodiscard]] Value take() { return std::move(root_); }
  [[nodiscard]] bool too_many_values() const noexcept { return count_ > max_values; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(Value::Object{}); }
  bool on_array_begin(json::error_code&) { return open(Value::Array{}); }
  bool on_array_end(std::size_t, json::error_code& ec) { return close(ec); }

  bool on_object_end(std::size_t, json::error_code& ec) {
    refuse_duplicates(*open_.back().object());
    return close(ec);
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    string_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view last, std::size_t, json::error_code& ec) {
    string_.append(last.data(), last.size());
    const Origin at = begin_token();
    skip_string();
    if (string_.find('\0') != std::string::npos)
      report_->add(at, path(), "U+0000 is not allowed in a string");
    return add({std::exchange(string_, {}), at}, ec);
  }

  bool on_key_part(json::string_view part, std::size_t n, json::error_code& ec) {
    return on_string_part(part, n, ec);
  }
  bool on_key(json::string_view last, std::size_t, json::error_code&) {
    string_.append(last.data(), last.size());
    const Origin at = begin_token();
    skip_string();
    // Keys become pointers in messages, which a terminal shows.
    if (replace_controls(string_))
      report_->add(at, container_path(), "a key must not contain control characters");
    keys_.push_back({std::exchange(string_, {}), at});
    return true;
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& ec) { return add_number(0, ec); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) {
    return add_number(0, ec);
  }
  bool on_double(double number, json::string_view, json::error_code& ec) {
    return add_number(number, ec);
  }
  bool on_bool(bool value, json::error_code& ec) {
    const Origin at = begin_token();
    cursor_ += value ? 4 : 5;
    return add({value, at}, ec);
  }
  bool on_null(json::error_code& ec) {
    const Origin at = begin_token();
    cursor_ += 4;
    return add({std::monostate{}, at}, ec);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Key {
    std::string text;
    Origin origin;
  };

  Origin begin_token() {
    while (cursor_ < text_.size() &&
           std::string_view(" \t\r\n,:]}").find(text_[cursor_]) != std::string_view::npos)
      ++cursor_;
    return {source_, static_cast<std::uint32_t>(cursor_)};
  }

  void skip_string() {
    for (++cursor_; cursor_ < text_.size() && text_[cursor_] != '"'; ++cursor_)
      if (text_[cursor_] == '\\') ++cursor_;
    ++cursor_;
  }

  template <class Container>
  bool open(Container&& container) {
    const Origin at = begin_token();
    ++cursor_;
    open_.push_back({std::forward<Container>(container), at});
    return true;
  }

  bool close(json::error_code& ec) {
    Value value = std::move(open_.back());
    open_.pop_back();
    return add(std::move(value), ec);
  }

  bool add(Value value, json::error_code& ec) {
    if (++count_ > max_values) {
      ec = json::error::array_too_large;
      return false;
    }
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* items = open_.back().array()) {
      items->push_back(std::move(value));
    } else {
      open_.back().object()->push_back(
          {std::move(keys_.back().text), keys_.back().origin, std::move(value)});
      keys_.pop_back();
    }
    return true;
  }

  /// From the literal, not from the parser's number: Boost 1.81 rounds some doubles by an ulp.
  /// `parsed` distinguishes a number that is too large (infinite) from one that is too small
  /// (zero).
  bool add_number(double parsed, json::error_code& ec) {
    const Origin at = begin_token();
    const std::size_t begin = cursor_;
    while (cursor_ < text_.size() && is_number_character(text_[cursor_])) ++cursor_;
    const std::string_view literal = text_.substr(begin, cursor_ - begin);
    const char* end = literal.data() + literal.size();
    std::int64_t whole = 0;
    const auto [stop, error] = std::from_chars(literal.data(), end, whole);
    const bool negative_zero = whole == 0 && literal.front() == '-';
    if (error == std::errc{} && stop == end && !negative_zero) return add({whole, at}, ec);
    double number = 0;
    if (std::from_chars(literal.data(), end, number).ec == std::errc::result_out_of_range) {
      number = 0;
      if (std::abs(parsed) >= 1) {
        number = std::numeric_limits<double>::quiet_NaN();  // NaN is not reported again
        report_->add(at, path(),
                     "the number " + in_quotes(literal) +
                         " is too large for float64 (largest: 1.7976931348623157e308)");
      }
    }
    Value value{number, at};
    if (stop == end && error == std::errc::result_out_of_range)
      value.digits = std::make_shared<const std::string>(literal);
    return add(std::move(value), ec);
  }

  void refuse_duplicates(Value::Object& members) {
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].key < members[b].key; });
    bool found = false;
    for (std::size_t i = 1; i < order.size(); ++i) {
      const Member& m = members[order[i]];
      if (members[order[i - 1]].key != m.key) continue;
      found = true;
      report_->add(m.origin, child(container_path(), m.key),
                   "the key " + in_quotes(m.key) + " is given twice in this object; remove one");
    }
    if (!found) return;
    Value::Object unique;
    for (std::size_t i = 0; i < order.size(); ++i)
      if (i == 0 || members[order[i - 1]].key != members[order[i]].key)
        unique.push_back(std::move(members[order[i]]));
    members = std::move(unique);
  }

  /// The pointer to the innermost open array or object.
  [[nodiscard]] std::string container_path() const {
    std::string pointer;
    std::size_t key = 0;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      if (const auto* items = open_[i].array())
        pointer = child(pointer, items->size());
      else
        pointer = child(pointer, keys_[key++].text);
    }
    return pointer;
  }

  /// The pointer to the value that is being read.
  [[nodiscard]] std::string path() const {
    if (open_.empty()) return {};
    if (const auto* items = open_.back().array()) return child(container_path(), items->size());
    const auto objects = to_size(std::count_if(
        open_.begin(), open_.end(), [](const Value& v) { return v.object() != nullptr; }));
    return keys_.size() == objects ? child(container_path(), keys_.back().text) : container_path();
  }

  std::string_view text_;
  std::uint32_t source_;
  Report* report_;
  std::size_t cursor_ = 0, count_ = 0;
  Value root_;
  std::vector<Value> open_;
  std::vector<Key> keys_;
  std::string string_;
};

/// Describes an error of the parser that concerns a limit; empty if it concerns the grammar.
std::string limit_message(const json::error_code& ec, bool too_many_values) {
  if (too_many_values)
    return "more than " + std::to_string(max_values) + " values; a configuration has far fewer";
  if (ec == json::error::too_deep)
    return "more than " + std::to_string(max_depth) + " levels of nested lists and objects";
  if (ec == json::error::exponent_overflow) return "a number with an exponent out of range";
  if (ec == json::error::string_too_large) return "a string longer than 1 MiB";
  if (ec == json::error::key_too_large) return "a key longer than 1 KiB";
  if (ec == json::error::array_too_large || ec == json::error::object_too_large)
    return "a list or object with too many entries";
  if (ec == json::error::illegal_leading_surrogate ||
      ec == json::error::illegal_trailing_surrogate || ec == json::error::expected_utf16_escape)
    return half_a_pair;
  if (ec == json::error::expected_hex_digit) return "\\u is followed by four hexadecimal digits";
  return {};
}

}  // namespace

std::optional<Value> parse_json(const SourceTexts& texts, std::uint32_t source, Report& report) {
  const SourceText& origin = texts.at(source);
  const std::string_view text = origin.text();
  const auto at = [source](std::size_t offset) {
    return Origin{source, static_cast<std::uint32_t>(offset)};
  };
  if (text.size() > max_bytes) {
    report.add(at(0), {}, "larger than 16 MiB; data belong in files of their own");
    return std::nullopt;
  }
  if (const SyntaxProblem refused = explain_encoding(text); !refused.message.empty()) {
    report.add(at(refused.offset), {}, refused.message);
    return std::nullopt;
  }

  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<TreeBuilder> parser(options, text, source, report);
  json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read == text.size()) return parser.handler().take();

  if (std::string limit = limit_message(ec, parser.handler().too_many_values()); !limit.empty()) {
    report.add(at(read), {}, std::move(limit));
    return std::nullopt;
  }
  const SyntaxProblem problem = explain_syntax(text, read, [&](std::size_t offset) {
    const Position p = origin.position(offset);
    return p.line == 0 ? "character " + std::to_string(offset + 1)
                       : "line " + std::to_string(p.line) + ", column " + std::to_string(p.column);
  });
  report.add(at(problem.offset), {}, problem.message);
  return std::nullopt;
}

}  // namespace widelimit::detail
