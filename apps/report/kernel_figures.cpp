// Kernels as heat maps.
#include "figures.hpp"

#include "color.hpp"
#include "npy.hpp"
#include "script.hpp"
#include "text.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::int64_t most_rows = 256;  // more cells than the picture has pixels

struct Map {
  std::int64_t rows = 0, cols = 0, stride = 1;
  std::vector<std::vector<double>> values;  ///< every stride-th row and column
};

/// The same stride for rows and columns, so that the diagonal of a square kernel stays one.
Map read_map(const std::filesystem::path& file) {
  NpyReader npy(file);
  if (npy.shape().size() != 2)
    throw Error(ErrorCode::usage, file.string() + ": expected two axes, a kernel");
  Map map{npy.shape()[0], npy.shape()[1], 1, {}};
  map.stride =
      std::max<std::int64_t>(1, (std::max(map.rows, map.cols) + most_rows - 1) / most_rows);
  for (std::int64_t i = 0; i < map.rows; i += map.stride) {
    const std::vector<double> row = npy.read(i * map.cols, map.cols);
    std::vector<double>& kept = map.values.emplace_back();
    for (std::int64_t j = 0; j < map.cols; j += map.stride)
      kept.push_back(row[static_cast<std::size_t>(j)]);
  }
  return map;
}

std::string block_name(std::string_view block) {
  if (block == "train_train") return "train × train";
  if (block == "test_train") return "test × train";
  if (block == "test_test") return "test × test";
  return std::string(block);
}

std::string set_of(std::string_view block, bool rows) {
  const std::size_t middle = block.find('_');
  if (middle == std::string_view::npos) return "samples";
  return std::string(rows ? block.substr(0, middle) : block.substr(middle + 1)) + " samples";
}

std::string palette() {
  std::string text = "set palette maxcolors 256 defined (";
  const std::vector<std::string> steps = sequential_palette(16);
  for (std::size_t i = 0; i < steps.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(i) + " '" + steps[i] + "'";
  return text + ")";
}

Figure heat_map(const Map& map, const std::string& block, const std::string& kernel) {
  std::vector<double> all;
  for (const auto& row : map.values) all.insert(all.end(), row.begin(), row.end());
  if (all.empty()) throw Error(ErrorCode::usage, "an empty kernel");
  const Range range = range_of(all, false, 0);
  const double low = *std::min_element(all.begin(), all.end());
  const double high = *std::max_element(all.begin(), all.end());

  Figure figure;
  const std::string name = kernel_name(kernel) + ", " + block_name(block);
  figure.file = "kernel." + file_part(block) + "." + file_part(kernel);
  figure.label = "Heat map of the kernel " + name + ", values from " + number(low, 4) + " to " +
                 number(high, 4);
  figure.title = name;
  figure.caption = count(map.rows) + " × " + count(map.cols) + ", values from " + number(low, 4) +
                   " to " + number(high, 4) + ".";
  if (map.stride > 1)
    figure.caption += " One of " + count(map.stride) + " rows and columns is shown.";

  // Square cells where that leaves a picture to look at: a few test rows against many training
  // columns would be a line.
  constexpr int across = plot_width - 40, right = 58;
  const double ratio = static_cast<double>(map.rows) / static_cast<double>(map.cols);
  const int down = static_cast<int>(std::lround(across * std::clamp(ratio, 0.3, 1.0)));
  Script script(across, down, 62, right);
  script.line(palette());
  script.line("unset grid");
  script.line("set border 0");
  script.line("set tics scale 0.5");
  script.x_axis(set_of(block, false),
                {-0.5 * static_cast<double>(map.stride), static_cast<double>(map.cols) - 0.5});
  script.y_axis(set_of(block, true),
                {static_cast<double>(map.rows) - 0.5, -0.5 * static_cast<double>(map.stride)});
  script.line("set cbrange [" + plain(range.low) + ":" + plain(range.high) + "]");
  script.line("set colorbox user noborder origin graph 1.04,0 size graph 0.035,1");
  script.line("set format cb '%.3g'");
  const auto ticks = [&](const char* axis, double extent, int pixels, int room, double least) {
    script.line("set " + std::string(axis) + "tics " +
                plain(std::max(nice_step(extent, pixels / room), least)));
  };
  ticks("x", static_cast<double>(map.cols), across, 48, 1);
  ticks("y", static_cast<double>(map.rows), down, 30, 1);
  ticks("cb", range.high - range.low, down, 40, 0);
  std::vector<std::vector<double>> columns(map.values.front().size());
  for (const auto& row : map.values) {
    for (std::size_t j = 0; j < row.size(); ++j) columns[j].push_back(row[j]);
  }
  const std::string stride = std::to_string(map.stride);
  script.plot(script.data(columns) + " matrix using ($1*" + stride + "):($2*" + stride +
              "):3 with image");
  figure.script = script.text();
  return figure;
}

}  // namespace

std::vector<Figure> kernel_figures(Run& run) {
  std::vector<Figure> figures;
  for (const Json& entry : run.record["kernels"].elements()) {
    const std::filesystem::path file = entry["file"].text();
    if (!run.has(file)) continue;
    attempt(run, [&] {
      figures.push_back(
          heat_map(read_map(run.dir / file), entry["block"].text(), entry["kernel"].text()));
    });
  }
  // NNGP beside NTK, block by block.
  const auto rank = [](const Figure& figure) {
    const std::string& name = figure.file;
    const int block = name.find(".train_train.") != std::string::npos  ? 0
                      : name.find(".test_train.") != std::string::npos ? 2
                                                                       : 4;
    return block + (name.ends_with(".ntk") ? 1 : 0);
  };
  std::stable_sort(figures.begin(), figures.end(),
                   [&](const Figure& a, const Figure& b) { return rank(a) < rank(b); });
  return figures;
}

}  // namespace widelimit::report
