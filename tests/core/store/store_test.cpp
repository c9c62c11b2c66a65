// Stores from the first tile to the last: contents, sizes, growth, export.
#include <widelimit/store.hpp>

#include "core/control.hpp"
#include "core/data/files.hpp"
#include "core/store/kernels.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace widelimit;
using namespace widelimit_tests;

TEST_CASE("every number comes back from where it was put, whatever the blocks") {
  const Folder folder(memory());
  for (const std::int64_t n : {1, 7, 8, 9, 16, 37})
    for (const std::int64_t side : {4, 8, 16, 64})
      for (const Precision precision : {Precision::float32, Precision::float64}) {
        CAPTURE(n);
        CAPTURE(side);
        const StoreSpec spec = square(n, precision);
        {
          KernelStore store(folder / "s", spec);
          fill(store, spec, side);
          CHECK(store.done() == store.tiles());
        }
        check_contents(folder / "s");
        std::filesystem::remove(folder / "s");
      }
}

TEST_CASE("a store of two sets of samples keeps all of its rectangle") {
  const Folder folder(memory());
  for (auto [rows, cols] : {std::pair{1, 30}, std::pair{30, 1}, std::pair{20, 33}}) {
    StoreSpec spec = cross(rows, cols);
    {
      KernelStore store(folder / "s", spec);
      fill(store, spec, 8);
    }
    check_contents(folder / "s");
    std::filesystem::remove(folder / "s");
  }
}

TEST_CASE("equal kernels are equal files, for any order of blocks and any number of threads") {
  const Folder folder(memory());
  const StoreSpec spec = square(60);
  const std::string expected = undisturbed(folder / "s", spec);
  for (const std::int64_t side : {4, 8, 24})
    for (const std::uint32_t seed : {1U, 2U}) {
      {
        KernelStore store(folder / "s", spec, seed == 1 ? every_tile() : StoreOptions());
        fill(store, spec, side, seed, 4);
      }
      const bool same = bytes_of_file(folder / "s") == expected;
      CHECK(same);
      std::filesystem::remove(folder / "s");
    }
}

TEST_CASE("a store of one kernel has half of the bytes, a symmetric one about half again") {
  const Folder folder(memory());
  StoreSpec both = square(64), one = square(64), whole = cross(64, 64);
  one.kernels.nngp = false;
  for (const StoreSpec& spec : {both, one, whole}) {
    const std::string name = spec.symmetric ? spec.kernels.nngp ? "both" : "one" : "whole";
    KernelStore store(folder / name, spec);
    fill(store, spec, 8);
  }
  check_contents(folder / "one");
  const auto tiles = [](std::int64_t count) { return count * 8 * 8 * 4; };
  const auto size = [&](const char* name) {
    return static_cast<std::int64_t>(std::filesystem::file_size(folder / name));
  };
  CHECK(size("both") == 4096 + tiles(2 * 36));
  CHECK(size("one") == 4096 + tiles(36));
  CHECK(size("whole") == 4096 + tiles(2 * 64));
}

TEST_CASE("tiles that are in a store are not computed again") {
  const Folder folder(memory());
  const StoreSpec spec = square(40);
  {
    KernelStore store(folder / "s", spec);
    CHECK(fill(store, spec, 8) == 15);
  }
  KernelStore store(folder / "s", spec);
  CHECK(store.done() == 15);
  CHECK(store.damage().empty());
  CHECK(fill(store, spec, 8) == 0);
  CHECK(fill(store, spec, 32) == 0);
  CHECK(store.has({3, 20, 2, 15}));
}

TEST_CASE("a store grows by rows and columns and computes only what is new") {
  const Folder folder(memory());
  const auto origin_of = [](std::int64_t rows, std::int64_t cols) {
    return cols == rows ? square(rows).origin : cross(rows, cols).origin;
  };
  StoreOptions options;
  options.origin_of_first = origin_of;
  for (const bool symmetric : {true, false}) {
    CAPTURE(symmetric);
    const auto spec_of = [&](std::int64_t n, std::int64_t m) {
      return symmetric ? square(n) : cross(n, m);
    };
    const StoreSpec small = spec_of(20, 30), large = spec_of(37, 41);
    const std::string expected = undisturbed(folder / "fresh", large);
    {
      KernelStore store(folder / "s", small);
      fill(store, small, 8);
    }
    {
      KernelStore store(folder / "s", large, options);
      CHECK(store.damage().empty());
      // Tiles of 8: of the small one 2 (3) rows and columns of tiles are whole.
      CHECK(store.done() == (symmetric ? 3 : 2 * 3));
      fill(store, large, 8);
    }
    const bool same = bytes_of_file(folder / "s") == expected;
    CHECK(same);
    CHECK(folder.entries() == 1);
    const std::string refused =
        message_of(folder, [&] { KernelStore(folder / "s", small, options); });
    CHECK(contains(refused, "holds kernels of another experiment"));
    std::filesystem::remove(folder / "s");
  }
}

TEST_CASE("a whole store becomes the .npy file of its kernel, a few rows at a time") {
  const Folder folder(memory());
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    const StoreSpec spec = square(37, precision);
    {
      KernelStore store(folder / "s", spec);
      fill(store, spec, 8);
    }
    const StoreReader reader(folder / "s");
    reader.export_npy(Kernel::ntk, folder / "ntk.npy");
    const Matrix ntk = Matrix::read_npy(folder / "ntk.npy");
    REQUIRE(ntk.rows() == 37);
    REQUIRE(ntk.cols() == 37);
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < 37; ++i)
      for (std::int64_t j = 0; j < 37; ++j) wrong += ntk(i, j) == -entry(i, j) ? 0 : 1;
    CHECK(wrong == 0);
    std::filesystem::remove(folder / "s");
  }
}

TEST_CASE("a source gives any block of a kernel as float64") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8);
  }
  StoreReader(folder / "s").export_npy(Kernel::nngp, folder / "k.npy");
  for (const char* name : {"s", "k.npy"}) {
    const auto source = open_kernel(folder / name, Kernel::nngp);
    CHECK(source->rows() == 37);
    for (const auto& [row, col] : {std::pair{0, 0}, std::pair{30, 3}, std::pair{5, 21}}) {
      Matrix block(7, 20);
      source->read(row, col, 7, 16, block.data(), 20);
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < 7; ++i)
        for (std::int64_t j = 0; j < 20; ++j)
          wrong += block(i, j) == (j < 16 ? entry(row + i, col + j) : 0) ? 0 : 1;
      CHECK(wrong == 0);
    }
    const Error outside = error_of([&] {
      Matrix block(7, 20);
      source->read(31, 0, 7, 20, block.data(), 20);
    });
    CHECK(outside.code() == ErrorCode::usage);
  }
}

TEST_CASE("reading, checking and exporting a store report progress and can be cancelled") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8);
  }
  const StoreReader reader(folder / "s");
  Matrix all(37, 37);
  const auto reading = [&](Control* c) {
    reader.read(Kernel::ntk, 0, 0, 37, 37, all.data(), 37, c);
  };
  test::check_control("read", reading);
  CHECK(test::reports_of(reading, "read") == 5);  // rows of tiles
  test::check_control("check tiles", [&](Control* c) { static_cast<void>(reader.verify(c)); });
  test::check_control("export",
                      [&](Control* c) { reader.export_npy(Kernel::nngp, folder / "k.npy", c); });
  CHECK(folder.entries() == 2);
}

TEST_CASE("opening a store reports the tiles that it checks and can be cancelled") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8);
  }
  test::check_control("check tiles",
                      [&](Control* c) { const KernelStore store(folder / "s", spec, {}, c); });
}
