// Reading plain files directly and gzip through zlib.
#include "files/byte_stream.hpp"

#include <widelimit/error.hpp>

#include <zlib.h>

#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace widelimit::detail {

namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::int64_t best_compression = 1032;  // of deflate (RFC 1951: 258 bytes for two bits)

}  // namespace

struct ByteStream::Gzip {
  struct Close {
    void operator()(gzFile gz) const { ::gzclose_r(gz); }
  };
  std::unique_ptr<gzFile_s, Close> handle;
};

bool is_gzip(const InputFile& file) {
  char head[gzip_magic.size()];
  return std::string_view(head, file.read_some(0, head, sizeof head)) == gzip_magic;
}

std::int64_t largest_text(const InputFile& file) {
  return is_gzip(file) ? file.size() * best_compression : file.size();
}

ByteStream::ByteStream(const InputFile& file) : file_(file) {
  if (!is_gzip(file)) return;
  gzip_ = std::make_unique<Gzip>();
  const int fd = file.descriptor();
  gzip_->handle.reset(::gzdopen(fd, "rb"));
  if (gzip_->handle) return;
  ::close(fd);
  throw Error(ErrorCode::memory, "no memory to uncompress \"" + file.path().string() + "\"");
}

ByteStream::~ByteStream() = default;

std::int64_t ByteStream::bytes_read() const noexcept {
  return gzip_ ? std::max<std::int64_t>(::gzoffset(gzip_->handle.get()), 0) : offset_;
}

std::size_t ByteStream::read(char* to, std::size_t most) {
  if (!gzip_) {
    const std::size_t got = file_.read_some(offset_, to, most);
    offset_ += static_cast<std::int64_t>(got);
    return got;
  }
  const int got = ::gzread(gzip_->handle.get(), to, static_cast<unsigned>(most));
  int code = Z_OK;
  const std::string reason = ::gzerror(gzip_->handle.get(), &code);
  if (code == Z_ERRNO)
    throw Error(ErrorCode::io, "\"" + file_.path().string() + "\" cannot be read: " + reason, {},
                {.path = file_.path()});
  if (code == Z_BUF_ERROR) refuse(file_.path(), "is truncated: its gzip stream ends too early");
  if (code != Z_OK && code != Z_STREAM_END)
    refuse(file_.path(), "is damaged: its gzip stream cannot be uncompressed (" + reason + ")");
  return static_cast<std::size_t>(std::max(got, 0));
}

}  // namespace widelimit::detail
