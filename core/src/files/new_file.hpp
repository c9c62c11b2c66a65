// A file in the making: a temporary name in the same folder, renamed when it is whole. What
// AtomicFile and KernelFiles share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace widelimit::detail {

/// Every failure is Error(io) with the name, the system's reason and what was kept. Without
/// commit() nothing is left behind.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path final_path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Claims disk space for that many bytes; they read as zeros.
  void claim(std::int64_t bytes);
  /// May be called from several threads.
  void write_at(std::int64_t offset, const void* data, std::size_t bytes);
  /// Waits until the bytes are on the disk, then renames onto the final name. Once. (Whether the
  /// rename survives a power cut is the file system's affair; either way the file is whole.)
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path final_, temporary_;
  int fd_ = -1;
};

}  // namespace widelimit::detail
