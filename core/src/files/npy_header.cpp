// Reading and writing the headers of .npy files.
#include "files/npy_header.hpp"

#include "base/sizes.hpp"
#include "files/input_file.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t most_axes = 32;  // NumPy's own limit for long
constexpr std::int64_t longest_text = 1
                                      << 20;  // of a header; NumPy's own are about a hundred bytes

// The dictionary in Python's notation, key by key.
class HeaderParser {
 public:
  HeaderParser(const ByteSource& file, std::string_view text, std::int64_t text_offset)
      : file_(file), text_(text), text_offset_(text_offset) {}

  void parse(NpyHeader& header) {
    std::set<std::string> seen;
    std::string descr;
    expect('{');
    while (!accept('}')) {
      const std::string key = string("a key in quotes, or }");
      if (!seen.insert(key).second) fail("the key '" + key + "' appears twice");
      expect(':');
      if (key == "descr")
        descr = type();
      else if (key == "fortran_order")
        header.fortran_order = boolean();
      else if (key == "shape")
        header.shape = shape();
      else
        fail("the key '" + key + "' is not one of descr, fortran_order, shape");
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("expected nothing but spaces after the dictionary");
    for (const char* key : {"descr", "fortran_order", "shape"})
      if (!seen.contains(key)) fail(std::string("the key '") + key + "' is missing");
    const std::optional<NpyNumber> number = npy_number(descr);
    if (!number) file_.refuse(npy_type_refusal(descr, header.shape));
    header.number = *number;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    file_.refuse("the .npy header is damaged at byte " +
                 std::to_string(text_offset_ + static_cast<std::int64_t>(at_)) + ": " + message);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  [[nodiscard]] bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected ") + c);
  }
  [[nodiscard]] std::string string(const char* expected) {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail(std::string("expected ") + expected);
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a quote is not closed");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    for (const char c : inside)
      if (c < ' ' || c > '~' || c == '\\') fail("a string holds unexpected characters");
    at_ = end + 1;
    return std::string(inside);
  }
  [[nodiscard]] bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  [[nodiscard]] bool boolean() {
    skip_space();
    if (word("True")) return true;
    if (word("False")) return false;
    fail("fortran_order: expected True or False");
  }
  [[nodiscard]] std::int64_t length() {
    skip_space();
    const std::size_t begin = at_;
    std::int64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const int digit = text_[at_] - '0';
      if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10)
        fail("an axis of the shape is too long for any memory");
      value = 10 * value + digit;
    }
    if (at_ == begin) fail("shape: expected a length of an axis (digits)");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // a long of Python 2
    return value;
  }
  [[nodiscard]] std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> axes;
    expect('(');
    while (!accept(')')) {
      axes.push_back(length());
      if (axes.size() > most_axes) fail("the shape has more than 32 axes");
      if (!accept(',')) {
        if (axes.size() == 1) fail("expected a comma: a shape of one axis is (n,)");
        expect(')');
        break;
      }
    }
    return axes;
  }
  [[nodiscard]] std::string type() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') file_.refuse(npy_fields_refusal());
    return string("the type of the numbers in quotes");
  }

  const ByteSource& file_;
  std::string_view text_;
  std::int64_t text_offset_;
  std::size_t at_ = 0;
};

// Checks what follows the header against the shape; the product is formed without overflow.
void check_shape(const ByteSource& file, const NpyHeader& header) {
  const std::string shape = shape_text(header.shape);
  if (header.shape.empty())
    file.refuse("holds a single number of shape (); expected an array [sample, ...]");
  if (header.count() == 0) file.refuse("has no samples: its shape is " + shape);
  if (std::find(header.shape.begin(), header.shape.end(), 0) != header.shape.end())
    file.refuse("is empty: its shape " + shape + " has an axis of length 0");
  const std::int64_t available = file.size() - header.data_offset;
  constexpr std::int64_t uncountable = std::numeric_limits<std::int64_t>::max();
  std::int64_t needed = bytes_of(header.number.type);
  for (const std::int64_t axis : header.shape)
    needed = needed > uncountable / axis ? uncountable : needed * axis;
  if (needed == available) return;
  file.refuse(
      (needed < available ? "has bytes after its array" : "is truncated (or its header is wrong)") +
      std::string(": the shape ") + shape + " promises " +
      (needed == uncountable ? "more bytes than can be counted" : bytes_text(needed)) +
      " of numbers, the file holds " + bytes_text(available));
}

}  // namespace

std::int64_t NpyHeader::features() const noexcept {
  std::int64_t product = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) product *= shape[axis];
  return product;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

NpyHeader read_npy_header(const ByteSource& file) {
  if (file.size() == 0) file.refuse("is empty; expected an .npy file");
  std::array<unsigned char, 12> head{};
  const std::size_t got = file.read_some(0, head.data(), head.size());
  const auto begins =
      std::equal(magic.begin(), magic.end(), head.begin(),
                 [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  if (!begins) {
    refuse_other_kind(file, "an .npy file");
    file.refuse(
        "is not an .npy file: it does not begin with \\x93NUMPY; expected an array "
        "saved by numpy.save");
  }
  if (got < 10) file.refuse("is truncated inside the .npy header");
  const int major = head[6], minor = head[7];
  if (major < 1 || major > 3 || minor != 0)
    file.refuse("is an .npy file of version " + std::to_string(major) + "." +
                std::to_string(minor) + "; versions 1.0, 2.0 and 3.0 are read");
  const std::int64_t text_offset = major == 1 ? 10 : 12;
  std::int64_t length = head[8] + 256 * std::int64_t{head[9]};
  if (major > 1) length += 65536 * (head[10] + 256 * std::int64_t{head[11]});
  if (length > file.size() - text_offset) file.refuse("is truncated inside the .npy header");
  if (length > longest_text)
    file.refuse("has an .npy header of " + bytes_text(length) + "; at most " +
                bytes_text(longest_text) + " are read");
  std::string text(to_size(length), '\0');
  file.read(text_offset, text.data(), text.size());
  NpyHeader header;
  header.data_offset = text_offset + length;
  HeaderParser(file, text, text_offset).parse(header);
  check_shape(file, header);
  return header;
}

std::string npy_header_text(NpyType type, const std::vector<std::int64_t>& shape) {
  std::string text = std::string("{'descr': '") +
                     (type == NpyType::float32   ? "<f4"
                      : type == NpyType::float64 ? "<f8"
                                                 : "|u1") +
                     "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  constexpr std::size_t front = 10;  // magic, version 1.0, two bytes of length
  text.append((64 - (front + text.size() + 1) % 64) % 64, ' ');
  text += '\n';
  std::string head(magic);
  head += {'\1', '\0', static_cast<char>(text.size() % 256), static_cast<char>(text.size() / 256)};
  return head + text;
}

}  // namespace widelimit::detail
