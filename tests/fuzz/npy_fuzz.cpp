// Any bytes as an .npy file: a matrix that the bytes can hold, or Error(usage) that names the file.
// Seeds: the arrays in tests/golden.
#include <widelimit/data.hpp>
#include <widelimit/error.hpp>
#include <widelimit/matrix.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

// A file that lives in memory; readers open it by its path.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* bytes, std::size_t size) : fd_(::memfd_create("fuzz", 0)) {
    if (fd_ < 0 || ::write(fd_, bytes, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Call>
void may_be_refused(const std::string& path, Call&& call) {
  try {
    call();
  } catch (const widelimit::Error& e) {
    require(e.code() == widelimit::ErrorCode::usage);
    require(e.problems().front().file == path);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const MemoryFile file(bytes, size);
  const std::string path = file.path();
  may_be_refused(path, [&] {
    const widelimit::Matrix m = widelimit::Matrix::read_npy(path);
    const widelimit::MatrixF f = widelimit::MatrixF::read_npy(path);
    require(m.rows() == f.rows() && m.cols() == f.cols());
    require(m.size() > 0 && static_cast<std::size_t>(m.size()) < size);
  });
  may_be_refused(path, [&] {
    widelimit::DataSpec spec;
    spec.train.x = spec.train.y = path;
    const widelimit::DataShape shape = widelimit::inspect_data(spec, {}).train;
    const widelimit::TrainTest data = widelimit::load_data(spec, 0);
    require(data.train.x.count() == shape.count && data.train.y.cols() == shape.outputs);
    require(data.train.x.features() == shape.features());
  });
  return 0;
}
