// flock(2) on a file that is removed with the lock.
#include "lock.hpp"

#include <widelimit/error.hpp>

#include "common/sizes.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace widelimit::experiment {
namespace {

std::string reason(int error) { return std::system_category().message(error); }

/// "process 1234", from what the holder has written.
std::string holder(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = pread(fd, text.data(), text.size(), 0);
  std::string digits(text.data(), got > 0 ? to_size(got) : 0);
  digits.resize(std::min(digits.find_first_not_of("0123456789"), digits.size()));
  return digits.empty() ? "another process" : "process " + digits;
}

/// Does `path` still name the open file? Its holder may have removed it before we had the lock.
bool is_file(int fd, const std::filesystem::path& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(fd, &ours) == 0 && stat(path.c_str(), &there) == 0 && ours.st_dev == there.st_dev &&
         ours.st_ino == there.st_ino;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory)
    : file_(directory / file_name) {
  for (;;) {
    fd_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0)
      throw Error(ErrorCode::io, directory.string() + ": cannot be used as the output directory: " +
                                     reason(errno) + "; name another one with --out");
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      if (error == EWOULDBLOCK) {
        const std::string who = holder(fd_);
        close(fd_);
        throw Error(ErrorCode::io,
                    directory.string() + ": in use by another run (" + who +
                        "); wait until that run ends, or name another directory with --out");
      }
      problem_ = directory.string() + ": cannot be locked (" + reason(error) +
                 "), so make sure that no other run uses it";
      return;
    }
    if (is_file(fd_, file_)) break;
    close(fd_);
  }
  // The number is only for messages: a disk too full for it does not matter.
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(fd_, 0) == 0) static_cast<void>(!pwrite(fd_, text.data(), text.size(), 0));
}

DirectoryLock::~DirectoryLock() {
  unlink(file_.c_str());  // while it is locked: nobody else can hold it
  close(fd_);
}

}  // namespace widelimit::experiment
