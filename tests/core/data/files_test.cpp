// Files that are whole or not there, and kernels written tile by tile.
#include <widelimit/experiment/files.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

// No file of this process grows beyond that many bytes while this is alive: a full disk in small.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

template <class T>
T entry(std::int64_t i, std::int64_t j) {
  return static_cast<T>(std::min(i, j) * 10000 + std::max(i, j));
}

constexpr std::int64_t side = 32;

// All tiles of a symmetric kernel of entries `scale` x entry(i, j), by several threads, shuffled.
template <class T>
void put_symmetric(KernelFiles& files, std::int64_t n) {
  std::vector<std::pair<std::int64_t, std::int64_t>> tiles;
  for (std::int64_t i = 0; i < n; i += side)
    for (std::int64_t j = i; j < n; j += side) tiles.push_back({i, j});
  std::shuffle(tiles.begin(), tiles.end(), std::mt19937(1));
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<T> nngp(side * side), ntk(side * side);
      for (std::size_t k = next++; k < tiles.size(); k = next++) {
        const auto [row, col] = tiles[k];
        const std::int64_t rows = std::min(side, n - row), cols = std::min(side, n - col);
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < cols; ++j) {
            const auto at = static_cast<std::size_t>(i * side + j);
            nngp[at] = entry<T>(row + i, col + j);
            ntk[at] = -entry<T>(row + i, col + j);
          }
        files.put(Tile::of<T>({row, col, rows, cols}, {nngp.data(), ntk.data()}, side, row != col));
      }
    });
  for (std::thread& t : threads) t.join();
}

template <class T>
void check_symmetric(const std::filesystem::path& file, std::int64_t n, T sign) {
  const auto m = BasicMatrix<T>::read_npy(file);
  REQUIRE(m.rows() == n);
  REQUIRE(m.cols() == n);
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) wrong += m(i, j) != sign * entry<T>(i, j);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a file appears at commit, whole, and replaces an earlier one") {
  const Folder folder;
  const auto file = folder.with("f.txt", "old");
  {
    AtomicFile out(file);
    out.write("new ");
    out.write(std::string(1 << 20, 'x'));
    CHECK(bytes_of_file(file) == "old");
    out.write(" end", 4);
    out.commit();
    CHECK(bytes_of_file(file) == "new " + std::string(1 << 20, 'x') + " end");
  }
  CHECK(folder.entries() == 1);
  write_file(folder / "g.txt", "");
  CHECK(bytes_of_file(folder / "g.txt").empty());
  CHECK(folder.entries() == 2);
}

TEST_CASE("without commit nothing is left behind") {
  const Folder folder;
  {
    AtomicFile out(folder / "f.txt");
    out.write("half");
    KernelFiles kernels({folder / "a.npy", folder / "b.npy"}, 10, 10, Precision::float64);
    CHECK(folder.entries() == 3);
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("failures of writing name the file and the system's reason") {
  const Folder folder;
  const Error missing = error_of([&] { write_file(folder / "none/f.txt", "x"); });
  CHECK(missing.code() == ErrorCode::io);
  CHECK(missing.what() == (folder / "none/f.txt").string() +
                              " cannot be written: No such file or directory; its folder does not "
                              "exist. Nothing of it was left behind.");
  std::filesystem::create_directory(folder / "taken");
  CHECK(contains(error_of([&] { write_file(folder / "taken", "x"); }).what(), "Is a directory"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk that fills up while writing leaves nothing behind") {
  const Folder folder;
  folder.with("f.txt", "old");
  const SmallDisk disk(100000);
  const Error error = error_of([&] { write_file(folder / "f.txt", std::string(200000, 'x')); });
  CHECK(error.code() == ErrorCode::io);
  CHECK(contains(error.what(), "File too large"));
  CHECK(bytes_of_file(folder / "f.txt") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk too small for a kernel is an error before any tile") {
  const Folder folder;
  const SmallDisk disk(100000);
  const Error error = error_of([&] {
    KernelFiles files({folder / "a.npy", folder / "b.npy"}, 1000, 1000, Precision::float32);
  });
  CHECK(error.code() == ErrorCode::io);
  CHECK(contains(error.what(), "a.npy cannot be written: File too large"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("kernels arrive tile by tile from several threads, mirrored below the diagonal") {
  const Folder folder;
  constexpr std::int64_t n = 201;  // tiles at the edge are ragged
  {
    KernelFiles files({folder / "nngp.npy", folder / "ntk.npy"}, n, n, Precision::float64);
    put_symmetric<double>(files, n);
    CHECK_FALSE(std::filesystem::exists(folder / "nngp.npy"));
    files.commit();
  }
  check_symmetric<double>(folder / "nngp.npy", n, 1);
  check_symmetric<double>(folder / "ntk.npy", n, -1);
  {
    KernelFiles files({.nngp = {}, .ntk = folder / "ntk32.npy"}, n, n, Precision::float32);
    put_symmetric<float>(files, n);
    files.commit();
  }
  check_symmetric<float>(folder / "ntk32.npy", n, -1);
  CHECK(folder.entries() == 3);
}

TEST_CASE("the file of a kernel is the file of the same matrix") {
  const Folder folder;
  Matrix m(3, 5);
  for (std::int64_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<double>(i);
  m.write_npy(folder / "m.npy");
  KernelFiles files({.nngp = folder / "k.npy", .ntk = {}}, 3, 5, Precision::float64);
  files.put(Tile::of<double>({0, 0, 3, 2}, {m.data(), nullptr}, 5, false));
  files.put(Tile::of<double>({0, 2, 3, 3}, {m.data() + 2, nullptr}, 5, false));
  files.commit();
  CHECK(bytes_of_file(folder / "k.npy") == bytes_of_file(folder / "m.npy"));
}

TEST_CASE("a kernel with missing tiles is not saved") {
  const Folder folder;
  {
    KernelFiles files({.nngp = folder / "k.npy", .ntk = {}}, 4, 4, Precision::float64);
    const std::vector<double> tile(8);
    const auto tile_at = [&](std::int64_t row) {
      return Tile::of<double>({row, 0, 2, 4}, {tile.data(), nullptr}, 4, false);
    };
    files.put(tile_at(0));
    const Error error = error_of([&] { files.commit(); });
    CHECK(error.code() == ErrorCode::internal);
    CHECK(contains(error.what(), "8 of its entries are missing"));
    CHECK(error_of([&] { files.put(tile_at(3)); }).code() == ErrorCode::internal);
  }
  CHECK(folder.entries() == 0);
}
