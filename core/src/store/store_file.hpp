// The file of a store: locked, read and written in place, and the errors of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace widelimit::detail {

/// Failures are Error(io) with the file's name and the system's reason.
class StoreFile {
 public:
  enum class Access { write, read };
  /// Opens and locks: alone for writing, with other readers for reading. Throws Error(usage) where
  /// there is no such file, Error(io) that names the process which has it.
  StoreFile(std::filesystem::path path, Access access);
  /// A new file of that many bytes, which read as zeros and are claimed on the disk, locked; it has
  /// its name, and what `fill` wrote, at once or not at all. Where another process was faster, or
  /// `replace` is not set and the file exists, that file is left and opened. Replacing keeps the
  /// lock of `this` until the new file has its name.
  static StoreFile create(const std::filesystem::path& path, std::int64_t bytes, bool replace,
                          const std::function<void(StoreFile&)>& fill);
  ~StoreFile();
  StoreFile(StoreFile&& other) noexcept;
  StoreFile& operator=(StoreFile&& other) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  [[nodiscard]] std::int64_t size() const;
  /// As many bytes as there are, at most `most`.
  [[nodiscard]] std::size_t read_some(std::int64_t offset, void* to, std::size_t most) const;
  void read(std::int64_t offset, void* to, std::size_t bytes) const;
  /// From any thread.
  void write(std::int64_t offset, const void* data, std::size_t bytes);
  /// Waits until everything written is on the disk.
  void sync();
  /// Makes the file that long; what is new reads as zeros and is claimed.
  void resize(std::int64_t bytes);

 private:
  StoreFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  void lock(Access access) const;
  [[noreturn]] void fail(const char* what, int error) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace widelimit::detail
