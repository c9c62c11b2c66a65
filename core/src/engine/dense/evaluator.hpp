// Runs a program on blocks of covariances: on samples with themselves, which gives the variances,
// and on the pairs of a tile, which the layers normalise by these variances.
#pragma once

#include "engine/dense/program.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/buffer.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace widelimit::detail {

/// The number of lanes for n samples, a multiple of the tile side.
[[nodiscard]] constexpr std::int64_t padded_lanes(std::int64_t n) noexcept {
  return round_up(n, tile_side);
}

/// The variances that layers normalise n samples by, and the diagonals of the kernels.
template <class T>
struct Variances {
  std::int64_t lanes = 0;         ///< padded
  std::vector<Buffer<T>> inputs;  ///< [index of Step::variances][lanes]
  PerKernel<Buffer<T>> diagonal;  ///< [lanes] at the network's end; ntk is optional
};

/// The memory that one thread needs to run a program.
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
  // Sized for the step with the most inputs, likewise the pointers.
  std::vector<widelimit_field> fields_;
  std::vector<const widelimit_field*> field_;
  std::vector<const widelimit_linear*> pending_;
  std::vector<const widelimit_shape*> shape_;
  widelimit_error error_ = make_abi_error();
};

/// Collects statistics. Called before the first step with index -1 and the input, and after each
/// step with its index and output.
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
  [[nodiscard]] Variances<T> compute_variances(const T* input, std::int64_t n, bool with_ntk,
                                               const Observer<T>& observer) const;

  /// Computes the kernels of a block of pairs from the covariances `input` [rows, lanes] of the
  /// data. Rows begin at sample `row` of v1, lanes at sample `col` of v2. Computes the NTK if
  /// `out.ntk` or `observer` is set. Writes `out` [rows, lanes]; NULL kernels are not written, and
  /// out.nngp may be `input`.
  void compute_pairs(const T* input, std::int64_t rows, std::int64_t lanes, const Variances<T>& v1,
                     std::int64_t row, const Variances<T>& v2, std::int64_t col,
                     TripMemory<T>& work, const PerKernel<T*>& out,
                     const Observer<T>& observer = {}) const;

 private:
  struct Block;
  void run(const Block& block, TripMemory<T>& work) const;

  const Program& program_;
};

}  // namespace widelimit::detail
