// Kernels as heat maps.
#include "figures.hpp"

#include "heat_map.hpp"
#include "typeset.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
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
    const Matrix row = read_row(i);
    std::vector<double>& kept = map.values.emplace_back();
    for (std::int64_t j = 0; j < map.cols; j += map.stride) kept.push_back(row(0, j));
  }
  return map;
}

Map read_map(const std::filesystem::path& file, Kernel kernel) {
  if (file.extension() == ".store") {
    const StoreReader store(file);
    const std::int64_t cols = store.spec().cols;
    return map_of(store.spec().rows, cols, [&](std::int64_t i) {
      Matrix row = Matrix::uninitialized(1, cols);
      store.read(kernel, i, 0, 1, cols, row.data(), cols);
      return row;
    });
  }
  const NpyFile npy(file);
  if (npy.shape().size() != 2)
    throw Error(ErrorCode::usage, file.string() + ": expected two axes, a kernel");
  return map_of(npy.shape()[0], npy.shape()[1], [&](std::int64_t i) { return npy.rows(i, 1); });
}

const char* title_of(Block block) {
  return block == Block::train_train  ? "train × train"
         : block == Block::test_train ? "test × train"
                                      : "test × test";
}

const char* row_label(Block block) {
  return block == Block::train_train ? "train samples" : "test samples";
}
const char* column_label(Block block) {
  return block == Block::test_test ? "test samples" : "train samples";
}

Figure kernel_figure(const Map& map, Block block, Kernel kernel) {
  std::vector<double> all;
  for (const auto& row : map.values) all.insert(all.end(), row.begin(), row.end());
  if (all.empty()) throw Error(ErrorCode::usage, "a kernel without rows or columns");
  const double low = *std::min_element(all.begin(), all.end());
  const double high = *std::max_element(all.begin(), all.end());

  Figure figure;
  const std::string name = kernel_name(name_of(kernel)) + ", " + title_of(block);
  figure.file = std::string("kernel.").append(name_of(block)).append(".").append(name_of(kernel));
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
  picture.x_label = column_label(block);
  picture.y_label = row_label(block);
  picture.x_ticks = sample_ticks(map.cols, map.stride, picture.across / 48);
  picture.y_ticks = sample_ticks(map.rows, map.stride, picture.down / 30);
  picture.values = map.values;
  figure.script = heat_map_script(picture);
  return figure;
}

}  // namespace

std::vector<Figure> kernel_figures(Run& run) {
  PerBlock<PerKernel<std::filesystem::path>> files;
  for (const Json& entry : run.record["kernels"].elements()) {
    const std::optional<Block> block = block_named(entry["block"].text());
    const std::optional<Kernel> kernel = kernel_named(entry["kernel"].text());
    if (block && kernel) files[*block][*kernel] = entry["file"].text();
  }
  std::vector<Figure> figures;
  for (const Block block : all_blocks)
    for (const Kernel kernel : all_kernels) {
      const std::filesystem::path& file = files[block][kernel];
      if (file.empty() || !run.has(file)) continue;
      attempt(run, [&] {
        const Map map = read_map(run.dir / file, kernel);
        // One number is no picture, and gnuplot draws none.
        if (map.rows * map.cols > 1) figures.push_back(kernel_figure(map, block, kernel));
      });
    }
  return figures;
}

}  // namespace widelimit::report
