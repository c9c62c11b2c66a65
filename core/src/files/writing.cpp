// Repeats calls that the system interrupts.
#include "files/writing.hpp"

#include "base/sizes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace widelimit::detail {

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

int claim_bytes(int fd, std::int64_t bytes) {
  int error;
  do {
    error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  } while (error == EINTR);
  return error;
}

int write_bytes(int fd, std::int64_t offset, const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::pwrite(fd, from, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    from += n;
    offset += n;
    bytes -= to_size(n);
  }
  return 0;
}

const char* advice_on(int error) {
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

}  // namespace widelimit::detail
