// Reads the pictures that a run kept, shrinks and draws them.
#include "mistakes.hpp"

#include "csv.hpp"
#include "experiment/npy.hpp"
#include "figures.hpp"
#include "html.hpp"
#include "png.hpp"
#include "text.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace widelimit::report {
namespace {

constexpr std::int64_t most_pictures = 12, most_pixels = 64;

struct Pictures {
  std::int64_t count = 0, height = 0, width = 0, channels = 0;
  std::vector<double> values;
};

Pictures read_pictures(const std::filesystem::path& file) {
  experiment::NpyReader npy(file);
  const std::vector<std::int64_t>& shape = npy.shape();
  if (shape.size() != 4 || (shape[3] != 1 && shape[3] != 3) || shape[1] < 1 || shape[2] < 1)
    throw Error(ErrorCode::usage,
                file.string() + ": expected the axes [mistake, row, column, channel]");
  Pictures all{std::min(shape[0], most_pictures), shape[1], shape[2], shape[3], {}};
  all.values = npy.read(0, all.count * all.height * all.width * all.channels);
  return all;
}

/// What is black and what is white: bytes, shares, or whatever range the numbers have.
struct Tones {
  double black = 0, white = 1;
};
Tones tones_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least >= 0 && *most <= 1) return {0, 1};
  if (*least >= 0 && *most <= 255) return {0, 255};
  return {*least, *most};
}

/// One of them, large ones averaged over blocks.
Pixels pixels_of(const Pictures& all, std::int64_t which, const Tones& tones) {
  const std::int64_t block =
      std::max<std::int64_t>(1, (std::max(all.width, all.height) + most_pixels - 1) / most_pixels);
  Pixels pixels{
      (all.width + block - 1) / block, (all.height + block - 1) / block, all.channels, {}};
  const auto value = [&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    const std::int64_t at =
        ((which * all.height + row) * all.width + column) * all.channels + channel;
    return all.values[static_cast<std::size_t>(at)];
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

std::string gallery(const Run& run, const Inference& inference) {
  const std::string stem = "predictions/" + inference.id + ".mistakes";
  const Pictures all = read_pictures(run.dir / (stem + ".npy"));
  const Tones tones = tones_of(all.values);
  CsvReader csv(run.dir / (stem + ".csv"));
  const std::size_t sample = csv.require("sample"), truth = csv.require("truth"),
                    predicted = csv.require("predicted");
  const auto probability = csv.find("probability");
  const auto class_at = [&](std::size_t column) {
    const double index = csv.number(column);
    return index >= 0 && index < 1e6 ? escaped(run.class_name(static_cast<std::size_t>(index)))
                                     : std::string("?");
  };
  std::string items;
  for (std::int64_t i = 0; i < all.count && csv.next(); ++i) {
    const std::string right = class_at(truth), wrong = class_at(predicted);
    const std::string name = "test sample " + number(csv.number(sample));
    items += "<li><img src=\"" + png_uri(pixels_of(all, i, tones)) + "\" alt=\"" + name + ", " +
             right + " taken for " + wrong + "\"><b>" + right + "</b> taken for <b>" + wrong +
             "</b><small>" + name;
    if (probability) items += ", probability " + number(100 * csv.number(*probability), 3) + " %";
    items += "</small></li>\n";
  }
  if (items.empty()) return items;
  return "<h3>" + breakable(inference.title()) + "</h3>\n<ul class=\"mistakes\">\n" + items +
         "</ul>\n";
}

}  // namespace

std::string mistakes_html(Run& run) {
  std::string html;
  for (const Inference& inference : inferences(run)) {
    const std::string stem = "predictions/" + inference.id + ".mistakes";
    if (inference.id.empty() || !run.has(stem + ".npy") || !run.has(stem + ".csv")) continue;
    attempt(run, [&] { html += gallery(run, inference); });
  }
  return html;
}

}  // namespace widelimit::report
