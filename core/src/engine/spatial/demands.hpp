// The backward inference: which displacements of every operation are needed.
#pragma once

#include "engine/spatial/schedule.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

class Demands {
 public:
  Demands(const SpatialProgram& program, Purpose purpose);

  /// In C order.
  [[nodiscard]] std::vector<Axes> of(std::size_t op) const;
  /// The fields of input `input` that field d of an operation is made from, without those that do
  /// not exist. They replace what `read` holds: this is asked of every field.
  void read_by(std::size_t op, std::size_t input, const Axes& d, std::vector<Axes>& read) const;

 private:
  void want(int op, const Axes& d);
  void ask_plugin(const FieldOp& op, const Axes& d, std::vector<Axes>& read) const;

  const SpatialProgram& program_;
  std::vector<std::vector<bool>> wanted_;  // [operation][index of displacement]
};

/// The displacement at a place in C order.
[[nodiscard]] Axes displacement_at(const Image& image, std::int64_t index) noexcept;

}  // namespace widelimit::detail
