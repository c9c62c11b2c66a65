// A file under a temporary name in the same folder, renamed when it is complete. AtomicFile and
// KernelFiles share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace widelimit::detail {

/// Every failure is Error(io) with the name, the system's reason and what remains on disk. Without
/// commit() the file is removed.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path final_path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Allocates disk space for that many bytes, which read as zeros.
  void claim(std::int64_t bytes);
  /// May be called from several threads.
  void write_at(std::int64_t offset, const void* data, std::size_t bytes);
  /// Waits until the bytes are on the disk, then renames the file to its final name. Call it once.
  /// (Whether the rename survives a power cut depends on the file system; in both cases the file is
  /// complete.)
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path final_, temporary_;
  int fd_ = -1;
};

}  // namespace widelimit::detail
