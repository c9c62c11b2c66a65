// Samples that are images, read from the files of a run.
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
/// [0, 1] or [0, 255] where the numbers lie in it; else their range without the outermost hundredth
/// at either end.
Tones tones_of(const SamplePictures& all);

/// One image; with more than `max_pixels` rows or columns, blocks of pixels are averaged.
Pixels pixels_of(const SamplePictures& all, std::int64_t which, const Tones& tones,
                 std::int64_t max_pixels);

}  // namespace widelimit::report
