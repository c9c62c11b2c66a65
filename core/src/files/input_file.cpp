// Opening and reading data files.
#include "files/input_file.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "text/names.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace widelimit::detail {

namespace {

std::string reason(int error) { return std::system_category().message(error); }

}  // namespace

void refuse(const std::filesystem::path& file, const std::string& message, int line, int column) {
  throw Error(ErrorCode::usage,
              {Problem{.file = file.string(),
                       .line = line,
                       .column = column,
                       .pointer = {},
                       .message = message}},
              {.path = file});
}

void refuse(const std::filesystem::path& file, const std::string& message, Remedy remedy) {
  throw Error(ErrorCode::usage,
              {Problem{.file = file.string(), .message = message, .remedy = remedy}},
              {.path = file});
}

std::string bytes_text(std::int64_t bytes) { return count_text(to_size(bytes), "byte"); }

InputFile::InputFile(std::filesystem::path path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) refuse("cannot be read: " + reason(errno));
  struct stat status {};
  const int failed = ::fstat(fd_, &status) == 0 ? 0 : errno;
  if (failed == 0 && S_ISREG(status.st_mode)) {
    size_ = status.st_size;
    return;
  }
  ::close(fd_);
  if (failed != 0) refuse("cannot be read: " + reason(failed));
  refuse(S_ISDIR(status.st_mode) ? "is a folder, expected a file"
                                 : "is not a regular file: save the data to a file first");
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::size_t InputFile::read_some(std::int64_t offset, void* to, std::size_t most) const {
  std::size_t got = 0;
  while (got < most) {
    const ssize_t n = ::pread(fd_, static_cast<char*>(to) + got, most - got,
                              static_cast<off_t>(offset) + static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error(ErrorCode::io, "\"" + path_.string() + "\" cannot be read: " + reason(errno), {},
                  {.path = path_});
    if (n == 0) break;
    got += to_size(n);
  }
  return got;
}

void InputFile::read(std::int64_t offset, void* to, std::size_t bytes) const {
  if (read_some(offset, to, bytes) != bytes)
    throw Error(ErrorCode::io, "\"" + path_.string() + "\" became shorter while it was read", {},
                {.path = path_});
}

}  // namespace widelimit::detail
