// Passes complete characters on.
#include "printable_stream.hpp"

#include <widelimit/error.hpp>

#include "common/sizes.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::program {
namespace {

/// How many bytes at the end may begin a character of UTF-8 that goes on.
std::size_t incomplete_bytes(const std::string& text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

PrintableStream::PrintableStream(std::ostream& stream)
    : stream_(stream), target_(stream.rdbuf(this)) {}

PrintableStream::~PrintableStream() {
  const bool written = write(true);
  stream_.rdbuf(target_);
  if (!written) stream_.setstate(std::ios::badbit);
}

PrintableStream::int_type PrintableStream::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof()))
    return traits_type::not_eof(character);
  const char one = traits_type::to_char_type(character);
  return xsputn(&one, 1) == 1 ? character : traits_type::eof();
}

std::streamsize PrintableStream::xsputn(const char* text, std::streamsize length) {
  pending_.append(text, to_size(length));
  return write(false) ? length : 0;
}

int PrintableStream::sync() { return write(false) && target_->pubsync() == 0 ? 0 : -1; }

bool PrintableStream::write(bool all) {
  const std::size_t kept = all ? 0 : incomplete_bytes(pending_);
  const std::string text = printable(std::string_view(pending_).substr(0, pending_.size() - kept));
  pending_.erase(0, pending_.size() - kept);
  const auto length = static_cast<std::streamsize>(text.size());
  return target_->sputn(text.data(), length) == length;
}

}  // namespace widelimit::program
