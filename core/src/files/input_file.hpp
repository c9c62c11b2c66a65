// Files that are read: opened once, their size known before anything is allocated for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace widelimit::detail {

/// Throws Error(usage) about a data file; line and column where the file has them (from 1).
[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& message,
                         int line = 0, int column = 0);

/// "1 byte", "12 bytes".
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

class InputFile {
 public:
  /// Throws Error(usage) with the system's reason where it cannot be opened, is a folder, or has no
  /// size (a pipe, a terminal).
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  /// Exactly `bytes` bytes from `offset` on; throws Error(io) where they cannot be had.
  void read(std::int64_t offset, void* to, std::size_t bytes) const;
  /// As many as there are, at most `most`.
  [[nodiscard]] std::size_t read_some(std::int64_t offset, void* to, std::size_t most) const;
  /// For libraries that read by themselves: a new descriptor at the start of the file, the caller's
  /// to close.
  [[nodiscard]] int descriptor() const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace widelimit::detail
