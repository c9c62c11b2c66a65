// Reading IDX files; zlib reads plain files as they are.
#include "data/idx_reader.hpp"

#include "files/npy_header.hpp"

#include <widelimit/error.hpp>

#include <zlib.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <string>

namespace widelimit::detail {

namespace {

constexpr std::size_t chunk_bytes = 1 << 18;
constexpr std::int64_t best_compression = 1032;  // of deflate (RFC 1951: 258 bytes for two bits)
constexpr int unsigned_bytes = 0x08;

// The bytes of a file from its beginning, uncompressed.
class Stream {
 public:
  explicit Stream(const InputFile& file) : file_(file) {
    const int fd = file.descriptor();
    gz_.reset(::gzdopen(fd, "rb"));
    if (!gz_) {
      ::close(fd);
      throw Error(ErrorCode::memory, "no memory to uncompress \"" + file.path().string() + "\"");
    }
    ::gzbuffer(gz_.get(), chunk_bytes);
  }
  // At most chunk_bytes; fewer only at the end of the stream.
  [[nodiscard]] std::size_t read(std::uint8_t* to, std::size_t bytes) {
    const int got = ::gzread(gz_.get(), to, static_cast<unsigned>(bytes));
    int code = Z_OK;
    const std::string reason = ::gzerror(gz_.get(), &code);
    if (code == Z_ERRNO)
      throw Error(ErrorCode::io, "\"" + file_.path().string() + "\" cannot be read: " + reason, {},
                  {.path = file_.path()});
    if (code == Z_BUF_ERROR) refuse(file_.path(), "is truncated: its gzip stream ends too early");
    if (code != Z_OK && code != Z_STREAM_END)
      refuse(file_.path(), "is damaged: its gzip stream cannot be uncompressed (" + reason + ")");
    return static_cast<std::size_t>(std::max(got, 0));
  }

 private:
  struct Close {
    void operator()(gzFile gz) const { ::gzclose_r(gz); }
  };
  const InputFile& file_;
  std::unique_ptr<gzFile_s, Close> gz_;
};

std::string type_name(int type) {
  static const std::map<int, const char*> names = {{0x09, "signed bytes"},
                                                   {0x0b, "16-bit integers"},
                                                   {0x0c, "32-bit integers"},
                                                   {0x0d, "float32"},
                                                   {0x0e, "float64"}};
  const auto known = names.find(type);
  return known == names.end() ? "numbers of the unknown type " + std::to_string(type)
                              : known->second;
}

// The size of header and array in bytes, or a number larger than any file.
std::int64_t promised_bytes(const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = 1;
  for (const std::int64_t axis : shape) {
    if (bytes > (std::numeric_limits<std::int64_t>::max() >> 8) / axis)
      return std::numeric_limits<std::int64_t>::max();
    bytes *= axis;
  }
  return bytes + 4 + 4 * static_cast<std::int64_t>(shape.size());
}

}  // namespace

IdxReader::IdxReader(const std::filesystem::path& path) : file_(path) {
  if (file_.size() == 0) refuse(path, "is empty; expected an IDX file");
  std::array<std::uint8_t, 2> first{};
  compressed_ = file_.read_some(0, first.data(), 2) == 2 && first[0] == 0x1f && first[1] == 0x8b;
  Stream stream(file_);
  std::array<std::uint8_t, 4> head{};
  const std::size_t got = stream.read(head.data(), head.size());
  if (got < 4 || head[0] != 0 || head[1] != 0)
    refuse(path,
           "is not an IDX file: it does not begin with two zero bytes, a type and a number of "
           "axes");
  if (head[2] != unsigned_bytes)
    refuse(path, "holds " + type_name(head[2]) + "; only IDX files of unsigned bytes can be read");
  const std::size_t axes = head[3];
  if (axes < 1 || axes > 4)
    refuse(path,
           "has " + std::to_string(axes) + " axes; expected 1 for labels, 3 for images, at most 4");
  for (std::size_t a = 0; a < axes; ++a) {
    if (stream.read(head.data(), 4) < 4) refuse(path, "is truncated inside its IDX header");
    shape_.push_back((std::int64_t{head[0]} << 24) | (head[1] << 16) | (head[2] << 8) | head[3]);
  }
  const std::string shape = shape_text(shape_);
  if (count() == 0) refuse(path, "has no samples: its shape is " + shape);
  if (std::find(shape_.begin(), shape_.end(), 0) != shape_.end())
    refuse(path, "is empty: its shape " + shape + " has an axis of length 0");
  const std::int64_t promised = promised_bytes(shape_);
  if (!compressed_ && promised != file_.size())
    refuse(path, (promised > file_.size() ? "is truncated (or its header is wrong)"
                                          : "has bytes after its array") +
                     std::string(": the shape ") + shape + " promises a file of " +
                     bytes_text(promised) + ", it has " + bytes_text(file_.size()));
  if (compressed_ && promised / best_compression > file_.size())
    refuse(path, "is truncated (or its header is wrong): the shape " + shape + " promises " +
                     bytes_text(promised) + ", which " + bytes_text(file_.size()) +
                     " of gzip cannot hold");
}

std::int64_t IdxReader::features() const noexcept {
  std::int64_t product = 1;
  for (std::size_t axis = 1; axis < shape_.size(); ++axis) product *= shape_[axis];
  return product;
}

void IdxReader::read(std::int64_t begin, std::int64_t count, WorkDone& numbers,
                     const std::function<void(const std::uint8_t*, std::size_t)>& take) const {
  Stream stream(file_);
  std::vector<std::uint8_t> chunk(chunk_bytes);
  const auto pass = [&](std::int64_t bytes, bool wanted) {
    while (bytes > 0) {
      numbers.check();
      const auto ask = static_cast<std::size_t>(
          std::min<std::int64_t>(bytes, static_cast<std::int64_t>(chunk.size())));
      if (stream.read(chunk.data(), ask) < ask)
        refuse(file_.path(), "is truncated: the shape " + shape_text(shape_) +
                                 " promises more than its gzip stream holds");
      if (wanted) {
        take(chunk.data(), ask);
        numbers.add(static_cast<std::int64_t>(ask));
      }
      bytes -= static_cast<std::int64_t>(ask);
    }
  };
  pass(4 + 4 * static_cast<std::int64_t>(shape_.size()) + begin * features(), false);
  pass(count * features(), true);
  if (begin + count == this->count() && stream.read(chunk.data(), 1) != 0)
    refuse(file_.path(), "has bytes after its array: the shape " + shape_text(shape_) +
                             " promises fewer than its gzip stream holds");
}

}  // namespace widelimit::detail
