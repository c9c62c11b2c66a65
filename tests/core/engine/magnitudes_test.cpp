// Samples close to zero, and networks that underflow, with the plugins of the build.
#include <widelimit/error.hpp>

#include "core/engine/plugin_runtime.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

constexpr double tiny_float = 1e-20, tiny_double = 1e-160;
constexpr KernelSet both{.nngp = true, .ntk = true};

std::vector<std::string> layers() {
  return {R"("relu")", R"({"type": "leaky_relu", "alpha": 0.1})",
          R"("abs")",  R"({"type": "ab_relu", "a": -3, "b": 0.5})",
          R"("erf")",  R"("sigmoid_like")",
          R"("gelu")", R"("sin")",
          R"("cos")",  R"({"type": "rbf", "gamma": 0.7})"};
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

template <class T>
double largest_difference(const BasicMatrix<T>& a, const BasicMatrix<T>& b) {
  double most = 0;
  for (std::int64_t i = 0; i < a.rows(); ++i)
    for (std::int64_t j = 0; j < a.cols(); ++j) {
      CHECK(std::isfinite(a(i, j)));
      most = std::max(most, std::abs(static_cast<double>(a(i, j)) - static_cast<double>(b(i, j))));
    }
  return most;
}

template <class T>
PerKernel<BasicMatrix<T>> kernels(const Network& net, const Matrix& x,
                                  std::vector<std::int64_t> sites = {}, KernelSet which = both) {
  return net.kernels<T>(Samples(x.clone(), std::move(sites)), {}, which);
}

/// The message of Error(numeric), or nothing.
template <class F>
std::string refusal(F compute) {
  try {
    compute();
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Smooth peaks on a black ground, [n, side, side, 1]: far from its peak an image has numbers of
/// every size down to 0.
Matrix peaks(std::int64_t n, std::int64_t side) {
  Matrix x(n, side * side);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t r = 0; r < side; ++r)
      for (std::int64_t c = 0; c < side; ++c) {
        const double down = static_cast<double>(r - i), right = static_cast<double>(c - 2 * i);
        x(i, r * side + c) = std::exp(-1.7 * (down * down + right * right));
      }
  return x;
}

const std::string conv = R"({"type": "conv", "filter_shape": [3, 3], "padding": "SAME"})";

}  // namespace

TEST_CASE_TEMPLATE("a sample close to zero has the kernels of zero", T, float, double) {
  const double tiny = sizeof(T) == 4 ? tiny_float : tiny_double;
  constexpr double eps = std::numeric_limits<T>::epsilon();
  for (const std::string& layer : layers())
    for (const std::string& again : {std::string(), layer + R"(, "dense", )"}) {
      CAPTURE(layer);
      const Network net = plugin_network("[\"dense\", " + again + layer + R"(, "dense"])");
      // Also samples so close to zero that their variance is 0 and their covariances are not.
      for (const double x : {tiny, -tiny, 1e-3 * tiny}) {
        const auto found = kernels<T>(net, {{x}, {1}, {-2}});
        const auto expected = kernels<T>(net, {{0}, {1}, {-2}});
        CHECK(largest_difference(found.nngp, expected.nngp) <= 8 * eps);
        CHECK(largest_difference(found.ntk, expected.ntk) <= 8 * eps);
      }
    }
}

TEST_CASE_TEMPLATE("the sign of a sample close to zero is a sign", T, float, double) {
  const double tiny = sizeof(T) == 4 ? tiny_float : tiny_double;
  const auto k = kernels<T>(plugin_network(R"(["dense", "sign", "dense"])"), {{tiny}, {1}, {-2}});
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      CHECK(static_cast<double>(k.nngp(i, j)) ==
            doctest::Approx((i < 2) == (j < 2) ? 1 : -1).epsilon(1e-3));
}

TEST_CASE_TEMPLATE("images with windows close to zero have the kernels of those with zeros", T,
                   float, double) {
  constexpr std::int64_t n = 4, side = 12;
  const Matrix x = peaks(n, side);
  Matrix cut = x.clone();
  for (double& v : cut.flat())
    if (v < 1e-12) v = 0;
  // Far from 1e-12 on both sides there are numbers whose squares are normal, subnormal and 0.
  CHECK(*std::min_element(x.flat().begin(), x.flat().end()) < 1e-160);
  for (const std::string& layer : layers())
    for (const std::string end : {R"("flatten")", R"("global_avg_pool")"}) {
      CAPTURE(layer);
      CAPTURE(end);
      const Network net = plugin_network("[" + conv + ", " + layer + ", " + conv + ", " + layer +
                                         ", " + end + R"(, "dense"])");
      const auto found = kernels<T>(net, x, {side, side}),
                 expected = kernels<T>(net, cut, {side, side});
      // Within rounding of what differs, 1e-12, and the largest entries, which are of order 1.
      const double tolerance = std::max(1e-11, 8.0 * std::numeric_limits<T>::epsilon());
      CHECK(largest_difference(found.nngp, expected.nngp) <= tolerance);
      CHECK(largest_difference(found.ntk, expected.ntk) <= tolerance);
    }
}

TEST_CASE("a network that underflows is refused with the word and the remedy") {
  const Matrix x{{1, 2}, {-1, 0.5}, {3, 1}};
  const Network deep = plugin_network("[" + repeat(R"("dense", "relu", )", 130) + R"("dense"])");
  for (const KernelSet which :
       {both, KernelSet::only(Kernel::nngp), KernelSet::only(Kernel::ntk)}) {
    const std::string message =
        refusal([&] { static_cast<void>(kernels<float>(deep, x, {}, which)); });
    for (const std::string part :
         {"sample 0 of x1", "underflows float32", "W_std", "sqrt 2", "use float64"})
      CHECK(contains(message, part));
  }
  const auto wide = kernels<double>(deep, x);
  CHECK(wide.nngp(0, 0) == doctest::Approx(std::ldexp(2.5, -130)).epsilon(1e-9));

  const Network deeper = plugin_network("[" + repeat(R"("dense", "relu", )", 1100) + R"("dense"])");
  const std::string message = refusal([&] { static_cast<void>(kernels<double>(deeper, x)); });
  CHECK(contains(message, "underflows float64"));
  CHECK_FALSE(contains(message, "use float64"));

  const Network remedied = plugin_network(
      "[" + repeat(R"({"type": "dense", "W_std": 1.4142135623730951}, "relu", )", 130) +
      R"("dense"])");
  CHECK(kernels<float>(remedied, x).nngp(0, 0) == doctest::Approx(2.5).epsilon(1e-3));
}

TEST_CASE("a network with sites that underflows is refused too") {
  const Matrix x = peaks(40, 6);
  const Network deep =
      plugin_network("[" + repeat(conv + R"(, "relu", )", 160) + R"("flatten", "dense"])");
  const auto message = [&](const Matrix& images, KernelSet which) {
    return refusal([&] { static_cast<void>(kernels<float>(deep, images, {6, 6}, which)); });
  };
  // Images whose peaks are far outside are zero or as good as it.
  CHECK(contains(message(x, both), "underflows float32"));
  CHECK(contains(message(x, KernelSet::only(Kernel::nngp)), "sample 0 of x1"));
  CHECK(message(Matrix(3, 36), both) == "");
}

TEST_CASE("samples that underflow beside others that do not are no error, nor are zeros") {
  const std::string layer = R"({"type": "dense", "W_std": 0.0009765625}, "relu", )";
  const Network net = plugin_network("[" + repeat(layer, 3) + R"("dense"])");
  const Matrix small{{1e-12}}, plain{{1}}, zero{{0}};
  const auto message = [&](const Matrix& x) {
    return refusal([&] { static_cast<void>(kernels<float>(net, x)); });
  };
  CHECK(contains(message(small), "underflows"));
  CHECK(contains(message({{0}, {1e-12}}), "sample 1 of x1"));
  CHECK(message(zero) == "");
  CHECK(message({{0}, {1e-12}, {1}}) == "");
  // Two sets of samples.
  const auto cross = [&](const Matrix& x1, const Matrix& x2) {
    return refusal(
        [&] { static_cast<void>(net.kernels<float>(Samples(x1.clone()), Samples(x2.clone()))); });
  };
  CHECK(contains(cross(small, {{2e-12}}), "underflows"));
  CHECK(cross(small, plain) == "");
  CHECK(cross(plain, small) == "");
  CHECK(cross(small, zero) == "");
}
