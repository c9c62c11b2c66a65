// The file of a store: locks it, reads and writes it in place, and reports errors.
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
  /// Opens and locks the file: exclusively for writing, shared with other readers for reading.
  /// Throws Error(usage) if the file does not exist, and Error(io) with the id of the process that
  /// has locked it.
  StoreFile(std::filesystem::path path, Access access);
  /// Creates and locks a file of that many bytes, which read as zeros and are allocated on the
  /// disk. The file appears under its name together with the contents that `fill` wrote, or not at
  /// all. If the file exists and `replace` is not set, or another process was faster, that file is
  /// opened unchanged. Replacing keeps the lock of `this` until the new file has its name.
  static StoreFile create(const std::filesystem::path& path, std::int64_t bytes, bool replace,
                          const std::function<void(StoreFile&)>& fill);
  ~StoreFile();
  StoreFile(StoreFile&& other) noexcept;
  StoreFile& operator=(StoreFile&& other) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  [[nodiscard]] std::int64_t size() const;
  /// Reads the bytes that exist, at most `most`.
  [[nodiscard]] std::size_t read_some(std::int64_t offset, void* to, std::size_t most) const;
  void read(std::int64_t offset, void* to, std::size_t bytes) const;
  /// Any thread may call it.
  void write(std::int64_t offset, const void* data, std::size_t bytes);
  /// Waits until all written bytes are on the disk.
  void sync();
  /// Sets the length of the file. New bytes read as zeros and are allocated on the disk.
  void resize(std::int64_t bytes);

 private:
  StoreFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  void lock(Access access) const;
  [[noreturn]] void fail(const char* what, int error) const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace widelimit::detail
