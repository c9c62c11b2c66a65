// One writer for each directory: a lock that the system releases when its process ends, however it
// ends. Our own code, because the file locks of Boost.Interprocess cannot name the process that
// holds them.
// Thread safety: one thread at a time.
#pragma once

#include <filesystem>
#include <string>

namespace widelimit::experiment {

/// Holds the file ".lock" of a directory, which contains the number of the holding process.
class DirectoryLock {
 public:
  static constexpr const char* file_name = ".lock";

  /// Throws Error(io) where another process, which it names, holds the directory, and where the
  /// file cannot be created.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  /// Why the directory is not locked (a file system without locks); empty: it is locked.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::string problem_;
};

}  // namespace widelimit::experiment
