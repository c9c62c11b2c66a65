// Temporary names, and the errors of writing.
#include "data/new_file.hpp"

#include <widelimit/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace widelimit::detail {

namespace {

// A hidden name beside the final one, of this process (its id) and of this attempt.
std::filesystem::path temporary_beside(const std::filesystem::path& final_path, long attempt) {
  std::string name(1, '.');
  name += final_path.filename().string();
  for (const long part : {static_cast<long>(::getpid()), attempt}) {
    name += '.';
    name += std::to_string(part);
  }
  name += ".tmp";
  return final_path.parent_path() / name;
}

const char* advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space or choose another folder";
    case EFBIG:
      return "; the file would exceed the largest size that is allowed here";
    case ENOENT:
    case ENOTDIR:
      return "; its folder does not exist";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; choose a folder that may be written to";
    default:
      return "";
  }
}

}  // namespace

NewFile::NewFile(std::filesystem::path final_path) : final_(std::move(final_path)) {
  for (long attempt = 0; fd_ < 0; ++attempt) {
    temporary_ = temporary_beside(final_, attempt);
    fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) fail(errno);
  }
}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void NewFile::fail(int error) const {
  std::string message = final_.string();
  message += " cannot be written: ";
  message += std::system_category().message(error);
  message += advice(error);
  message += ". Nothing of it was left behind.";
  throw Error(ErrorCode::io, message);
}

void NewFile::claim(std::int64_t bytes) {
  int error;
  do {
    error = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
  } while (error == EINTR);
  if (error != 0) fail(error);
}

void NewFile::write_at(std::int64_t offset, const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::pwrite(fd_, from, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno);
    from += n;
    offset += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

void NewFile::commit() {
  if (::fsync(fd_) != 0) fail(errno);
  if (::close(std::exchange(fd_, -1)) != 0 || ::rename(temporary_.c_str(), final_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail(error);
  }
}

}  // namespace widelimit::detail
