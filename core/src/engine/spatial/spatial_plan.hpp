// A compiled network with sites, and its schedules.
#pragma once

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "engine/plan/lazy.hpp"
#include "engine/spatial/schedule.hpp"
#include "engine/spatial/spatial_program.hpp"

#include <array>
#include <cstddef>
#include <new>
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
  /// The schedule for a purpose, made on first use. Throws as make_schedule(), and
  /// Error(memory).
  [[nodiscard]] const Schedule& schedule(Purpose purpose) const {
    return schedules_[static_cast<std::size_t>(purpose)].get([&] {
      try {
        return make_schedule(program_, purpose);
      } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::memory, "no memory for the plan of a network with so many sites");
      }
    });
  }

 private:
  SpatialProgram program_;
  std::array<Lazy<Schedule>, 3> schedules_;
};

}  // namespace widelimit::detail
