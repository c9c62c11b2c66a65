// A Gram product tells which pairs may be close; their samples go through the network in float64.
#include "engine/spatial/close_bundles.hpp"

#include "base/sizes.hpp"
#include "engine/grid/closeness.hpp"
#include "engine/grid/mean_product.hpp"
#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

std::vector<float> root_variances(const SampleRows<float>& x) {
  std::vector<float> roots;
  roots.reserve(to_size(x.count));
  for (std::int64_t i = 0; i < x.count; ++i)
    roots.push_back(static_cast<float>(std::sqrt(mean_product(x.row(i), x.row(i), x.features))));
  return roots;
}

}  // namespace

CloseBundles::Exact::Exact(const SpatialPlan& plan, bool ntk)
    : of_variances(plan.program(), plan.schedule(Purpose::variances), false),
      of_pairs(plan.program(), plan.schedule(Purpose::pairs), ntk),
      rows(plan.program(), lanes),
      cols(plan.program(), lanes),
      row_variances(plan.program(), lanes),
      numbers(to_size(lanes * plan.features())) {}

CloseBundles::CloseBundles(const SpatialPlan& plan, const KernelCall<float>& call)
    : plan_(plan), call_(call), root1_(root_variances(call.samples.x1)) {
  if (!call.samples.symmetric()) root2_ = root_variances(call.samples.x2);
}

void CloseBundles::recompute(const Square& tile, const PerKernel<float*>& kernels,
                             std::int64_t ld) {
  if (plan_.program().variances == 0) return;
  for (std::int64_t b = 0; b < bundle_count(tile.area.cols); ++b) {
    const std::vector<CloseRow> close = close_rows(tile, b);
    if (close.empty()) continue;
    if (!exact_) exact_.emplace(plan_, call_.which.ntk);
    std::vector<std::int64_t> cols(to_size(std::min(lanes, tile.area.cols - b * lanes)));
    std::iota(cols.begin(), cols.end(), tile.area.col + b * lanes);
    exact_->cols.fill(in_float64(call_.samples.x2, cols), exact_->of_variances, call_.executor,
                      call_.control, {});
    const auto count = static_cast<std::int64_t>(close.size());
    for (std::int64_t begin = 0; begin < count; begin += lanes)
      recompute_rows(tile, b, close.data() + begin, std::min(lanes, count - begin), kernels, ld);
  }
}

// A Gram product in float32 finds the candidates, with a margin for its rounding: whether a pair is
// close must not depend on the size of the product.
std::vector<CloseBundles::CloseRow> CloseBundles::close_rows(const Square& tile,
                                                             std::int64_t bundle) {
  const SampleRows<float>& x1 = call_.samples.x1;
  const SampleRows<float>& x2 = call_.samples.x2;
  const std::vector<float>& roots2 = call_.samples.symmetric() ? root1_ : root2_;
  const std::int64_t first = tile.area.col + bundle * lanes;
  const std::int64_t cols = std::min(lanes, tile.area.cols - bundle * lanes);
  gram_.resize(to_size(tile.area.rows * lanes));
  {
    const TilePhase blas;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(tile.area.rows),
                static_cast<int>(cols), static_cast<int>(x1.features),
                1.0F / static_cast<float>(x1.features), x1.row(tile.area.row),
                static_cast<int>(x1.stride), x2.row(first), static_cast<int>(x2.stride), 0.0F,
                gram_.data(), static_cast<int>(lanes));
  }
  std::vector<CloseRow> close;
  for (std::int64_t r = 0; r < tile.area.rows; ++r) {
    const std::int64_t row = tile.area.row + r;
    const float least = (1 - 2 * closeness) * root1_[to_size(row)];
    CloseRow found{r, 0};
    for (std::int64_t l = 0; l < cols; ++l) {
      const std::int64_t col = first + l;
      if (tile.diagonal && col < row) continue;
      if (std::abs(gram_[to_size(r * lanes + l)]) <= least * roots2[to_size(col)]) continue;
      if (is_close(row, col)) found.lanes |= 1U << l;
    }
    if (found.lanes != 0) close.push_back(found);
  }
  return close;
}

bool CloseBundles::is_close(std::int64_t row, std::int64_t col) const {
  const float* const a = call_.samples.x1.row(row);
  const float* const b = call_.samples.x2.row(col);
  const std::int64_t n = call_.samples.features();
  const double k = mean_product(a, b, n);
  if (k * k <= (1 - 2.0 * closeness) * mean_product(a, a, n) * mean_product(b, b, n)) return false;
  return !std::equal(a, a + n, b);
}

SampleRows<double> CloseBundles::in_float64(const SampleRows<float>& x,
                                            const std::vector<std::int64_t>& which) {
  double* end = exact_->numbers.data();
  for (const std::int64_t i : which) end = std::copy_n(x.row(i), x.features, end);
  return sample_rows(exact_->numbers.data(), static_cast<std::int64_t>(which.size()), x.features);
}

// At most `lanes` rows against one bundle.
void CloseBundles::recompute_rows(const Square& tile, std::int64_t bundle, const CloseRow* rows,
                                  std::int64_t count, const PerKernel<float*>& kernels,
                                  std::int64_t ld) {
  Exact& exact = *exact_;
  const std::size_t variances = to_size(plan_.program().variances);
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < count; ++i) samples.push_back(tile.area.row + rows[i].row);
  const SampleRows<double> numbers = in_float64(call_.samples.x1, samples);
  exact.rows.fill(numbers, exact.of_variances, call_.executor, call_.control, {});
  exact.row_variances.copy_from(exact.rows, count);
  call_.executor.parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      BundleVariances<double> v;
      for (std::size_t at = 0; at < variances; ++at) {
        v.first.push_back(exact.row_variances.variance(at, i));
        v.second.push_back(exact.cols.variance(at, 0));
      }
      alignas(64) double nngp[lanes], ntk[lanes];
      exact.of_pairs.run(
          {numbers.row(i), exact.cols.data(0), 1}, v, call_.control,
          {kernels.nngp == nullptr ? nullptr : nngp, kernels.ntk == nullptr ? nullptr : ntk});
      const PerKernel<const double*> computed{nngp, ntk};
      for (const Kernel k : all_kernels) {
        if (kernels[k] == nullptr) continue;
        float* const out = kernels[k] + rows[i].row * ld + bundle * lanes;
        for (std::int64_t l = 0; l < lanes; ++l)
          if ((rows[i].lanes >> l & 1U) != 0) out[l] = static_cast<float>(computed[k][l]);
      }
    }
  });
}

Memory CloseBundles::memory(std::int64_t n, std::int64_t side) {
  return {static_cast<std::int64_t>(sizeof(float)) * (2 * n + side * lanes), 0};
}

}  // namespace widelimit::detail
