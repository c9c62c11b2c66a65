// The nonlinearities' moments against tables and quadrature, and their finite faces.
#include "plugins/reference.hpp"
#include "plugins/support/batch.hpp"
#include "plugins/support/quadrature.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace widelimit::plugin_tests {
namespace {

Layer make(const Nonlinearity& f) { return Layer(Library(f.library), f.type, f.parameters); }

double distance(double a, double b) { return std::abs(a - b) / std::max(1.0, std::abs(b)); }

/// Is `found` E[f(u) f(v)], up to what a covariance a few units in the last place away would give?
/// Near correlation 1 the moment of a step changes by that much from one number to the next.
template <class F>
bool is_moment(const F& f, double found, Covariance c) {
  // The rule has about 15 digits of each term; 48 x 4 x 336 of them are summed.
  constexpr double rounding = 2e-12, ulps = 2 * std::numeric_limits<double>::epsilon();
  const double expected = expected_product(f, c);
  if (distance(found, expected) <= rounding) return true;
  c.k -= std::copysign(ulps, c.k) * std::sqrt(c.p * c.q);
  const double nearby = expected_product(f, c);
  return distance(found, expected) <= rounding + std::abs(nearby - expected);
}

/// Covariances from harmless to nearly degenerate.
std::vector<Covariance> covariances() {
  std::vector<Covariance> points;
  for (const auto& [p, q] : {std::pair{1.3, 0.7}, {0.05, 3.0}, {2.0, 2.0}})
    for (const double c :
         {-1 + 1e-12, -1 + 1e-6, -0.97, -0.3, 0.0, 1e-9, 0.4, 0.9, 0.9999, 1 - 1e-8, 1 - 1e-13})
      points.push_back({c * std::sqrt(p * q), p, q});
  return points;
}

}  // namespace

TEST_CASE("moments agree with the table of the mathematical reference to its 12 digits") {
  for (const Nonlinearity& f : nonlinearities()) {
    CAPTURE(f.type);
    const Layer layer = make(f);
    for (const auto& [point, expected] :
         {std::pair{at_v1, f.v1}, {at_v2, f.v2}, {at_diagonal, f.diagonal}}) {
      const MomentPair found = moments_at<double>(layer, point);
      // The table is rounded to 12 digits: half a unit of the last, and rounding.
      CHECK(distance(found.value, expected.value) <= 1e-11);
      CHECK(distance(found.slope, expected.slope) <= 1e-11);
    }
  }
}

TEST_CASE("moments agree with two-dimensional quadrature of value and slope") {
  for (const Nonlinearity& f : nonlinearities()) {
    CAPTURE(f.type);
    const Layer layer = make(f);
    const std::vector<Covariance> points = covariances();
    const std::vector<MomentPair> found = moments<double>(layer, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      CAPTURE(points[i].k);
      CAPTURE(points[i].p);
      CAPTURE(points[i].q);
      CHECK(is_moment(f.value, found[i].value, points[i]));
      if (f.slope_moment) CHECK(is_moment(f.slope, found[i].slope, points[i]));
    }
  }
}

TEST_CASE("the slope's moment is the derivative of the value's with respect to the covariance") {
  for (const Nonlinearity& f : nonlinearities()) {
    if (!f.slope_moment) continue;
    CAPTURE(f.type);
    const Layer layer = make(f);
    for (const Covariance c : {at_v1, at_v2}) {
      constexpr double h = 1e-5;
      const auto points = moments<double>(layer, {{c.k - h, c.p, c.q}, {c.k + h, c.p, c.q}, c});
      // Central difference: h^2 of a third derivative of order 1, and eps / h.
      CHECK(distance((points[1].value - points[0].value) / (2 * h), points[2].slope) <= 1e-9);
    }
  }
}

TEST_CASE("a pending map of window 1 is applied as if it had been materialised, to the bit") {
  widelimit_linear map{};
  map.struct_size = sizeof map;
  map.rank = 1;
  for (int axis = 0; axis < 4; ++axis) map.window[axis] = map.stride[axis] = map.dilation[axis] = 1;
  map.scale = 1.44;
  map.bias = 0.01;
  for (const bool common : {true, false}) {
    map.ntk_nngp = common ? map.scale : 7;
    map.ntk_bias = common ? map.bias : 1;
    for (const Nonlinearity& f : nonlinearities()) {
      CAPTURE(f.type);
      const Layer layer = make(f);
      if ((layer.traits & WIDELIMIT_TRAIT_TAKES_PENDING) == 0) continue;
      constexpr std::int64_t sites = 3, lanes = 32;
      Tile<double> raw(sites, lanes), mapped(sites, lanes);
      Aligned<double> first(sites), second(raw.entries());
      for (std::size_t i = 0; i < raw.entries(); ++i) {
        const double c = std::cos(0.7 * static_cast<double>(i));
        first[i / lanes] = 0.5 + static_cast<double>(i / lanes);
        second[i] = 0.3 + 0.1 * static_cast<double>(i % lanes);
        raw.nngp[i] = 0.5 * c * std::min(first[i / lanes], second[i]);
        raw.ntk[i] = 0.1 + c;
        mapped.nngp[i] = raw.nngp[i] * map.scale + map.bias;
        mapped.ntk[i] = common ? std::fma(map.scale, raw.ntk[i], mapped.nngp[i])
                               : std::fma(map.scale, raw.ntk[i],
                                          std::fma(map.ntk_nngp, raw.nngp[i], map.ntk_bias));
      }
      const auto fused = transform(layer, std::vector{raw}, first, second, &map);
      const auto apart = transform(layer, std::vector{mapped}, first, second);
      for (std::size_t i = 0; i < raw.entries(); ++i) {
        CHECK(fused.nngp[i] == apart.nngp[i]);
        // The baseline copy rounds its fused products twice.
        CHECK(distance(fused.ntk[i], apart.ntk[i]) <= 4e-16);
      }
    }
  }
}

TEST_CASE("a nonlinearity at finite width is its function, and its derivatives agree") {
  for (const Nonlinearity& f : nonlinearities()) {
    CAPTURE(f.type);
    const Layer layer = make(f);
    const Batch batch(layer, 5);
    CHECK(batch.theta_size == 0);
    std::vector<Numbers> x{normal_numbers(1, batch.in_size(0))};
    for (double& xi : x[0]) xi += std::copysign(0.01, xi);  // away from kinks
    const Numbers y = batch.forward({}, x);
    constexpr double h = 1e-6;
    std::vector<Numbers> up = x, down = x;
    const std::vector<Numbers> x_dot{normal_numbers(2, batch.in_size(0))};
    for (std::size_t i = 0; i < x[0].size(); ++i) {
      up[0][i] += h * x_dot[0][i];
      down[0][i] -= h * x_dot[0][i];
    }
    const Numbers y_up = batch.forward({}, up), y_down = batch.forward({}, down);
    const Numbers y_dot = batch.jvp({}, {}, x, x_dot);
    for (std::size_t i = 0; i < y.size(); ++i) {
      CHECK(distance(y[i], f.value(x[0][i])) <= 4e-16);
      CHECK(distance((y_up[i] - y_down[i]) / (2 * h), y_dot[i]) <= 1e-8);
    }
    const Numbers y_bar = normal_numbers(3, y.size());
    Numbers theta_bar;
    std::vector<Numbers> x_bar{Numbers(x[0].size(), 1.0)};
    batch.vjp({}, x, y_bar, theta_bar, x_bar);
    for (double& xi : x_bar[0]) xi -= 1;  // it adds
    CHECK(distance(inner(x_bar[0], x_dot[0]), inner(y_bar, y_dot)) <= 1e-13);
  }
}

TEST_CASE("nonlinearities need a Gaussian input and their output is none") {
  for (const Nonlinearity& f : nonlinearities()) {
    CAPTURE(f.type);
    const Layer layer = make(f);
    CHECK(layer.nature == WIDELIMIT_POINTWISE);
    CHECK((layer.traits & WIDELIMIT_TRAIT_NEEDS_GAUSSIAN) != 0);
    CHECK((layer.traits & WIDELIMIT_TRAIT_NEEDS_VARIANCES) != 0);
    CHECK((layer.traits & WIDELIMIT_TRAIT_TAKES_PENDING) != 0);
    CHECK((layer.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) == 0);
    CHECK(layer.output.channels == layer.inputs()[0].channels);
  }
}

TEST_CASE("missing parameters without a default are reported with their pointers") {
  for (const auto& [type, pointer] : {std::pair{"leaky_relu", "/alpha"}, {"ab_relu", "/a"}}) {
    try {
      const Layer layer(Library("relu"), type);
      FAIL("not refused");
    } catch (const Refusal& refusal) {
      CHECK(refusal.status == WIDELIMIT_E_PARAMS);
      CHECK(refusal.pointer == pointer);
    }
  }
  try {
    const Layer layer(Library("rbf"), "rbf", {{"gamma", -1.0}});
    FAIL("not refused");
  } catch (const Refusal& refusal) {
    CHECK(refusal.pointer == "/gamma");
  }
}

}  // namespace widelimit::plugin_tests
