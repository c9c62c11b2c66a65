// System calls, and the process that holds a lock.
#include "store/store_file.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "files/input_file.hpp"
#include "files/writing.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace widelimit::detail {

namespace {

std::string reason(int error) { return std::system_category().message(error); }

std::string advice(int error) {
  return error == ENOSPC || error == EDQUOT ? "; free some space, then resume the run"
                                            : advice_on(error);
}

Remedy remedy_of(int error) {
  return error == ENOSPC || error == EDQUOT ? Remedy::resume : Remedy::none;
}

// The process that holds the lock, from the list of the operating system: "1: FLOCK ADVISORY WRITE
// PID MAJOR:MINOR:INODE 0 EOF" (proc(5)). Empty if it is not listed.
std::string owner_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  std::ifstream locks("/proc/locks");
  std::string best;
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, strictness, access, process, device_and_inode;
    if (!(words >> number >> kind >> strictness >> access >> process >> device_and_inode) ||
        kind != "FLOCK")
      continue;
    unsigned major = 0, minor = 0;
    unsigned long inode = 0;
    if (std::sscanf(device_and_inode.c_str(), "%x:%x:%lu", &major, &minor, &inode) != 3 ||
        inode != status.st_ino)
      continue;
    // Some file systems show another device than stat does; then only the inode can be compared.
    if (::makedev(major, minor) == status.st_dev) return process;
    best = process;
  }
  return best;
}

bool same_file(int fd, const std::filesystem::path& path) {
  struct stat open {
  }, named{};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

// Writes the folder's entry for the name to the disk. Some file systems cannot do this, so errors
// are ignored.
void sync_folder(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

void StoreFile::fail(const char* what, int error) const {
  throw Error(ErrorCode::io,
              path_.string() + " cannot be " + what + ": " + reason(error) + advice(error) +
                  ". The tiles that were in it are kept.",
              {}, {.path = path_, .remedy = remedy_of(error)});
}

StoreFile::StoreFile(std::filesystem::path path, Access access) : path_(std::move(path)) {
  do {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), (access == Access::write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd_ < 0 && errno == ENOENT) refuse(path_, "does not exist");
    if (fd_ < 0) fail("opened", errno);
    try {
      lock(access);
    } catch (...) {
      ::close(std::exchange(fd_, -1));
      throw;
    }
  } while (!same_file(fd_, path_));  // replaced between open and lock
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(std::exchange(fd_, -1));
    refuse(path_, "is not a file");
  }
}

StoreFile::~StoreFile() {
  if (fd_ >= 0) ::close(fd_);
}
StoreFile::StoreFile(StoreFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
StoreFile& StoreFile::operator=(StoreFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

void StoreFile::lock(Access access) const {
  const int kind = access == Access::write ? LOCK_EX : LOCK_SH;
  int status;
  do {
    status = ::flock(fd_, kind | LOCK_NB);
  } while (status != 0 && errno == EINTR);
  if (status == 0) return;
  if (errno != EWOULDBLOCK) fail("locked", errno);
  const std::string owner = owner_of(fd_);
  throw Error(ErrorCode::io,
              path_.string() + " is in use by " +
                  (owner.empty() ? "another process" : "process " + owner) +
                  "; wait until that run has ended, or end it",
              {}, {.path = path_});
}

StoreFile StoreFile::create(const std::filesystem::path& path, std::int64_t bytes, bool replace,
                            const std::function<void(StoreFile&)>& fill) {
  StoreFile file(path, -1);
  std::filesystem::path temporary;
  for (int attempt = 0; file.fd_ < 0; ++attempt) {
    temporary = temporary_beside(path, attempt);
    file.fd_ = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file.fd_ < 0 && errno != EEXIST) file.fail("written", errno);
  }
  int error = 0;
  try {
    file.lock(Access::write);
    if (error = claim_bytes(file.fd_, bytes); error != 0)
      throw Error(ErrorCode::io,
                  path.string() + " cannot be made: it needs " + bytes_text(bytes) +
                      " on the disk: " + reason(error) + advice(error),
                  {}, {.path = path, .remedy = remedy_of(error)});
    fill(file);
    file.sync();
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const unsigned flags = replace ? 0U : static_cast<unsigned>(RENAME_NOREPLACE);
  error = ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), flags) == 0 ? 0 : errno;
  if (error == EINVAL && !replace)  // the file system does not support RENAME_NOREPLACE
    error = ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  if (error != 0) ::unlink(temporary.c_str());
  if (error == EEXIST) return StoreFile(path, Access::write);
  if (error != 0) file.fail("written", error);
  sync_folder(path);
  return file;
}

std::int64_t StoreFile::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) fail("read", errno);
  return status.st_size;
}

std::size_t StoreFile::read_some(std::int64_t offset, void* to, std::size_t most) const {
  char* out = static_cast<char*>(to);
  std::size_t got = 0;
  while (got < most) {
    const ssize_t n = ::pread(fd_, out + got, most - got,
                              static_cast<off_t>(offset + static_cast<std::int64_t>(got)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", errno);
    if (n == 0) break;
    got += to_size(n);
  }
  return got;
}

void StoreFile::read(std::int64_t offset, void* to, std::size_t bytes) const {
  if (read_some(offset, to, bytes) != bytes) refuse(path_, "became shorter while it was read");
}

void StoreFile::write(std::int64_t offset, const void* data, std::size_t bytes) {
  if (const int error = write_bytes(fd_, offset, data, bytes); error != 0) fail("written", error);
}

void StoreFile::sync() {
  if (::fdatasync(fd_) != 0) fail("written", errno);
}

void StoreFile::resize(std::int64_t bytes) {
  if (size() > bytes && ::ftruncate(fd_, static_cast<off_t>(bytes)) != 0) fail("shortened", errno);
  if (const int error = claim_bytes(fd_, bytes); error != 0) fail("written", error);
}

}  // namespace widelimit::detail
