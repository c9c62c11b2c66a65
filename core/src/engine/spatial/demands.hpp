// Determines which displacements of every operation are needed, from the network's end backwards.
#pragma once

#include "engine/spatial/schedule.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

class Demands {
 public:
  Demands(const SpatialProgram& program, Purpose purpose);

  /// The needed displacements of an operation, in C order.
  [[nodiscard]] std::vector<Axes> displacements_of(std::size_t op) const;
  /// Sets `read` to the displacements of input `input` that field d of an operation reads, without
  /// those outside the image. Called for every field, so it reuses the memory of `read`.
  void find_inputs(std::size_t op, std::size_t input, const Axes& d, std::vector<Axes>& read) const;

 private:
  void require(int op, const Axes& d);
  void find_inputs_by_plugin(const FieldOp& op, const Axes& d, std::vector<Axes>& read) const;

  const SpatialProgram& program_;
  std::vector<std::vector<bool>> needed_;  // [operation][index of displacement]
};

/// The displacement with this index in C order.
[[nodiscard]] Axes displacement_at(const Image& image, std::int64_t index) noexcept;

}  // namespace widelimit::detail
