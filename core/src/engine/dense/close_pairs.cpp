// Which pairs are close, and a row of them through all layers in float64.
#include "engine/dense/close_pairs.hpp"

#include "base/sizes.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/closeness.hpp"
#include "engine/grid/mean_product.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::detail {

namespace {

std::vector<double> variances_of(const SampleRows<float>& x) {
  std::vector<double> variances(to_size(x.count));
  for (std::int64_t i = 0; i < x.count; ++i)
    variances[to_size(i)] = mean_product(x.row(i), x.row(i), x.features);
  return variances;
}

Variances<double> exact_variances(const Program& program, const SampleRows<float>& x) {
  return Evaluator<double>(program).compute_variances(variances_of(x).data(), x.count, false, {});
}

}  // namespace

ClosePairs::ClosePairs(const Program& program, const SamplePair<float>& samples,
                       const std::vector<float>& variance1, const std::vector<float>& variance2)
    : program_(program),
      samples_(samples),
      workers_([&program] { return std::make_unique<Worker>(program); }) {
  for (const Step& step : program.steps) {
    const Operand& in = step.inputs.front();
    if (step.variances < 0 || in.buffer != 0) continue;
    Reading reading{
        static_cast<float>(in.pending.scale), static_cast<float>(in.pending.bias), {}, {}};
    const bool known = std::any_of(readings_.begin(), readings_.end(), [&](const Reading& other) {
      return other.scale == reading.scale && other.bias == reading.bias;
    });
    if (known) continue;
    const auto root = [&](float variance) {
      return std::sqrt(reading.scale * variance + reading.bias);
    };
    for (const float v : variance1) reading.least1.push_back((1 - closeness) * root(v));
    for (const float v : variance2) reading.inverse_root2.push_back(1 / root(v));
    readings_.push_back(std::move(reading));
  }
}

void ClosePairs::recompute(const TileArea& tile, const float* gram, std::int64_t gram_ld,
                           const PerKernel<float*>& kernels, std::int64_t ld) {
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    const float* const row = gram + r * gram_ld;
    if (!any_close(row, tile.row + r, tile)) continue;
    const PerKernel<float*> out{kernels.nngp == nullptr ? nullptr : kernels.nngp + r * ld,
                                kernels.ntk == nullptr ? nullptr : kernels.ntk + r * ld};
    std::call_once(exact_made_, [&] { make_exact(); });
    workers_.use([&](Worker& worker) {
      mark_close(row, tile.row + r, tile, worker.close);
      recompute_row(tile, tile.row + r, out, worker);
    });
  }
}

// Without branches, so that compilers use vector instructions: nearly every row has none.
bool ClosePairs::any_close(const float* gram, std::int64_t row, const TileArea& tile) const {
  int close = 0;
  for (const Reading& reading : readings_) {
    const float least = reading.least1[to_size(row)];
    const float* const inverse_root = reading.inverse_root2.data() + tile.col;
    const float scale = reading.scale, bias = reading.bias;
    for (std::int64_t j = 0; j < tile.cols; ++j)
      close |= static_cast<int>(std::abs(scale * gram[j] + bias) * inverse_root[j] > least);
  }
  return close != 0;
}

void ClosePairs::mark_close(const float* gram, std::int64_t row, const TileArea& tile,
                            std::vector<char>& close) const {
  std::fill(close.begin(), close.end(), 0);
  for (const Reading& reading : readings_) {
    const float least = reading.least1[to_size(row)];
    const float* const inverse_root = reading.inverse_root2.data() + tile.col;
    for (std::int64_t j = 0; j < tile.cols; ++j)
      if (std::abs(reading.scale * gram[j] + reading.bias) * inverse_root[j] > least)
        close[to_size(j)] = 1;
  }
  const float* const x = samples_.x1.row(row);
  for (std::int64_t j = 0; j < tile.cols; ++j) {
    char& pair = close[to_size(j)];
    if (pair != 0 && std::equal(x, x + samples_.features(), samples_.x2.row(tile.col + j)))
      pair = 0;
  }
}

// Groups of vector_lanes columns with a close pair, as long runs as there are.
void ClosePairs::recompute_row(const TileArea& tile, std::int64_t row,
                               const PerKernel<float*>& kernels, Worker& worker) const {
  const std::int64_t lanes = round_up(tile.cols, vector_lanes);
  const char* const close = worker.close.data();
  const auto has_close = [&](std::int64_t group) {
    return std::any_of(close + group, close + group + vector_lanes, [](char c) { return c != 0; });
  };
  for (std::int64_t begin = 0; begin < lanes; begin += vector_lanes) {
    std::int64_t end = begin;
    while (end < lanes && has_close(end)) end += vector_lanes;
    if (end == begin) continue;
    recompute_lanes(row, tile.col + begin, end - begin, close + begin,
                    {kernels.nngp == nullptr ? nullptr : kernels.nngp + begin,
                     kernels.ntk == nullptr ? nullptr : kernels.ntk + begin},
                    worker);
    begin = end;
  }
}

void ClosePairs::recompute_lanes(std::int64_t row, std::int64_t col, std::int64_t lanes,
                                 const char* close, const PerKernel<float*>& kernels,
                                 Worker& worker) const {
  const float* const x = samples_.x1.row(row);
  double* const input = worker.input.data();
  for (std::int64_t l = 0; l < lanes; ++l)
    input[l] = close[l] == 0 ? 0 : mean_product(x, samples_.x2.row(col + l), samples_.features());
  const Variances<double>& v2 = samples_.symmetric() ? exact_.v1 : exact_.v2;
  const PerKernel<double*> out{kernels.nngp == nullptr ? nullptr : worker.nngp.data(),
                               kernels.ntk == nullptr ? nullptr : worker.ntk.data()};
  Evaluator<double>(program_).compute_pairs(input, 1, lanes, exact_.v1, row, v2, col, worker.work,
                                            out);
  for (const Kernel k : all_kernels)
    for (std::int64_t l = 0; kernels[k] != nullptr && l < lanes; ++l)
      if (close[l] != 0) kernels[k][l] = static_cast<float>(out[k][l]);
}

void ClosePairs::make_exact() {
  exact_.v1 = exact_variances(program_, samples_.x1);
  if (!samples_.symmetric()) exact_.v2 = exact_variances(program_, samples_.x2);
}

Memory ClosePairs::memory(const Program& program, std::int64_t n1, std::int64_t n2) {
  const std::int64_t of_sample =
      static_cast<std::int64_t>(sizeof(double)) * (program.variances + 3) +
      TripMemory<double>::bytes(program, 1, 1);
  return {(padded_lanes(n1) + padded_lanes(n2)) * of_sample,
          static_cast<std::int64_t>(sizeof(double)) * 3 * tile_side + tile_side +
              TripMemory<double>::bytes(program, 1, tile_side)};
}

}  // namespace widelimit::detail
