// The bytes of a file from its beginning, uncompressed if the file is gzip.
#pragma once

#include "files/input_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace widelimit::detail {

/// Deflate compresses at most by this factor (RFC 1951: 258 bytes for two bits).
inline constexpr std::int64_t best_compression = 1032;

/// The most bytes that a file can hold once it is uncompressed.
[[nodiscard]] std::int64_t largest_text(const InputFile& file);

class ByteStream {
 public:
  /// `file` must outlive the stream.
  explicit ByteStream(const InputFile& file);
  ~ByteStream();

  /// The next bytes, at most `most`; fewer only at the end. Throws Error(usage) if the stream is
  /// damaged or truncated, or if bytes follow it that are not gzip.
  [[nodiscard]] std::size_t read(void* to, std::size_t most);
  /// Bytes of the file that were taken so far, compressed ones for gzip.
  [[nodiscard]] std::int64_t bytes_read() const noexcept { return offset_; }

  [[nodiscard]] static bool is_gzip(const InputFile& file);
  /// The length that the end of a gzip file states, of its last member, modulo 2^32 (RFC 1952).
  [[nodiscard]] static std::uint32_t stated_length(const InputFile& file);

 private:
  [[nodiscard]] bool fill();
  void next_member();

  struct State;
  const InputFile& file_;
  std::int64_t offset_ = 0;         // in the file
  std::unique_ptr<State> inflate_;  // NULL: the file is not compressed
};

}  // namespace widelimit::detail
