// The loop over tiles, shared by both engines: skips tiles that the sink has, distributes tiles to
// threads, reports progress, stops on cancellation, and delivers finished tiles to the sink.
#pragma once

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/kernel_call.hpp"
#include "engine/grid/tile_grid.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// Loops over the squares of a grid that the sink of a call does not have.
/// Thread safety: all members may be called by several threads at once.
template <class T>
class TileLoop {
 public:
  /// work_of(square) is the total work that add_done() reports for that square.
  template <class WorkOf>
  TileLoop(const KernelCall<T>& call, const TileGrid& grid, WorkOf&& work_of)
      : TileLoop(call, grid.squares(call.samples.pairs()), work_of) {}

  /// Calls f(square) on all threads.
  template <class F>
  void on_threads(F&& f) {
    call_.executor.parallel_for(static_cast<std::int64_t>(missing_.size()), 1,
                                [&](std::int64_t begin, std::int64_t end) {
                                  for (std::int64_t i = begin; i < end; ++i) {
                                    stop_if_cancelled();
                                    f(missing_[to_size(i)]);
                                  }
                                });
  }
  /// Calls f(square) in the order of the grid, for engines that use threads within a square.
  template <class F>
  void in_order(F&& f) {
    for (const Square& square : missing_) {
      stop_if_cancelled();
      f(square);
    }
  }
  /// Cuts an area into tiles of this side and calls f(tile) for those that the sink does not have.
  template <class F>
  void for_each_tile(const TileArea& area, std::int64_t side, F&& f) const {
    for (std::int64_t top = 0; top < area.rows; top += side)
      for (std::int64_t left = 0; left < area.cols; left += side) {
        const TileArea tile{area.row + top, area.col + left, std::min(side, area.rows - top),
                            std::min(side, area.cols - left)};
        if (!call_.sink.has(tile)) f(tile);
      }
  }

  /// Throws Error(cancelled).
  void stop_if_cancelled() const {
    if (call_.control != nullptr) call_.control->check();
  }
  /// Reports completed work as progress.
  void add_done(std::int64_t work) { done_.add(work); }

  /// Puts a computed tile into the sink, as detail::deliver().
  void deliver(const TileArea& tile, const PerKernel<T*>& kernels, std::int64_t ld) const {
    detail::deliver(tile, kernels, ld, call_.samples.symmetric(), call_.sink);
  }

 private:
  template <class WorkOf>
  TileLoop(const KernelCall<T>& call, std::vector<Square> all, WorkOf& work_of)
      : call_(call),
        missing_(missing_squares(all, call.sink)),
        done_(call.control, call.phase, total_work(all, work_of),
              total_work(all, work_of) - total_work(missing_, work_of)) {}

  static std::vector<Square> missing_squares(const std::vector<Square>& all,
                                             const KernelSink& sink) {
    std::vector<Square> missing;
    for (const Square& square : all)
      if (!sink.has(square.area)) missing.push_back(square);
    return missing;
  }
  template <class WorkOf>
  static std::int64_t total_work(const std::vector<Square>& squares, WorkOf& work_of) {
    std::int64_t sum = 0;
    for (const Square& square : squares) sum += work_of(square);
    return sum;
  }

  const KernelCall<T>& call_;
  std::vector<Square> missing_;
  WorkDone done_;
};

}  // namespace widelimit::detail
