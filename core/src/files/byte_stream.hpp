// The bytes of a text file from its beginning, uncompressed where the file is gzip.
#pragma once

#include "files/input_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace widelimit::detail {

class ByteStream {
 public:
  /// `file` must outlive the stream.
  explicit ByteStream(const InputFile& file);
  ~ByteStream();

  /// At most `most` bytes; fewer only at the end. Throws Error(usage) for a damaged or truncated
  /// gzip stream, Error(io) where the file cannot be read.
  [[nodiscard]] std::size_t read(char* to, std::size_t most);
  /// Bytes of the file that were read so far, compressed ones for gzip.
  [[nodiscard]] std::int64_t bytes_read() const noexcept;

 private:
  struct Gzip;
  const InputFile& file_;
  std::int64_t offset_ = 0;
  std::unique_ptr<Gzip> gzip_;  // NULL: the file is not compressed
};

/// Whether the file begins as gzip does (RFC 1952).
[[nodiscard]] bool is_gzip(const InputFile& file);

/// The most bytes that a file can hold once it is uncompressed.
[[nodiscard]] std::int64_t largest_text(const InputFile& file);

}  // namespace widelimit::detail
