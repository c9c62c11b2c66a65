// Random matrices, and the cost of new memory.
#include "sampling.hpp"

namespace widelimit::experiment {

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  Matrix values(rows, cols);
  std::uint64_t state = seed;
  for (double& value : values.flat()) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    value = static_cast<double>(state >> 40) / static_cast<double>(1 << 23) - 1;
  }
  return values;
}

Samples random_samples(const DataShape& shape, std::int64_t count, Precision precision) {
  return Samples(random_matrix(count, shape.sample.features()), shape.sample.sites)
      .converted(precision);
}

double seconds_of_memory() {
  constexpr std::int64_t bytes = 40 << 20;
  return seconds_of([] { static_cast<void>(Matrix(bytes / 8 / 1024, 1024)); }) / bytes;
}

}  // namespace widelimit::experiment
