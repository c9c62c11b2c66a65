// One writer a directory: a lock that the system takes back when its process ends, however it ends.
// Thread safety: one thread at a time.
#pragma once

#include <filesystem>
#include <string>

namespace widelimit::experiment {

/// Holds the directory's file ".lock", in which the process that holds it is named, while it lives.
class DirectoryLock {
 public:
  static constexpr const char* file_name = ".lock";

  /// Throws Error(io) with the process where another one holds the directory, and where the file
  /// cannot be made.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  /// Why nothing is locked, on a file system without locks; empty: it is.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::string problem_;
};

}  // namespace widelimit::experiment
