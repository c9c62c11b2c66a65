// Timing small samples of work on this machine, from which durations are estimated.
// Thread safety: one thread at a time; other work disturbs what is measured.
#pragma once

#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace widelimit::experiment {

/// The least duration of a sample of work, in seconds: long compared with the resolution of the
/// clock and the start of threads, or short for an estimate that must not take long.
constexpr double long_sample = 0.1, short_sample = 0.004;

[[nodiscard]] double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The shortest of a few tries, fewer if they are long: other programs can only make them longer.
[[nodiscard]] double least_seconds_of(const auto& work, double enough) {
  constexpr int most = 16;
  double least = seconds_of(work), all = least;
  for (int tries = 1; tries < most && all < enough; ++tries) {
    const double next = seconds_of(work);
    all += next;
    least = std::min(least, next);
  }
  return least;
}

/// Seconds as a line through the two largest samples of some work.
struct Line {
  double at = 0, seconds = 0, slope = 0;
  [[nodiscard]] double of(double amount) const {
    return amount <= at ? seconds * amount / at : seconds + slope * (amount - at);
  }
};

/// `seconds_of_size(size)` over growing sizes, until one takes `enough` seconds or is the last; two
/// of them at least, unless one takes very long, since much of the first is done once.
template <class Sizes, class Amount, class Try>
[[nodiscard]] Line grow(const Sizes& sizes, double enough, const Amount& amount,
                        const Try& seconds_of_size) {
  // Of the time of the largest sample, at least this share grows with its size.
  constexpr double least_share = 0.7;
  Line line;
  bool first = true;
  for (const auto& size : sizes) {
    const double seconds = seconds_of_size(size), at = amount(size), rate = seconds / at;
    const double between = first ? rate : (seconds - line.seconds) / (at - line.at);
    line = {at, seconds, std::clamp(between, least_share * rate, rate)};
    if (seconds >= (first ? 6 : 1) * enough) break;
    first = false;
  }
  return line;
}

/// Pseudo-random numbers in [-1, 1).
[[nodiscard]] Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed = 1);
[[nodiscard]] Samples random_samples(const DataShape& shape, std::int64_t count,
                                     Precision precision);

/// Seconds for each byte of memory that is touched for the first time and filled, measured on so
/// many bytes that the allocator must ask the system for them.
[[nodiscard]] double seconds_of_memory();

}  // namespace widelimit::experiment
