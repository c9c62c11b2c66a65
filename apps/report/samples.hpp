// Samples that are pictures, as a run keeps them in its files.
// Thread safety: pure functions.
#pragma once

#include "png.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace widelimit::report {

struct SamplePictures {
  std::int64_t count = 0, height = 0, width = 0, channels = 0;
  std::vector<double> values;  ///< [picture][row][column][channel]
};

/// The first of an array [picture, row, column, channel], at most so many. Throws Error that names
/// the file.
SamplePictures read_sample_pictures(const std::filesystem::path& file, std::int64_t most);

/// What is black and what is white.
struct Tones {
  double black = 0, white = 1;
};
/// Bytes, shares, or whatever range the numbers have, but for one in a hundred at either end.
Tones tones_of(const SamplePictures& all);

/// One of them; those of more than `most_pixels` rows or columns averaged over blocks.
Pixels pixels_of(const SamplePictures& all, std::int64_t which, const Tones& tones,
                 std::int64_t most_pixels);

}  // namespace widelimit::report
