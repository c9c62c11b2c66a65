// Creates a file, allocates its space, writes it and renames it.
#include "files/new_file.hpp"

#include "files/writing.hpp"

#include <widelimit/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace widelimit::detail {

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
  message += advice_on(error);
  message += ". Nothing of it was left behind.";
  throw Error(ErrorCode::io, message, {}, {.path = final_});
}

void NewFile::claim(std::int64_t bytes) {
  if (const int error = claim_bytes(fd_, bytes); error != 0) fail(error);
}

void NewFile::write_at(std::int64_t offset, const void* data, std::size_t bytes) {
  if (const int error = write_bytes(fd_, offset, data, bytes); error != 0) fail(error);
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
