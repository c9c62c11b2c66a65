// Nearly parallel samples in float32: entries are as good as in float64, and depend on their pair
// alone.
#include "core/engine/plugin_runtime.hpp"

#include <widelimit/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace widelimit;
using widelimit::test::plugin_network;

namespace {

const std::string two_relus = R"([{"type": "dense", "W_std": 1.5, "b_std": 0.05}, "relu",
  {"type": "dense", "W_std": 1.5, "b_std": 0.05}, "relu", "dense"])";
const std::string two_convolutions = R"([
  {"type": "conv", "filter_shape": [3, 3], "padding": "SAME", "W_std": 1.5, "b_std": 0.05}, "relu",
  {"type": "conv", "filter_shape": [3, 3], "padding": "SAME", "W_std": 1.5, "b_std": 0.05}, "relu",
  "global_avg_pool", "dense"])";

// The largest error of a float32 kernel, relative to the variances of its pair in float64. Both
// read the same numbers.
double largest_error(const Network& net, const Samples& x) {
  const Samples x64 = SamplesView(x).converted(Precision::float64, 0, x.count());
  const PerKernel<MatrixF> computed = net.kernels<float>(x);
  const PerKernel<Matrix> exact = net.kernels<double>(x64);
  double largest = 0;
  for (const Kernel k : all_kernels)
    for (std::int64_t i = 0; i < x.count(); ++i)
      for (std::int64_t j = 0; j < x.count(); ++j) {
        const double error = static_cast<double>(computed[k](i, j)) - exact[k](i, j);
        largest = std::max(largest, std::abs(error) / std::sqrt(exact[k](i, i) * exact[k](j, j)));
      }
  return largest;
}

// Images of 6 x 6 pixels with 3 channels of grey levels k / 255; of each run of eight, an image is
// the one before with one level more in one pixel.
Samples images(std::int64_t count) {
  std::mt19937_64 random(4);
  MatrixF x(count, 6 * 6 * 3);
  for (std::int64_t i = 0; i < count; ++i) {
    if (i % 8 == 0) {
      for (float& v : x.row(i)) v = static_cast<float>(random() % 255) / 255;
      continue;
    }
    std::copy_n(x.row(i - 1).data(), x.cols(), x.row(i).data());
    x(i, static_cast<std::int64_t>(random() % 108)) += 1.0F / 255;
  }
  return Samples(std::move(x), {6, 6});
}

// Points on a line, in a plane and in twenty dimensions, far from the origin and around it.
Samples points(std::int64_t count, std::int64_t features, float offset, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  MatrixF x(count, features);
  for (std::int64_t i = 0; i < count; ++i)
    for (float& v : x.row(i)) v = offset + normal(random);
  return Samples(std::move(x));
}

}  // namespace

// 2e-6 is what a float32 kernel promises: some 30 roundings of 6e-8, which a network of three
// layers with its NTK has.
TEST_CASE("float32 kernels of nearly parallel samples are within 2e-6 of float64's") {
  const Network net = plugin_network(two_relus);
  CHECK(largest_error(net, Samples(MatrixF{{10}, {20}, {30}})) < 2e-6);
  for (const std::int64_t features : {1, 2, 20})
    for (const float offset : {0.0F, 3.0F, 300.0F, 30000.0F}) {
      CAPTURE(features);
      CAPTURE(offset);
      CHECK(largest_error(net, points(150, features, offset, 7)) < 2e-6);
    }
}

TEST_CASE("float32 kernels of opposite and of scaled samples are within 2e-6 of float64's") {
  MatrixF x(60, 5);
  const Samples directions = points(20, 5, 0, 8);
  for (std::int64_t i = 0; i < 60; ++i)
    for (std::int64_t f = 0; f < 5; ++f)
      x(i, f) = (i % 3 == 0 ? 1.0F : i % 3 == 1 ? -7.0F : 1e-3F) * directions.f32()(i / 3, f);
  const Samples samples(std::move(x));
  for (const std::string nonlinearity : {"relu", "abs", "erf", "gelu", "sin", "sign"}) {
    CAPTURE(nonlinearity);
    CHECK(largest_error(plugin_network(R"([{"type": "dense", "W_std": 1.5, "b_std": 0.05}, ")" +
                                       nonlinearity + R"(", "dense"])"),
                        samples) < 2e-6);
  }
}

TEST_CASE("float32 kernels of images that differ in one pixel are within 2e-6 of float64's") {
  CHECK(largest_error(plugin_network(two_convolutions), images(40)) < 2e-6);
}

TEST_CASE("distances of data far from the origin keep their digits in float32") {
  const Network net = plugin_network(R"(["dense", {"type": "rbf", "gamma": 1}, "dense"])");
  const Samples x = points(40, 3, 293, 9);
  const MatrixF k = net.kernels<float>(x).nngp;
  for (std::int64_t i = 0; i < 40; ++i)
    for (std::int64_t j = 0; j < 40; ++j) {
      double distance = 0;
      for (std::int64_t f = 0; f < 3; ++f)
        distance += std::pow(static_cast<double>(x.f32()(i, f)) - x.f32()(j, f), 2);
      // One rounding of the result in float32, and what float64 loses of 293^2.
      CHECK(std::abs(static_cast<double>(k(i, j)) - std::exp(-distance / 3)) < 1e-7);
    }
}

TEST_CASE("an entry of two close samples does not depend on the samples beside them") {
  for (const bool sites : {false, true}) {
    CAPTURE(sites);
    const Network net = plugin_network(sites ? two_convolutions : two_relus);
    const Samples x = sites ? images(40) : points(300, 2, 5, 10);
    const MatrixF all = net.kernels<float>(x).ntk;
    const std::int64_t few = sites ? 21 : 130;
    const SamplesView some = SamplesView(x).part(0, few);
    const MatrixF part = net.kernels<float>(some).ntk;
    const MatrixF cross = net.kernels<float>(some, x).ntk;
    bool equal = true;
    for (std::int64_t i = 0; i < few; ++i)
      for (std::int64_t j = i; j < few; ++j)
        equal = equal && part(i, j) == all(i, j) && cross(i, j) == all(i, j);
    CHECK(equal);
  }
}

TEST_CASE("close samples leave duplicates exact") {
  MatrixF x(40, 2);
  for (std::int64_t i = 0; i < 40; ++i) {
    x(i, 0) = 1 + 1e-4F * static_cast<float>(i % 20);
    x(i, 1) = 2;
  }
  const MatrixF k = plugin_network(two_relus).kernels<float>(Samples(std::move(x))).ntk;
  for (std::int64_t i = 0; i < 20; ++i) {
    CHECK(k(i, i + 20) == k(i, i));
    CHECK(k(i + 20, i) == k(i, i));
  }
}
