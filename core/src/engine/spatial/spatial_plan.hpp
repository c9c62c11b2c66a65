// A compiled network with sites, and its schedules.
#pragma once

#include "engine/plan/lazy.hpp"
#include "engine/spatial/schedule.hpp"
#include "engine/spatial/spatial_program.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace widelimit::detail {

class SpatialPlan {
 public:
  explicit SpatialPlan(SpatialProgram program) : program_(std::move(program)) {}

  [[nodiscard]] const SpatialProgram& program() const noexcept { return program_; }
  /// The number of features of a sample.
  [[nodiscard]] std::int64_t features() const noexcept {
    return program_.ops.front().image.sites() * program_.channels;
  }
  /// The schedule for a purpose, made on first use. Throws as make_schedule().
  [[nodiscard]] const Schedule& schedule(Purpose purpose) const {
    return schedules_[static_cast<std::size_t>(purpose)].get(
        [&] { return make_schedule(program_, purpose); });
  }

 private:
  SpatialProgram program_;
  std::array<Lazy<Schedule>, 3> schedules_;
};

}  // namespace widelimit::detail
