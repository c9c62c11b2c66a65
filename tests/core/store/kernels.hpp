// Stores filled with numbers that say where they belong.
#pragma once

#include <widelimit/store.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace widelimit_tests {

using namespace widelimit;

/// What entry (i, j) is; of the NTK the negative. Symmetric.
[[nodiscard]] inline double entry(std::int64_t i, std::int64_t j) {
  return static_cast<double>(std::min(i, j) * 1000 + std::max(i, j)) + 0.5;
}

/// Where waiting for the disk costs nothing, for thousands of small stores.
[[nodiscard]] inline std::filesystem::path memory() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm"
                                                   : std::filesystem::temp_directory_path();
}

/// A symmetric one of both kernels in float32, 8 x 8 tiles.
[[nodiscard]] StoreSpec square(std::int64_t n, Precision precision = Precision::float32);
/// Of two sets of samples.
[[nodiscard]] StoreSpec cross(std::int64_t rows, std::int64_t cols);
/// Waits for the disk at every tile.
[[nodiscard]] StoreOptions every_tile();

/// Puts the blocks of a grid of `side` that are not there yet, as an engine does: of a symmetric
/// kernel those on and above the diagonal, in an order that `seed` decides, from `threads` threads.
/// `before` is called before each. Gives the number of blocks put.
std::int64_t fill(KernelStore& store, const StoreSpec& spec, std::int64_t side,
                  std::uint32_t seed = 0, int threads = 1,
                  const std::function<void()>& before = {});
/// Every number of both kernels is where it belongs. doctest checks it.
void check_contents(const std::filesystem::path& file);
/// The bytes of a store that was never disturbed.
[[nodiscard]] std::string undisturbed(const std::filesystem::path& scratch, const StoreSpec& spec);

}  // namespace widelimit_tests
