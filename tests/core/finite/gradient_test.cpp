// Derivatives of finite networks: exact against differences and against each other, for every kind
// of layer and for branches.
#include "core/finite/networks.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

constexpr double eps = 2.220446049250313e-16;

const char* const networks[] = {
    R"([{"type": "dense", "width": 3}])",
    R"([{"type": "dense", "width": 9, "W_std": 1.5, "b_std": 0.3}, "relu",
        {"type": "dense", "width": 2, "b_std": 0.1}])",
    R"([{"type": "dense", "width": 9, "W_std": 1.5, "b_std": 0.3, "parameterization": "standard"},
        "erf", {"type": "dense", "width": 2, "parameterization": "standard", "b_std": 0.0}])",
    R"([{"type": "dense", "width": 8}, {"type": "leaky_relu", "alpha": 0.2},
        {"type": "dense", "width": 7, "trainable": false, "b_std": 0.5}, "abs",
        {"type": "dense", "width": 1}])",
    R"([{"type": "dense", "width": 8}, {"type": "sin", "a": 1.2, "b": 0.7, "c": 0.3},
        {"type": "dense", "width": 6}, "layer_norm", "gelu", {"type": "dense", "width": 2}])",
    R"(["identity", {"type": "dense", "width": 6, "b_std": 0.2}, "sigmoid_like",
        {"type": "dense", "width": 2}])",
    // A residual block: the same activation reaches the sum on two ways.
    R"([{"type": "dense", "width": 6},
        {"type": "sum", "inputs": [[], ["relu", {"type": "dense", "width": 6, "b_std": 0.1}]]},
        {"type": "sum", "inputs": [[], ["erf", {"type": "dense", "width": 6}]]},
        "relu", {"type": "dense", "width": 2}])",
    // Branches that start at the data, of unequal width and depth, joined side by side.
    R"([{"type": "concat", "inputs": [[{"type": "dense", "width": 3}, "erf"],
                                      [{"type": "dense", "width": 4}, "relu",
                                       {"type": "dense", "width": 5}, "cos"]]},
        {"type": "dense", "width": 2}])",
    R"([{"type": "product", "inputs": [[{"type": "dense", "width": 4}],
                                       [{"type": "dense", "width": 4, "b_std": 1}, "erf"]]},
        {"type": "dense", "width": 3}])",
};

constexpr std::size_t with_frozen = 3;  // its second block is
constexpr std::int64_t channels = 5;

Samples sample_set(std::int64_t n) { return {numbers(n, channels, 3)}; }

std::vector<double> direction(const FiniteNetwork& net, std::uint64_t seed) {
  const Matrix m = numbers(1, net.parameter_count(), seed);
  return {m.flat().begin(), m.flat().end()};
}

double distance(const Matrix& a, const Matrix& b) {
  double d = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) d = std::max(d, std::abs(a.data()[i] - b.data()[i]));
  return d;
}

// The derivative along a direction is the limit of differences; it does not look at frozen
// parameters, so those do not move here.
void check_differences(const FiniteNetwork& net, const Samples& x, const char* frozen = "") {
  const std::vector<double> theta = net.init(11);
  std::vector<double> along = direction(net, 5);
  for (const FiniteNetwork::Block& b : net.blocks())
    if (b.pointer == frozen) std::fill_n(along.begin() + b.offset, b.size, 0.0);
  const Matrix exact = net.jvp(theta, along, x);
  // Central differences: h^2 times third derivatives of order one, and rounding eps / h.
  constexpr double h = 1e-5;
  std::vector<double> up = theta, down = theta;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    up[i] += h * along[i];
    down[i] -= h * along[i];
  }
  const Matrix above = net.forward(up, x), below = net.forward(down, x);
  const double size = norm(exact.data(), exact.size());
  REQUIRE(size > 0);
  for (std::int64_t i = 0; i < exact.size(); ++i)
    CHECK(std::abs((above.data()[i] - below.data()[i]) / (2 * h) - exact.data()[i]) < 1e-7 * size);
}

// <y_bar, J theta_dot> = <J' y_bar, theta_dot>
void check_adjoint(const FiniteNetwork& net, const Samples& x) {
  const std::vector<double> theta = net.init(12), theta_dot = direction(net, 6);
  const Matrix y_bar = numbers(x.count(), net.outputs(), 8);
  const Matrix y_dot = net.jvp(theta, theta_dot, x);
  const std::vector<double> theta_bar = net.vjp(theta, x, y_bar);
  const double a = dot(y_dot.data(), y_bar.data(), y_bar.size());
  const double b = dot(theta_dot.data(), theta_bar.data(), net.parameter_count());
  const double size = norm(y_dot.data(), y_dot.size()) * norm(y_bar.data(), y_bar.size());
  CHECK(std::abs(a - b) < 1e3 * eps * size);
}

}  // namespace

TEST_CASE("derivatives are exact for every kind of layer, and each other's adjoints") {
  const Runtime rt = make_runtime();
  for (const char* const text : networks) {
    CAPTURE(std::string(text));
    const FiniteNetwork net = finite(rt, text, channels);
    check_differences(net, sample_set(7), text == networks[with_frozen] ? "/network/2" : "");
    check_adjoint(net, sample_set(9));
  }
}

TEST_CASE("derivatives are exact for few inputs and many units, with and without bias") {
  const Runtime rt = make_runtime();
  for (const std::int64_t inputs : {1, 2, 3, 4, 5})
    for (const char* const bias : {"null", "0.7"})
      for (const char* const kind : {"ntk", "standard"}) {
        CAPTURE(inputs);
        CAPTURE(std::string(bias));
        const std::string layer = std::string(R"({"type": "dense", "W_std": 1.3, "b_std": )") +
                                  bias + R"(, "parameterization": ")" + kind + R"(", "width": )";
        const FiniteNetwork net =
            finite(rt, "[" + layer + "19}, \"erf\", " + layer + "1}]", inputs);
        // 19 samples: twice eight and three.
        check_differences(net, {numbers(19, inputs, 3)});
        check_adjoint(net, {numbers(19, inputs, 4)});
      }
}

TEST_CASE("frozen parameters have no gradient, and their blocks are listed like any other") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, networks[with_frozen], channels);
  REQUIRE(net.blocks().size() == 3);
  CHECK(net.blocks()[0].size == 5 * 8);
  CHECK(net.blocks()[1].size == 8 * 7 + 7);
  CHECK(net.blocks()[2].offset == 5 * 8 + 8 * 7 + 7);
  CHECK(net.parameter_count() == 5 * 8 + 8 * 7 + 7 + 7);
  const std::vector<double> theta = net.init(1);
  const std::vector<double> g = net.vjp(theta, sample_set(4), numbers(4, 1, 2));
  const FiniteNetwork::Block& frozen = net.blocks()[1];
  for (std::int64_t i = 0; i < net.parameter_count(); ++i) {
    const bool inside = i >= frozen.offset && i < frozen.offset + frozen.size;
    if (inside) CHECK(g[static_cast<std::size_t>(i)] == 0);
  }
  CHECK(norm(g.data(), frozen.offset) > 0);
  CHECK(norm(theta.data() + frozen.offset, frozen.size) > 0);
}

TEST_CASE("a batch is its samples one by one, however large") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, networks[6], channels);
  constexpr std::int64_t n = 5000;  // several pieces
  const Matrix values = numbers(n, channels, 4);
  const Samples x(values.clone());
  const std::vector<double> theta = net.init(3), theta_dot = direction(net, 9);
  const Matrix y = net.forward(theta, x), y_dot = net.jvp(theta, theta_dot, x);
  for (const std::int64_t i : {0, 1, 1234, 2500, 4998, 4999}) {
    Matrix one(1, channels);
    std::copy(values.row(i).begin(), values.row(i).end(), one.data());
    const Samples alone(std::move(one));
    const Matrix f = net.forward(theta, alone), f_dot = net.jvp(theta, theta_dot, alone);
    for (std::int64_t o = 0; o < 2; ++o) {
      CHECK(std::abs(f(0, o) - y(i, o)) < 100 * eps * norm(f.data(), 2));
      CHECK(std::abs(f_dot(0, o) - y_dot(i, o)) < 100 * eps * norm(f_dot.data(), 2));
    }
  }
  // The adjoint over all pieces.
  const Matrix y_bar = numbers(n, 2, 6);
  const std::vector<double> theta_bar = net.vjp(theta, x, y_bar);
  const double size = norm(y_dot.data(), 2 * n) * norm(y_bar.data(), 2 * n);
  CHECK(std::abs(dot(y_dot.data(), y_bar.data(), 2 * n) -
                 dot(theta_dot.data(), theta_bar.data(), net.parameter_count())) <
        1e3 * eps * size);
}

TEST_CASE("samples in float32, and samples with sites behind flatten") {
  const Runtime rt = make_runtime();
  const std::string layers =
      R"({"type": "dense", "width": 4}, "relu", {"type": "dense", "width": 2}])";
  const FiniteNetwork images(rt.network("[\"flatten\", " + layers), {{2, 3}, 2});
  const FiniteNetwork flat(rt.network("[\"identity\", " + layers), {{}, 12});
  REQUIRE(images.parameter_count() == flat.parameter_count());
  const std::vector<double> theta = images.init(1);
  CHECK(theta == flat.init(1));
  const Samples x(numbers(3, 12, 1), {2, 3});
  const Matrix f = images.forward(theta, x);
  CHECK(distance(f, flat.forward(theta, {numbers(3, 12, 1)})) == 0);
  const Samples rounded = x.converted(Precision::float32);
  CHECK(distance(images.forward(theta, rounded),
                 images.forward(theta, rounded.converted(Precision::float64))) == 0);
}

TEST_CASE("samples that are apart give what samples side by side give") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, networks[1], channels);
  const std::vector<double> theta = net.init(1), direction = net.init(2);
  const Matrix x = numbers(40, channels, 1), y_bar = numbers(40, net.outputs(), 3);
  std::vector<double> spread(40 * 9, std::numeric_limits<double>::quiet_NaN());
  for (std::int64_t i = 0; i < 40; ++i)
    std::copy_n(x.row(i).data(), channels, spread.data() + i * 9);
  const SamplesView view(spread.data(), 40, {{}, channels}, 9);
  CHECK(distance(net.forward(theta, view), net.forward(theta, x)) == 0);
  CHECK(distance(net.jvp(theta, direction, view), net.jvp(theta, direction, x)) == 0);
  CHECK(net.vjp(theta, view, y_bar) == net.vjp(theta, x, y_bar));
}

TEST_CASE("the same seed gives the same parameters, other seeds and layers others") {
  const Runtime rt = make_runtime(1), rt7 = make_runtime(7);
  const FiniteNetwork net = finite(rt, networks[1], channels);
  const std::vector<double> theta = net.init(5);
  CHECK(theta == finite(rt7, networks[1], channels).init(5));
  CHECK(theta != net.init(6));
  const FiniteNetwork twice = finite(
      rt, R"([{"type": "dense", "width": 5}, "relu", {"type": "dense", "width": 5}])", channels);
  const std::vector<double> both = twice.init(5);
  for (std::size_t i = 0; i < 25; ++i) CHECK(both[i] != both[25 + i]);
}

TEST_CASE("every layer that lacks its width is named at once") {
  const Runtime rt = make_runtime();
  try {
    (void)finite(rt,
                 R"(["identity", {"type": "dense"}, "relu", {"type": "dense", "width": 3}, "erf",
                         {"type": "dense"}])",
                 channels);
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    REQUIRE(e.problems().size() == 2);
    CHECK(e.problems()[0].pointer == "/network/1");
    CHECK(e.problems()[1].pointer == "/network/5");
    CHECK(e.problems()[0].message.find("needs a width") != std::string::npos);
  }
}

TEST_CASE("widths beyond the address space are refused with their pointers, without overflow") {
  const Runtime rt = make_runtime();
  const auto refused = [&](const char* layers, const char* pointer, const char* words) {
    try {
      (void)finite(rt, layers, channels);
      FAIL("no error");
    } catch (const Error& e) {
      CAPTURE(std::string(e.what()));
      CHECK(e.code() == ErrorCode::usage);
      CHECK(e.pointer() == pointer);
      CHECK(std::string(e.what()).find(words) != std::string::npos);
    }
  };
  refused(R"([{"type": "dense", "width": 9000000000000000000}])", "/network/0/width", "2147483647");
  // Too many in one layer; too many in the second; more than 64 bits count.
  const std::string widest = R"({"type": "dense", "width": 2147483647})";
  refused(("[" + widest + ", " + widest + "]").c_str(), "/network/1", "more parameters");
  const std::string four = R"({"type": "concat", "inputs": [[)" + widest + "], [" + widest +
                           "], [" + widest + "], [" + widest + "]]}";
  refused(("[" + four + ", " + widest + "]").c_str(), "/network/1/width", "64 bits");
}

TEST_CASE("what does not fit the network is refused with what was expected") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, networks[1], channels);
  const std::vector<double> theta = net.init(1);
  CHECK_THROWS_WITH_AS((void)net.forward(theta, {numbers(2, 4, 1)}),
                       "the network was made for samples of 5 numbers, but these samples are of 4",
                       Error);
  CHECK_THROWS_WITH_AS((void)net.forward(std::vector<double>(3), sample_set(1)),
                       "the network has 74 parameters, not 3", Error);
  CHECK_THROWS_WITH_AS((void)net.vjp(theta, sample_set(2), numbers(2, 3, 1)),
                       "y_bar is 2 x 3; expected 2 x 2", Error);
}
