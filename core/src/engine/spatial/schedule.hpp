// The fields that a bundle needs, determined from the network's end backwards, and their order.
#pragma once

#include "engine/plan/image.hpp"
#include "engine/spatial/spatial_program.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The purpose of running a bundle.
enum class Purpose {
  pairs,      ///< the network's end for pairs of samples
  variances,  ///< the variances that layers read, from samples with themselves
  diagonals   ///< the network's end and the variances, from samples with themselves
};

/// A bundle runs level by level. It runs all trips of a level, whose fields stay in cache, and the
/// gathering layers at the end of the level accumulate. A trip is the closure of one displacement:
/// all fields of the level that depend on one another. Several closures may form one trip.
struct Schedule {
  struct Field {
    std::int32_t op;
    Axes d;
    bool kept;             ///< until the bundle ends; otherwise until its last reader in the trip
    std::int64_t storage;  ///< first site in the memory of kept fields, or of trips
  };
  /// Computes one field. `links` and `feeds` are indices into `numbers`. Links: for each input of
  /// the operation, the number of fields, then the fields. Feeds: the number of gathering layers,
  /// then for each its index in the level's gathers, the number of output fields, and these fields.
  /// Fields of a trip with the same image and displacement share a `table` of positions of
  /// variances; -1: the layer reads none.
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

  std::vector<Field> fields;        ///< the fields of an operation are contiguous
  std::vector<std::int32_t> first;  ///< first field of every operation, then the end
  std::vector<Task> tasks;
  std::vector<std::int32_t> numbers;
  std::vector<Level> levels;
  std::int32_t result = -1;       ///< field of the network's end; -1: not computed
  std::int64_t shared_sites = 0;  ///< most sites of live fields in a trip
  std::int64_t kept_sites = 0;
  std::vector<std::int64_t> tables;  ///< most sites of each table of a trip
  std::int64_t wrapped_sites = 0;    ///< of the largest wrapped field
  std::int64_t longest_row = 0;      ///< in sites, for maps that core applies

  [[nodiscard]] std::int64_t displacements(std::size_t op) const {
    return first[op + 1] - first[op];
  }
  [[nodiscard]] std::int64_t bytes() const noexcept {
    return static_cast<std::int64_t>(fields.size() * sizeof(Field) + tasks.size() * sizeof(Task) +
                                     numbers.size() * sizeof(std::int32_t));
  }
};

/// The number of sites for which the fields of both kernels in float32 fill half of this
/// processor's second-level cache, taken as 512 KiB to 2 MiB, and as 1 MiB if its size is unknown.
/// Measured: a quarter of the cache and the whole cache are slower.
[[nodiscard]] std::int64_t sites_in_cache() noexcept;

/// Puts several closures into one trip while their live fields have at most `trip_sites` sites. No
/// result depends on it. Throws Error(usage) if a stencil reads several displacements, and the
/// errors of the plugins' `reads`.
[[nodiscard]] Schedule make_schedule(const SpatialProgram& program, Purpose purpose,
                                     std::int64_t trip_sites = sites_in_cache());

}  // namespace widelimit::detail
