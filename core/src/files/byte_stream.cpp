// Uncompresses gzip with zlib's inflate: gzread ignores what follows the stream, and a file that
// goes on after it is damaged.
#include "files/byte_stream.hpp"

#include <widelimit/error.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::size_t chunk_bytes = 1 << 18;
constexpr int gzip_window = 15 + 16;  // zlib: the largest window, and a header of gzip

bool begins_gzip(const unsigned char* bytes) { return bytes[0] == 0x1f && bytes[1] == 0x8b; }

}  // namespace

std::int64_t largest_text(const InputFile& file) {
  return ByteStream::is_gzip(file) ? file.size() * best_compression : file.size();
}

struct ByteStream::State {
  State() : input(chunk_bytes) {
    if (::inflateInit2(&stream, gzip_window) != Z_OK)
      throw Error(ErrorCode::memory, "no memory to uncompress a gzip file");
  }
  ~State() { ::inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  z_stream stream{};
  std::vector<unsigned char> input;
  bool ended = false;  // the last member
};

ByteStream::ByteStream(const InputFile& file) : file_(file) {
  if (is_gzip(file)) inflate_ = std::make_unique<State>();
}

ByteStream::~ByteStream() = default;

bool ByteStream::is_gzip(const InputFile& file) {
  std::array<unsigned char, 2> first{};
  return file.read_some(0, first.data(), first.size()) == first.size() && begins_gzip(first.data());
}

std::uint32_t ByteStream::stated_length(const InputFile& file) {
  std::array<unsigned char, 4> last{};
  if (file.size() < 18) return 0;  // the shortest gzip file: 10 bytes before the data, 8 after them
  file.read(file.size() - 4, last.data(), last.size());
  std::uint32_t length = 0;
  for (std::size_t i = last.size(); i-- > 0;) length = length << 8 | last[i];
  return length;
}

bool ByteStream::fill() {
  z_stream& stream = inflate_->stream;
  std::vector<unsigned char>& input = inflate_->input;
  std::copy_n(stream.next_in, stream.avail_in, input.begin());
  const std::size_t more =
      file_.read_some(offset_, input.data() + stream.avail_in, input.size() - stream.avail_in);
  offset_ += static_cast<std::int64_t>(more);
  stream.next_in = input.data();
  stream.avail_in += static_cast<uInt>(more);
  return more > 0;
}

// A gzip file is one member after another (RFC 1952, 2.2).
void ByteStream::next_member() {
  z_stream& stream = inflate_->stream;
  while (stream.avail_in < 2 && fill()) continue;
  if (stream.avail_in == 0) {
    inflate_->ended = true;
    return;
  }
  if (stream.avail_in < 2 || !begins_gzip(stream.next_in)) {
    const std::int64_t others = file_.size() - offset_ + std::int64_t{stream.avail_in};
    file_.refuse("has " + bytes_text(others) + " after the end of its gzip stream: is it damaged?");
  }
  ::inflateReset(&stream);
}

std::size_t ByteStream::read(void* to, std::size_t most) {
  if (!inflate_) {
    const std::size_t got = file_.read_some(offset_, to, most);
    offset_ += static_cast<std::int64_t>(got);
    return got;
  }
  z_stream& stream = inflate_->stream;
  stream.next_out = static_cast<unsigned char*>(to);
  std::size_t left = most;
  while (left > 0 && !inflate_->ended) {
    if (stream.avail_in == 0 && !fill())
      file_.refuse("is truncated: its gzip stream ends too early");
    const auto room = static_cast<uInt>(std::min<std::size_t>(left, 1u << 30));
    stream.avail_out = room;
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    left -= room - stream.avail_out;
    if (code == Z_MEM_ERROR) throw Error(ErrorCode::memory, "no memory to uncompress a gzip file");
    if (code == Z_STREAM_END)
      next_member();
    else if (code != Z_OK && code != Z_BUF_ERROR)
      file_.refuse(std::string("is damaged: its gzip stream cannot be uncompressed (") +
                   (stream.msg == nullptr ? "a dictionary is needed" : stream.msg) + ")");
  }
  return most - left;
}

}  // namespace widelimit::detail
