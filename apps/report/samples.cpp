// Reads sample images, makes them small and turns their numbers into bytes.
#include "samples.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>

#include "common/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace widelimit::report {

SamplePictures read_sample_pictures(const std::filesystem::path& file, std::int64_t most) {
  const NpyFile npy(file);
  const std::vector<std::int64_t>& shape = npy.shape();
  if (shape.size() != 4 || (shape[3] != 1 && shape[3] != 3))
    throw Error(ErrorCode::usage,
                file.string() + ": expected the axes [picture, row, column, channel]");
  SamplePictures all{std::min(shape[0], most), shape[1], shape[2], shape[3], {}};
  const Matrix values = npy.rows(0, all.count);
  all.values.assign(values.flat().begin(), values.flat().end());
  return all;
}

Tones tones_of(const SamplePictures& all) {
  std::vector<double> values;
  std::copy_if(all.values.begin(), all.values.end(), std::back_inserter(values),
               [](double v) { return std::isfinite(v); });
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least >= 0 && *most <= 1) return {0, 1};
  if (*least >= 0 && *most <= 255) return {0, 255};
  // A few pixels that are nearly always 0 become huge where each is standardised.
  const auto few = static_cast<std::ptrdiff_t>(values.size() / 100);
  std::nth_element(values.begin(), values.begin() + few, values.end());
  const double black = values[to_size(few)];
  std::nth_element(values.begin(), values.end() - 1 - few, values.end());
  const double white = *(values.end() - 1 - few);
  return white > black ? Tones{black, white} : Tones{black, black + 1};
}

Pixels pixels_of(const SamplePictures& all, std::int64_t which, const Tones& tones,
                 std::int64_t max_pixels) {
  const std::int64_t block =
      std::max<std::int64_t>(1, (std::max(all.width, all.height) + max_pixels - 1) / max_pixels);
  Pixels pixels{
      (all.width + block - 1) / block, (all.height + block - 1) / block, all.channels, {}};
  const auto value = [&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    const std::int64_t at =
        ((which * all.height + row) * all.width + column) * all.channels + channel;
    return all.values[to_size(at)];
  };
  for (std::int64_t i = 0; i < pixels.height; ++i)
    for (std::int64_t j = 0; j < pixels.width; ++j)
      for (std::int64_t c = 0; c < all.channels; ++c) {
        double sum = 0, cells = 0;
        for (std::int64_t r = i * block; r < std::min((i + 1) * block, all.height); ++r)
          for (std::int64_t s = j * block; s < std::min((j + 1) * block, all.width); ++s) {
            sum += value(r, s, c);
            ++cells;
          }
        const double tone = (sum / cells - tones.black) / (tones.white - tones.black);
        // Not a number is black.
        pixels.values.push_back(
            static_cast<std::uint8_t>(tone > 0 ? std::lround(255 * std::min(tone, 1.0)) : 0));
      }
  return pixels;
}

}  // namespace widelimit::report
