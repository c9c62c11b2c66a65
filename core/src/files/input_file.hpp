// Files that are read. A file is opened once, and its size is known before memory is allocated for
// it.
#pragma once

#include "files/byte_source.hpp"

#include <cstddef>
#include <widelimit/error.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace widelimit::detail {

/// Throws Error(usage) about a data file; with line and column (from 1) if the file has lines.
[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& message,
                         int line = 0, int column = 0);

/// The same, with what its users can do.
[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& message,
                         Remedy remedy);

/// "1 byte", "12 bytes".
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

class InputFile final : public ByteSource {
 public:
  /// Throws Error(usage) with the system's reason if it cannot be opened, is a folder, or has no
  /// size (a pipe, a terminal).
  explicit InputFile(std::filesystem::path path);
  ~InputFile() override;
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept override { return path_; }
  [[nodiscard]] std::int64_t size() const noexcept override { return size_; }
  [[nodiscard]] std::size_t read_some(std::int64_t offset, void* to,
                                      std::size_t most) const override;
  /// Throws Error(io) if the file became shorter.
  void read(std::int64_t offset, void* to, std::size_t bytes) const override;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace widelimit::detail
