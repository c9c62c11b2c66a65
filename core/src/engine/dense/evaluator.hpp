// Running a program on blocks of covariances: on the pairs of a tile, and on samples with
// themselves, which gives the variances that the pairs are normalised by.
#pragma once

#include "engine/dense/program.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/buffer.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace widelimit::detail {

/// Lanes of samples are padded to whole tiles.
[[nodiscard]] constexpr std::int64_t padded(std::int64_t n) noexcept {
  return up_to_multiple(n, tile_side);
}

/// Of n samples: the variance each layer that asked for it normalises by, and the kernels'
/// diagonal.
template <class T>
struct Variances {
  std::int64_t lanes = 0;          ///< padded
  std::vector<Buffer<T>> of_step;  ///< [variances of the program][lanes]
  PerKernel<Buffer<T>> diagonal;   ///< [lanes] at the network's end; ntk only where asked for
};

/// Mutable memory of one worker.
template <class T>
class TripMemory {
 public:
  TripMemory(const Program& program, std::int64_t rows, std::int64_t lanes);
  [[nodiscard]] static std::int64_t bytes(const Program& program, std::int64_t rows,
                                          std::int64_t lanes) noexcept;

 private:
  template <class>
  friend class Evaluator;
  PerKernel<std::vector<Buffer<T>>> buffers_;
  Buffer<T> zero_;
  Buffer<std::byte> scratch_;
  std::vector<std::int32_t> first_at_, second_at_;
  std::vector<widelimit_field> fields_;  // of the widest step's inputs, likewise the pointers
  std::vector<const widelimit_field*> field_;
  std::vector<const widelimit_linear*> pending_;
  std::vector<const widelimit_shape*> shape_;
  widelimit_error error_ = make_abi_error();
};

/// Called after each step (its index; -1: before the first) with the buffer that it wrote, for
/// statistics.
template <class T>
using Observer = std::function<void(int step, const T* nngp, const T* ntk)>;
/// How often an observer is called on the way of one block.
[[nodiscard]] inline std::int64_t observations(const Program& program) noexcept {
  return std::ssize(program.steps) + 1;
}

template <class T>
class Evaluator {
 public:
  explicit Evaluator(const Program& program) : program_(program) {}

  /// `input` [n] are the variances of the data. With the NTK's diagonal where `with_ntk`. The
  /// observer, which may throw, is where a caller stops between layers.
  [[nodiscard]] Variances<T> variances(const T* input, std::int64_t n, bool with_ntk,
                                       const Observer<T>& observer) const;

  /// A block of pairs: rows x lanes covariances `input` (row stride = lanes), the rows from sample
  /// `row` of v1, the lanes from sample `col` of v2. With their NTK where `out.ntk` or `observer`
  /// is given. Writes `out` (NULL: not wanted) with row stride `lanes`; out.nngp may be `input`.
  void pairs(const T* input, std::int64_t rows, std::int64_t lanes, const Variances<T>& v1,
             std::int64_t row, const Variances<T>& v2, std::int64_t col, TripMemory<T>& work,
             const PerKernel<T*>& out, const Observer<T>& observer = {}) const;

 private:
  struct Block;
  void run(const Block& block, TripMemory<T>& work) const;

  const Program& program_;
};

}  // namespace widelimit::detail
