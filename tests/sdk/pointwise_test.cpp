// The pointwise loop in every copy: each kind of run against the formula evaluated one entry at a
// time in double precision.
#include "copies.hpp"
#include "types.hpp"

#include <widelimit/sdk/plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace {

using widelimit::test::Bundle;
using widelimit::test::Copy;
using widelimit::test::LayerObject;
using widelimit::test::Options;
using widelimit::test::random_bundle;
using widelimit::test::Result;

constexpr std::int64_t sites = 5, lanes = 32;

struct Expected {
  double nngp, ntk;
};

/// erf with scale 1: Williams' formula by the standard library.
Expected erf_entry(double k, double p, double q, double theta) {
  const double d = (1 + 2 * p) * (1 + 2 * q), a = 2 / std::numbers::pi;
  return {a * std::asin(2 * k / std::sqrt(d)), 2 * a / std::sqrt(d - 4 * k * k) * theta};
}
/// relu: Cho and Saul's.
Expected relu_entry(double k, double p, double q, double theta) {
  const double scale = std::sqrt(p * q), c = std::clamp(k / scale, -1.0, 1.0);
  const double t = std::acos(c), turn = 2 * std::numbers::pi;
  return {scale * (std::sin(t) + (std::numbers::pi - t) * c) / turn,
          (std::numbers::pi - t) / turn * theta};
}

using Formula = Expected (*)(double, double, double, double);

widelimit_linear map(double scale, double bias, double ntk_nngp, double ntk_bias) {
  widelimit_linear m = widelimit::test::identity_map();
  m.scale = scale;
  m.bias = bias;
  m.ntk_nngp = ntk_nngp;
  m.ntk_bias = ntk_bias;
  return m;
}

/// Variances are those after the map; a map is undone on the covariances, so that mapped they are
/// consistent again.
Bundle before(Bundle b, const widelimit_linear* m) {
  if (m != nullptr)
    for (double& k : b.nngp[0]) k = (k - m->bias) / m->scale;
  return b;
}

void check(const LayerObject& layer, Formula formula, const Bundle& b, const Options& options,
           const widelimit_linear* m) {
  const Result result = widelimit::test::transform(layer, b, options);
  REQUIRE_MESSAGE(result.status == WIDELIMIT_OK, result.message);
  const double eps = options.dtype == WIDELIMIT_F32 ? std::numeric_limits<float>::epsilon()
                                                    : std::numeric_limits<double>::epsilon();
  const bool per_lane = b.first.size() == b.size();
  double worst = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const auto site = static_cast<std::int64_t>(i) / b.lanes;
    if (site < options.row_begin || (options.row_end > 1 && site >= options.row_end)) {
      REQUIRE(result.nngp[i] == options.untouched);
      REQUIRE(result.ntk[i] == options.untouched);
      continue;
    }
    const double p = b.first[per_lane ? i : static_cast<std::size_t>(site)], q = b.second[i];
    double k = b.nngp[0][i], theta = b.ntk[0][i];
    if (m != nullptr) {
      theta = m->ntk_nngp * k + m->scale * theta + m->ntk_bias;
      k = m->scale * k + m->bias;
    }
    const Expected expected = formula(k, p, q, theta);
    // Values are at most a few units; near correlation 1 the slope is only as good as the root of
    // the rounding of the correlation (Lipschitz constant of arccos), for entries at lane 3 mod 7
    // after a map that was undone and done again in rounded numbers.
    const double scale = std::max(1.0, std::sqrt(p * q));
    const double nngp_error = std::abs(result.nngp[i] - expected.nngp) / scale;
    worst = std::max(worst, nngp_error);
    REQUIRE(nngp_error <= 16 * eps);
    if (options.ntk) {
      const double e = std::max(1 - std::abs(k) / std::sqrt(p * q), eps);
      const double tolerance = 16 * eps * (1 + 1 / std::sqrt(e)) * std::max(1.0, std::abs(theta));
      REQUIRE(std::abs(result.ntk[i] - expected.ntk) <= tolerance);
    }
  }
}

}  // namespace

TEST_CASE("every kind of run agrees with the formula, in every copy and precision") {
  const widelimit_linear common = map(1.5, 0.1, 1.5, 0.1), general = map(1.5, 0.25, 6, 1),
                         frozen = map(0.5, 0, 0, 0);
  for (const Copy& copy : widelimit::test::copies())
    for (const bool is_erf : {true, false}) {
      const char* const name = is_erf ? "erf" : "relu";
      const Formula formula = is_erf ? erf_entry : relu_entry;
      const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
      for (const auto dtype : {WIDELIMIT_F32, WIDELIMIT_F64})
        for (const bool ntk : {false, true})
          for (const bool first_per_lane : {false, true})
            for (const widelimit_linear* pending :
                 {static_cast<const widelimit_linear*>(nullptr), &common, &general, &frozen}) {
              CAPTURE(copy.name);
              CAPTURE(name);
              CAPTURE(dtype);
              CAPTURE(ntk);
              CAPTURE(first_per_lane);
              CAPTURE((pending == nullptr ? 0 : pending->ntk_nngp));
              Options options;
              options.dtype = static_cast<std::uint32_t>(dtype);
              options.ntk = ntk;
              if (pending != nullptr) options.pending = {pending};
              const Bundle b = before(random_bundle(sites, lanes, 1, first_per_lane), pending);
              check(layer, formula, b, options, pending);
            }
    }
}

TEST_CASE("a run in place gives the bits of one out of place") {
  const widelimit_linear general = map(1.5, 0.25, 6, 1);
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), "relu"));
    const Bundle b = random_bundle(sites, lanes);
    Options options;
    options.pending = {&general};
    const Result apart = widelimit::test::transform(layer, b, options);
    options.in_place = true;
    const Result in_place = widelimit::test::transform(layer, b, options);
    CHECK(apart.nngp == in_place.nngp);
    CHECK(apart.ntk == in_place.ntk);
  }
}

TEST_CASE("a run writes its own rows and nothing else") {
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), "erf"));
    Options options;
    options.row_begin = 1;
    options.row_end = 4;
    check(layer, erf_entry, random_bundle(sites, lanes), options, nullptr);
  }
}

TEST_CASE("an entry has the same bits at any position in any bundle") {
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    for (const char* name : {"erf", "relu", "erf_by_quadrature"}) {
      const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
      const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
      Options options;
      options.scratch_bytes = plan.plan.scratch_bytes;
      const Bundle large = random_bundle(2, 64);
      Bundle small = large;
      small.sites = 1;
      small.lanes = 16;
      const std::size_t from = 64 + 37;  // site 1, lanes 37 to 52
      const auto cut = [&](std::vector<double>& v) {
        v = std::vector<double>(v.begin() + from, v.begin() + from + 16);
      };
      cut(small.nngp[0]);
      cut(small.ntk[0]);
      cut(small.second);
      small.first = {large.first[1]};
      const Result a = widelimit::test::transform(layer, large, options);
      const Result b = widelimit::test::transform(layer, small, options);
      for (std::size_t i = 0; i < 16; ++i) {
        CHECK(a.nngp[from + i] == b.nngp[i]);
        CHECK(a.ntk[from + i] == b.ntk[i]);
      }
    }
  }
}

TEST_CASE("a sample against itself meets the run that makes variances to the bit") {
  const widelimit_linear maps[] = {map(1, 0, 0, 0), map(2.25, 0.01, 2.25, 0.01),
                                   map(1.7, 0.3, 5, 1)};
  for (const Copy& copy : widelimit::test::copies())
    for (const char* name : {"erf", "relu", "erf_by_quadrature", "scalar"})
      for (const auto dtype : {WIDELIMIT_F32, WIDELIMIT_F64})
        for (const widelimit_linear& m : maps) {
          CAPTURE(copy.name);
          CAPTURE(name);
          CAPTURE(dtype);
          const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
          const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
          // 16 samples: pairs (i, i) on the diagonal of a 16 x 16 tile, and as (x, x) lanes.
          Bundle self = random_bundle(1, 16, 1, true);
          const auto rounded = [&](double x) {
            return dtype == WIDELIMIT_F32 ? double{static_cast<float>(x)} : x;
          };
          // The map as whoever makes variances applies it: product and sum rounded separately.
          const auto mapped = [&](double x) {
            return rounded(rounded(rounded(m.scale) * x) + rounded(m.bias));
          };
          for (std::size_t i = 0; i < 16; ++i) {
            const double x = rounded(self.first[i]);
            self.nngp[0][i] = x;
            self.first[i] = self.second[i] = mapped(x);
          }
          Bundle tile = self;
          tile.sites = 16;
          tile.nngp[0].clear();
          tile.ntk[0].clear();
          tile.second.clear();
          for (std::size_t s = 0; s < 16; ++s)
            for (std::size_t l = 0; l < 16; ++l) {
              tile.nngp[0].push_back(s == l ? self.nngp[0][s] : 0);
              tile.ntk[0].push_back(self.ntk[0][s]);
              tile.second.push_back(self.second[l]);
            }
          Options options;
          options.dtype = static_cast<std::uint32_t>(dtype);
          options.scratch_bytes = plan.plan.scratch_bytes;
          options.pending = {&m};
          const Result own = widelimit::test::transform(layer, self, options);
          options.ntk = false;
          const Result own_nngp_alone = widelimit::test::transform(layer, self, options);
          options.ntk = true;
          options.row_end = 16;
          const Result pairs = widelimit::test::transform(layer, tile, options);
          REQUIRE(own.status == WIDELIMIT_OK);
          REQUIRE(pairs.status == WIDELIMIT_OK);
          for (std::size_t i = 0; i < 16; ++i) {
            CHECK(pairs.nngp[i * 17] == own.nngp[i]);
            CHECK(pairs.ntk[i * 17] == own.ntk[i]);
            CHECK(own_nngp_alone.nngp[i] == own.nngp[i]);
          }
        }
}

TEST_CASE("the copies agree with one another to rounding") {
  const auto& copies = widelimit::test::copies();
  for (const char* name : {"erf", "relu", "erf_by_quadrature", "scalar"})
    for (const auto dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
      CAPTURE(name);
      const Bundle b = random_bundle(sites, lanes);
      std::vector<Result> results;
      for (const Copy& copy : copies) {
        const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
        const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
        Options options;
        options.dtype = static_cast<std::uint32_t>(dtype);
        options.scratch_bytes = plan.plan.scratch_bytes;
        results.push_back(widelimit::test::transform(layer, b, options));
      }
      const double eps = dtype == WIDELIMIT_F32 ? 0x1p-23 : 0x1p-52;
      for (std::size_t c = 1; c < results.size(); ++c)
        for (std::size_t i = 0; i < b.size(); ++i) {
          const double scale = std::max(1.0, std::abs(results[0].nngp[i]));
          CHECK(std::abs(results[c].nngp[i] - results[0].nngp[i]) <= 16 * eps * scale);
          // Where the correlation is 1 - e, rounding of it moves the slope by eps / sqrt(e); the
          // bundle's e is 1e-3 or 0 exactly.
          CHECK(std::abs(results[c].ntk[i] - results[0].ntk[i]) <= 200 * eps * scale);
        }
    }
}

TEST_CASE("moments on plain numbers serve vectors lane by lane") {
  for (const Copy& copy : widelimit::test::copies()) {
    const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), "scalar"));
    const Bundle b = random_bundle(1, lanes);
    const Result result = widelimit::test::transform(layer, b, {});
    for (std::size_t i = 0; i < b.size(); ++i) CHECK(result.nngp[i] == std::exp(b.nngp[0][i]));
  }
}

TEST_CASE("not a number in one entry stays in that entry") {
  for (const Copy& copy : widelimit::test::copies())
    for (const char* name : {"erf", "relu", "erf_by_quadrature"}) {
      CAPTURE(copy.name);
      CAPTURE(name);
      const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
      const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
      Options options;
      options.scratch_bytes = plan.plan.scratch_bytes;
      Bundle b = random_bundle(1, lanes);
      b.nngp[0][5] = std::nan("");
      const Result result = widelimit::test::transform(layer, b, options);
      for (std::size_t i = 0; i < b.size(); ++i) CHECK(std::isnan(result.nngp[i]) == (i == 5));
    }
}

TEST_CASE("a pending map with a window of five is refused, so that the host materialises it") {
  widelimit_linear window = map(1, 0, 1, 0);
  window.window[0] = 5;
  Options options;
  options.pending = {&window};
  for (const char* name : {"erf", "erf_by_quadrature"}) {
    const LayerObject layer(
        widelimit::test::layer_type(*widelimit::test::copies()[0].plugin(), name));
    const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
    options.scratch_bytes = plan.plan.scratch_bytes;
    const Result result = widelimit::test::transform(layer, random_bundle(1, 16), options);
    CHECK(result.status == WIDELIMIT_E_UNSUPPORTED);
    CHECK(result.nngp[0] == options.untouched);
  }
}

TEST_CASE("a run without variances or with odd lanes is the host's mistake and said so") {
  const LayerObject layer(
      widelimit::test::layer_type(*widelimit::test::copies()[0].plugin(), "erf"));
  Options options;
  options.variances = false;
  CHECK(widelimit::test::transform(layer, random_bundle(1, 16), options).status ==
        WIDELIMIT_E_ARGUMENT);
  CHECK(widelimit::test::transform(layer, random_bundle(1, 24), {}).status == WIDELIMIT_E_ARGUMENT);
}

TEST_CASE("a nonlinearity plans what its transform needs and ends the Gaussian process") {
  const LayerObject layer(
      widelimit::test::layer_type(*widelimit::test::copies()[0].plugin(), "erf"));
  const widelimit::test::Planned plan(layer, {widelimit::test::shape(8, {4, 4})});
  REQUIRE(plan.status == WIDELIMIT_OK);
  CHECK(plan.plan.nature == WIDELIMIT_POINTWISE);
  CHECK(plan.plan.traits == (WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_GAUSSIAN |
                             WIDELIMIT_TRAIT_TAKES_PENDING));
  CHECK(plan.output.channels == 8);
  CHECK(plan.output.n_spatial == 2);
  CHECK(plan.output.flags == 0);
  // A row of zeros before a window of 3: six sites of sixteen numbers in double.
  CHECK(plan.plan.scratch_bytes == 6 * 16 * 8);
  const widelimit::test::Planned two(layer, {widelimit::test::shape(8), widelimit::test::shape(8)});
  CHECK(two.status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(two.error.message) == "takes 1 input, got 2");
}

TEST_CASE("scratch is the larger of the sizes that the SDK and the author request") {
  widelimit_plan raw{};
  widelimit::sdk::Plan plan(raw);
  plan.set_scratch(768);
  plan.set_scratch(64);
  CHECK(raw.scratch_bytes == 768);
  plan.set_scratch(1024);
  CHECK(raw.scratch_bytes == 1024);
}
