// Kernels as heat maps.
#include "figures.hpp"

#include "experiment/npy.hpp"
#include "heat_map.hpp"
#include "typeset.hpp"

#include <widelimit/error.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::int64_t max_rows = 256;  // more cells than the picture has pixels

struct Map {
  std::int64_t rows = 0, cols = 0, stride = 1;
  std::vector<std::vector<double>> values;  ///< every stride-th row and column
};

/// The same stride for rows and columns, so that the diagonal of a square kernel stays one.
Map map_of(std::int64_t rows, std::int64_t cols, const auto& read_row) {
  Map map{rows, cols, 1, {}};
  map.stride = std::max<std::int64_t>(1, (std::max(map.rows, map.cols) + max_rows - 1) / max_rows);
  for (std::int64_t i = 0; i < map.rows; i += map.stride) {
    const std::vector<double> row = read_row(i);
    std::vector<double>& kept = map.values.emplace_back();
    for (std::int64_t j = 0; j < map.cols; j += map.stride)
      kept.push_back(row[static_cast<std::size_t>(j)]);
  }
  return map;
}

Map read_map(const std::filesystem::path& file, const std::string& kernel) {
  if (file.extension() == ".store") {
    const StoreReader store(file);
    const auto which = kernel == "nngp" ? StoreReader::Kernel::nngp : StoreReader::Kernel::ntk;
    const std::int64_t cols = store.spec().cols;
    return map_of(store.spec().rows, cols, [&](std::int64_t i) {
      std::vector<double> row(static_cast<std::size_t>(cols));
      store.read(which, i, 0, 1, cols, row.data(), cols);
      return row;
    });
  }
  experiment::NpyReader npy(file);
  if (npy.shape().size() != 2)
    throw Error(ErrorCode::usage, file.string() + ": expected two axes, a kernel");
  const std::int64_t cols = npy.shape()[1];
  return map_of(npy.shape()[0], cols, [&](std::int64_t i) { return npy.read(i * cols, cols); });
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

Figure kernel_figure(const Map& map, const std::string& block, const std::string& kernel) {
  std::vector<double> all;
  for (const auto& row : map.values) all.insert(all.end(), row.begin(), row.end());
  if (all.empty()) throw Error(ErrorCode::usage, "a kernel without rows or columns");
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
  HeatMap picture;
  const double ratio = static_cast<double>(map.rows) / static_cast<double>(map.cols);
  picture.down = static_cast<int>(std::lround(picture.across * std::clamp(ratio, 0.3, 1.0)));
  picture.x_label = set_of(block, false);
  picture.y_label = set_of(block, true);
  picture.x_ticks = sample_ticks(map.cols, map.stride, picture.across / 48);
  picture.y_ticks = sample_ticks(map.rows, map.stride, picture.down / 30);
  picture.values = map.values;
  figure.script = heat_map_script(picture);
  return figure;
}

}  // namespace

std::vector<Figure> kernel_figures(Run& run) {
  std::vector<Figure> figures;
  for (const Json& entry : run.record["kernels"].elements()) {
    const std::filesystem::path file = entry["file"].text();
    if (!run.has(file)) continue;
    attempt(run, [&] {
      const std::string kernel = entry["kernel"].text();
      figures.push_back(
          kernel_figure(read_map(run.dir / file, kernel), entry["block"].text(), kernel));
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
