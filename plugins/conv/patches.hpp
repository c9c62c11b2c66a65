// The numbers under a convolution's windows as rows of a matrix, block by block, so that GEMM does
// the work and memory stays bounded whatever the batch; and the way back, which adds.
//
// Thread safety: a Patches belongs to one pass.
#pragma once

#include <widelimit/sdk/views.hpp>
#include <widelimit/sdk/window.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

/// Some rows of a batch: output sites, counted through all samples. `in` numbers under a window,
/// `out` numbers come out of it.
struct Block {
  std::int64_t begin, rows, in, out;

  /// Of an array [sample, output site, channel].
  template <class T>
  [[nodiscard]] T* rows_of(std::span<T> y) const {
    return y.data() + begin * out;
  }
};

class Patches {
 public:
  /// Memory for one block whose windows hold `in` numbers.
  static std::uint64_t scratch_bytes(std::int64_t in) {
    return static_cast<std::uint64_t>(rows_in_memory(in) * in) * sizeof(double);
  }

  Patches(const widelimit::sdk::Pass& pass, const std::array<widelimit::sdk::Axis, 4>& axes)
      : channels_(pass.in().channels()),
        out_(pass.out().channels()),
        rows_(pass.batch() * pass.out().sites()),
        memory_(static_cast<double*>(pass.scratch())) {
    const auto sites = pass.in().spatial();
    const auto outputs = pass.out().spatial();
    for (std::size_t a = 0; a < 4; ++a) {
      Walk& walk = walks_[a];
      if (a < sites.size()) walk = {sites[a], outputs[a], axes[a].window, {}};
      for (std::int64_t i = 0; i < walk.outputs; ++i)
        for (std::int64_t t = 0; t < walk.taps; ++t)
          walk.site.push_back(widelimit::sdk::site_of_tap(axes[a], walk.sites, i, t));
      taps_ *= walk.taps;
      is_identity_ = is_identity_ && walk.taps == 1 && walk.sites == walk.outputs;
    }
  }

  [[nodiscard]] Block first() const { return block_at(0); }
  [[nodiscard]] Block next(const Block& block) const { return block_at(block.begin + block.rows); }
  [[nodiscard]] double* memory() const { return memory_; }

  /// [row, tap, channel] of x [sample, site, channel]; zero where a tap reads padding. Stands in
  /// memory(), or in x itself where every window is its own site.
  [[nodiscard]] const double* gather(const Block& block, std::span<const double> x) const {
    if (is_identity_) return x.data() + block.begin * channels_;
    double* to = memory_;
    for_each_tap(block, [&](std::int64_t at) {
      if (at < 0)
        std::fill_n(to, channels_, 0.0);
      else
        std::copy_n(x.data() + at, channels_, to);
      to += channels_;
    });
    return memory_;
  }

  /// Adds what stands in memory() to the numbers it belongs to.
  void scatter(const Block& block, std::span<double> x_bar) const {
    const double* from = memory_;
    for_each_tap(block, [&](std::int64_t at) {
      if (at >= 0) {
        double* const to = x_bar.data() + at;
        for (std::int64_t c = 0; c < channels_; ++c) to[c] += from[c];
      }
      from += channels_;
    });
  }

 private:
  /// One axis: the input site that each tap of each output site reads, -1 for padding.
  struct Walk {
    std::int64_t sites = 1, outputs = 1, taps = 1;
    std::vector<std::int64_t> site;

    [[nodiscard]] const std::int64_t* of_output(std::int64_t i) const {
      return site.data() + i * taps;
    }
  };

  /// As many as fit into what a second-level cache holds, and one at least.
  static std::int64_t rows_in_memory(std::int64_t in) {
    constexpr std::int64_t numbers = 1 << 17;
    return std::max<std::int64_t>(1, numbers / std::max<std::int64_t>(1, in));
  }

  [[nodiscard]] Block block_at(std::int64_t begin) const {
    const std::int64_t in = taps_ * channels_;
    return {begin, std::min(rows_in_memory(in), rows_ - begin), in, out_};
  }

  /// Calls f with where the numbers of each tap's site begin, -1 for padding, row by row.
  template <class F>
  void for_each_tap(const Block& block, F f) const {
    for (std::int64_t row = block.begin; row < block.begin + block.rows; ++row) {
      std::array<const std::int64_t*, 4> site;
      std::int64_t rest = row;
      for (std::size_t a = 4; a-- > 0; rest /= walks_[a].outputs)
        site[a] = walks_[a].of_output(rest % walks_[a].outputs);
      const std::int64_t sample = rest;
      for (std::int64_t t0 = 0; t0 < walks_[0].taps; ++t0)
        for (std::int64_t t1 = 0; t1 < walks_[1].taps; ++t1)
          for (std::int64_t t2 = 0; t2 < walks_[2].taps; ++t2)
            for (std::int64_t t3 = 0; t3 < walks_[3].taps; ++t3) {
              const std::int64_t p0 = site[0][t0], p1 = site[1][t1], p2 = site[2][t2],
                                 p3 = site[3][t3];
              if ((p0 | p1 | p2 | p3) < 0) {
                f(std::int64_t{-1});
                continue;
              }
              std::int64_t at = sample * walks_[0].sites + p0;
              at = at * walks_[1].sites + p1;
              at = at * walks_[2].sites + p2;
              f((at * walks_[3].sites + p3) * channels_);
            }
    }
  }

  std::array<Walk, 4> walks_{};
  std::int64_t channels_, out_, rows_, taps_ = 1;
  double* memory_;
  bool is_identity_ = true;
};

}  // namespace
