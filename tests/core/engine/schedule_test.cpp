// Schedules: how many displacements go side by side is a matter of speed alone.
#include "engine/spatial/schedule.hpp"
#include "core/engine/static_layers.hpp"
#include "engine/network/compiled.hpp"
#include "engine/spatial/bundled_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

using namespace widelimit;
using namespace widelimit::detail;

namespace {

constexpr std::int64_t sites = 9, channels = 3;

struct Result {
  std::size_t trips = 0;
  std::array<float, bundle_lanes> nngp{}, ntk{};
};

/// One sample against others, with so many sites side by side.
Result with_trip_sites(const SpatialProgram& program, std::int64_t trip_sites) {
  const MatrixF x = test::to_float(test::random_matrix(bundle_lanes, sites * channels, 7));
  const auto executor = make_executor(1);
  const Schedule variances = make_schedule(program, Purpose::variances, trip_sites),
                 pairs = make_schedule(program, Purpose::pairs, trip_sites);
  BundleWorkers<float> variance_workers(program, variances, false),
      pair_workers(program, pairs, true);
  BundledSamples<float> cols(program, bundle_lanes);
  cols.fill(sample_rows(x.data(), bundle_lanes, sites * channels), variance_workers, *executor,
            nullptr, {});
  SampleVariances<float> rows(program, bundle_lanes);
  rows.copy_from(cols, bundle_lanes);
  BundleVariances<float> v;
  for (std::size_t i = 0; i < static_cast<std::size_t>(program.variances); ++i) {
    v.first.push_back(rows.variance(i, 3));
    v.second.push_back(cols.variance(i, 0));
  }
  Result result;
  for (const Schedule::Level& level : pairs.levels) result.trips += level.trips.size();
  pair_workers.run({x.flat().data() + 3 * sites * channels, cols.data(0), 1}, v, nullptr,
                   {result.nngp.data(), result.ntk.data()});
  return result;
}

}  // namespace

TEST_CASE("kernels are the same to the bit however many displacements go side by side") {
  const Layer dense = test::dense(1.4, 0.3), relu = test::relu();
  const std::vector<Layer> layers{dense, relu, test::sum({{dense, relu, dense}, {dense}}), relu,
                                  test::mean_over_pairs()};
  const Compiled compiled(layers, {{sites}, channels});
  REQUIRE(compiled.spatial.has_value());

  const Result alone = with_trip_sites(compiled.spatial->program(), 1);
  CHECK(alone.trips >= 2 * sites - 1);
  CHECK(std::all_of(alone.ntk.begin(), alone.ntk.end(), [](float t) { return t > 0; }));
  std::size_t trips = alone.trips;
  for (const std::int64_t at_once : {20, 60, 1 << 20}) {
    const Result r = with_trip_sites(compiled.spatial->program(), at_once);
    CHECK(r.trips < trips);
    trips = r.trips;
    CHECK(r.nngp == alone.nngp);
    CHECK(r.ntk == alone.ntk);
  }
}
