// Bytes that are read by offset: a file, or a member of an archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace widelimit::detail {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The file, also if the bytes are only a part of it.
  [[nodiscard]] virtual const std::filesystem::path& path() const noexcept = 0;
  [[nodiscard]] virtual std::int64_t size() const noexcept = 0;
  /// Reads the bytes that exist, at most `most`.
  [[nodiscard]] virtual std::size_t read_some(std::int64_t offset, void* to,
                                              std::size_t most) const = 0;
  /// Reads exactly `bytes` bytes from `offset` on. Throws Error if that fails. A compressed member
  /// is read from its beginning if `offset` lies before the end of the last call.
  virtual void read(std::int64_t offset, void* to, std::size_t bytes) const = 0;
  /// What messages call these bytes: "x.npy" in quotes, or the part of a file.
  [[nodiscard]] std::string name() const;
  /// Throws Error(usage) about these bytes: the message names the file and the part of it.
  [[noreturn]] void refuse(const std::string& message) const;

 private:
  /// The part of the file, as in array "x"; empty: the whole file.
  [[nodiscard]] virtual std::string part() const { return {}; }
};

/// Throws Error(usage) if the bytes begin like a file of a known kind that is not expected here, as
/// in "is a gzip file, but an .npy file is expected: unpack it with gunzip".
void refuse_other_kind(const ByteSource& bytes, std::string_view expected);

}  // namespace widelimit::detail
