// Any bytes as a tile store: a store that reads, or Error(usage) that names the file; and any
// damage to a good one is mended to the same bytes or refused. The first byte of an input says what
// it is: the bytes of a file, the same with the header's checksum made right, or damage to a good
// store (two bytes its new length, then triples: two bytes where, one byte what is there).
#include "claims.hpp"

#include <widelimit/store.hpp>

#include "store/checksum.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using fuzz::claim;

// A file that lives in memory; stores open it by its path.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes) : fd_(::memfd_create("fuzz", 0)) {
    claim(
        fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
        "there is memory for the input", {});
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  [[nodiscard]] std::string bytes() const {
    std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    claim(::pread(fd_, all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()),
          "the file can be read", {});
    return all;
  }

 private:
  int fd_;
};

template <class Call>
bool accepted(const std::string& path, Call&& call) {
  try {
    call();
    return true;
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "bad input is a usage error", e.what());
    claim(e.problems().front().file == path, "a problem names the file", e.what());
    return false;
  }
}

StoreSpec small() {
  StoreSpec spec;
  spec.rows = spec.cols = 20;
  spec.symmetric = true;
  spec.precision = Precision::float32;
  spec.tile_side = 8;
  spec.origin = {{"layer 1", "dense"}, {"samples", "20"}};
  return spec;
}

void fill(KernelStore& store) {
  float block[64];
  for (std::int64_t row = 0; row < 20; row += 8)
    for (std::int64_t col = row; col < 20; col += 8) {
      const std::int64_t rows = std::min<std::int64_t>(8, 20 - row),
                         cols = std::min<std::int64_t>(8, 20 - col);
      if (store.has({row, col, rows, cols})) continue;
      for (std::int64_t i = 0; i < 8; ++i)
        for (std::int64_t j = 0; j < 8; ++j)
          block[i * 8 + j] = static_cast<float>(row + col + i + j);
      store.put(Tile::of<float>({row, col, rows, cols}, {block, block}, 8, row != col));
    }
  store.commit();
}

const std::string& good() {
  static const std::string bytes = [] {
    const std::string name = "/dev/shm/widelimit-fuzz-" + std::to_string(::getpid());
    std::string all;
    {
      KernelStore store(name, small());
      fill(store);
    }
    {
      const StoreReader reader(name);
      claim(reader.verify().empty(), "a store that was just written is whole", {});
    }
    std::FILE* file = std::fopen(name.c_str(), "rb");
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
      all.push_back(static_cast<char>(c));
    std::fclose(file);
    ::unlink(name.c_str());
    return all;
  }();
  return bytes;
}

void read_everything(const std::string& path) {
  accepted(path, [&] {
    const StoreReader reader(path);
    const StoreSpec& s = reader.spec();
    claim(reader.done() <= reader.tiles(), "no more tiles are there than the store has", {});
    static_cast<void>(reader.verify());
    std::vector<double> row(static_cast<std::size_t>(s.cols));
    for (std::int64_t i = 0; i < s.rows; ++i)
      accepted(path, [&] {
        reader.read(s.kernels.nngp ? Kernel::nngp : Kernel::ntk, i, 0, 1, s.cols, row.data(),
                    s.cols);
      });
  });
}

void mend(const std::string& bytes) {
  const MemoryFile file(bytes);
  if (!accepted(file.path(), [&] {
        KernelStore store(file.path(), small());
        claim(store.done() <= store.tiles(), "no more tiles are there than the store has", {});
        fill(store);
      })) {
    claim(file.bytes() == bytes, "what is refused is left alone", {});
    return;
  }
  claim(file.bytes() == good(), "what is mended is the same as what was never damaged", {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::uint8_t kind = data[0] % 3;
  if (kind == 2) {
    std::string bytes = good();
    const std::size_t length = data[1] + 256U * data[2];
    if (length != 0) bytes.resize(length);
    for (std::size_t at = 3; at + 3 <= size; at += 3) {
      const std::size_t where = data[at] + 256U * data[at + 1];
      if (where < bytes.size()) bytes[where] = static_cast<char>(data[at + 2]);
    }
    const MemoryFile file(bytes);
    read_everything(file.path());
    mend(bytes);
    return 0;
  }
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  std::uint32_t header = 0;
  if (kind == 1 && bytes.size() >= 128) {
    std::memcpy(&header, bytes.data() + 12, sizeof header);
    if (header >= 128 && header <= bytes.size()) {
      const detail::Checksum sum = detail::checksum(bytes.data(), header - 16, 0);
      std::memcpy(bytes.data() + header - 16, sum.data(), sum.size());
    }
  }
  const MemoryFile file(bytes);
  read_everything(file.path());
  return 0;
}
