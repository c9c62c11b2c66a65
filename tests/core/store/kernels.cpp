// Filling stores, and comparing them with what they were filled with.
#include "core/store/kernels.hpp"

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace widelimit_tests {

namespace {

template <class T>
void put_block(KernelStore& store, const StoreSpec& spec, std::int64_t row, std::int64_t col,
               std::int64_t side) {
  const std::int64_t rows = std::min(side, spec.rows - row), cols = std::min(side, spec.cols - col);
  const std::int64_t ld = cols + 3;  // blocks come padded
  std::vector<T> nngp(static_cast<std::size_t>(rows * ld)), ntk(nngp.size());
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < cols; ++j) {
      const auto at = static_cast<std::size_t>(i * ld + j);
      nngp[at] = static_cast<T>(entry(row + i, col + j));
      ntk[at] = -nngp[at];
    }
  store.put(Tile::of<T>(
      {row, col, rows, cols},
      {spec.kernels.nngp ? nngp.data() : nullptr, spec.kernels.ntk ? ntk.data() : nullptr}, ld,
      spec.symmetric && row != col));
}

}  // namespace

StoreSpec square(std::int64_t n, Precision precision) {
  StoreSpec spec;
  spec.rows = spec.cols = n;
  spec.symmetric = true;
  spec.precision = precision;
  spec.tile_side = 8;
  spec.origin = {{"layer 1", "dense"}, {"samples", std::to_string(n) + " of a kind"}};
  return spec;
}

StoreSpec cross(std::int64_t rows, std::int64_t cols) {
  StoreSpec spec = square(rows);
  spec.cols = cols;
  spec.symmetric = false;
  return spec;
}

StoreOptions every_tile() {
  StoreOptions options;
  options.batch_bytes = 1;
  return options;
}

std::int64_t fill(KernelStore& store, const StoreSpec& spec, std::int64_t side, std::uint32_t seed,
                  int threads, const std::function<void()>& before) {
  std::vector<std::pair<std::int64_t, std::int64_t>> blocks;
  for (std::int64_t row = 0; row < spec.rows; row += side)
    for (std::int64_t col = spec.symmetric ? row : 0; col < spec.cols; col += side)
      if (!store.has({row, col, std::min(side, spec.rows - row), std::min(side, spec.cols - col)}))
        blocks.push_back({row, col});
  std::shuffle(blocks.begin(), blocks.end(), std::mt19937(seed));
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t k = next++; k < blocks.size(); k = next++) {
      if (before) before();
      if (spec.precision == Precision::float32)
        put_block<float>(store, spec, blocks[k].first, blocks[k].second, side);
      else
        put_block<double>(store, spec, blocks[k].first, blocks[k].second, side);
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  store.commit();
  return static_cast<std::int64_t>(blocks.size());
}

void check_contents(const std::filesystem::path& file) {
  const StoreReader reader(file);
  const StoreSpec& s = reader.spec();
  CHECK(reader.done() == reader.tiles());
  for (const Kernel kernel : all_kernels) {
    const bool nngp = kernel == Kernel::nngp;
    if (!s.kernels[kernel]) continue;
    Matrix all(s.rows, s.cols);
    reader.read(kernel, 0, 0, s.rows, s.cols, all.data(), s.cols);
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < s.rows; ++i)
      for (std::int64_t j = 0; j < s.cols; ++j)
        wrong += all(i, j) == (nngp ? entry(i, j) : -entry(i, j)) ? 0 : 1;
    CHECK(wrong == 0);
  }
}

std::string undisturbed(const std::filesystem::path& scratch, const StoreSpec& spec) {
  {
    KernelStore store(scratch, spec);
    fill(store, spec, spec.tile_side);
  }
  std::string bytes = bytes_of_file(scratch);
  std::filesystem::remove(scratch);
  return bytes;
}

}  // namespace widelimit_tests
