// Which fields of which displacements a bundle needs, inferred backwards from the network's end,
// and in which order they are computed.
#pragma once

#include "engine/plan/image.hpp"
#include "engine/spatial/spatial_program.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// What a bundle is run for.
enum class Purpose {
  pairs,      ///< the network's end
  variances,  ///< of samples with themselves: what layers normalise by
  itself      ///< both
};

/// A bundle goes level by level: through all trips of a level, whose fields stay in cache, while
/// the gathering layers at its end accumulate. A trip is a set of fields that depend on one
/// another, the closure of one displacement under the backward rule, or several such sets side by
/// side.
struct Schedule {
  struct Field {
    std::int32_t op;
    Axes d;
    bool kept;             ///< until the bundle ends; else until its last reader of the trip
    std::int64_t storage;  ///< first site, among the kept ones or those of trips
  };
  /// One field computed. `links` and `feeds` are indices into `numbers`. links: for each input of
  /// the operation how many fields, and which. feeds: how many gathering layers, for each its place
  /// in the level's gathers, how many of its outputs, and which fields those are. Fields of a trip
  /// with one image and displacement share a `table` of the positions of variances; -1: none is
  /// read.
  struct Task {
    std::int32_t field, links, feeds, table;
  };
  struct Trip {
    std::int32_t begin, end;  ///< tasks
  };
  /// A gathering layer that accumulates during a level; its outputs are `count` fields from
  /// `first`.
  struct Gather {
    std::int32_t op, first, count;
  };
  struct Level {
    std::vector<Trip> trips;
    std::vector<Gather> gathers;
  };

  std::vector<Field> fields;        ///< of one operation side by side
  std::vector<std::int32_t> first;  ///< of every operation, the first field; one more at the end
  std::vector<Task> tasks;
  std::vector<std::int32_t> numbers;
  std::vector<Level> levels;
  std::int32_t result = -1;       ///< field of the network's end; -1: not asked for
  std::int64_t shared_sites = 0;  ///< of fields alive at once in a trip
  std::int64_t kept_sites = 0;
  std::vector<std::int64_t> tables;  ///< sites of each table of a trip, at most
  std::int64_t joined_sites = 0;     ///< of the largest wrapped field
  std::int64_t longest_row = 0;      ///< sites, for maps that core applies

  [[nodiscard]] std::int64_t displacements(std::size_t op) const {
    return first[op + 1] - first[op];
  }
  [[nodiscard]] std::int64_t bytes() const noexcept {
    return static_cast<std::int64_t>(fields.size() * sizeof(Field) + tasks.size() * sizeof(Task) +
                                     numbers.size() * sizeof(std::int32_t));
  }
};

/// Of one kernel. Fields of both in single precision are half of this processor's second-level
/// cache then (of 512 KiB at least and 2 MiB at most; 1 MiB where it is not known): where they were
/// a quarter, or all of it, networks took longer.
[[nodiscard]] std::int64_t sites_in_cache() noexcept;

/// Sets of fields go side by side as long as those alive at once have so many sites. No number
/// depends on it. Throws Error(usage) where a stencil reads several displacements, and what `reads`
/// of a plugin reports.
[[nodiscard]] Schedule make_schedule(const SpatialProgram& program, Purpose purpose,
                                     std::int64_t sites_at_once = sites_in_cache());

}  // namespace widelimit::detail
