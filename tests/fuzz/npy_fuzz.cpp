// Any bytes as an .npy file, an .npz archive or an IDX file: numbers that the bytes can hold, or
// Error(usage) that names the file.
// Seeds: the arrays in tests/golden.
#include "claims.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace widelimit;
using fuzz::claim;

// A file that lives in memory; readers open it by its path.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* bytes, std::size_t size) : fd_(::memfd_create("fuzz", 0)) {
    claim(fd_ >= 0 && ::write(fd_, bytes, size) == static_cast<ssize_t>(size),
          "there is memory for the input", {});
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

template <class Call>
void may_be_refused(const std::string& path, Call&& call) {
  try {
    call();
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "bad input is a usage error", e.what());
    claim(e.problems().front().file == path, "a problem names the file", e.what());
    claim(printable(e.what()) == e.what(), "a terminal can show the message", e.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const MemoryFile file(bytes, size);
  const std::string path = file.path();
  may_be_refused(path, [&] {
    const Matrix m = Matrix::read_npy(path);
    const MatrixF f = MatrixF::read_npy(path);
    claim(m.rows() == f.rows() && m.cols() == f.cols(), "both precisions see one shape", {});
    claim(m.size() > 0 && static_cast<std::size_t>(m.size()) < size, "numbers take bytes", {});
  });
  for (const SourceType type : {SourceType::npy, SourceType::npz, SourceType::idx})
    may_be_refused(path, [&] {
      DataSpec spec;
      spec.train.type = type;
      spec.train.x = spec.train.y = path;
      spec.train.x_array = "x";
      spec.train.y_array = "y";
      const DataShape shape = inspect_data(spec, {}).train;
      const Dataset data = load_data(spec, 0).train;
      claim(data.x.count() == shape.count && data.x.features() == shape.sample.features() &&
                data.y.cols() == shape.outputs,
            "the data are what their headers say", {});
    });
  return 0;
}
