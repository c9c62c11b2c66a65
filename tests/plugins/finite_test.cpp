// Finite width: derivatives against differences and against each other, for every layer, and what
// dense draws.
#include "plugins/support/batch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

struct Subject {
  std::string type;
  Parameters parameters;
  std::vector<widelimit_shape> inputs;
  std::string file{};  ///< of the plugin; empty: named like the type

  [[nodiscard]] Library library() const { return Library(file.empty() ? type : file); }
};

std::vector<Subject> subjects() {
  const std::string standard = "standard";
  const Parameters small{{"width", 4.0}, {"W_std", 1.3}, {"b_std", 0.2}};
  Parameters in_standard = small, without_bias = small, frozen = small;
  in_standard["parameterization"] = standard;
  without_bias.erase("b_std");
  frozen["trainable"] = false;
  // Few inputs, and one output, take other paths through dense than GEMM.
  Parameters wide = small, wide_without_bias = without_bias, single = small;
  wide["width"] = wide_without_bias["width"] = 20.0;
  single["width"] = 1.0;
  using List = std::vector<double>;
  const auto conv = [](List filter, List strides, List dilation, const char* padding) {
    return Parameters{{"channels", 4.0},
                      {"W_std", 1.3},
                      {"b_std", 0.2},
                      {"filter_shape", filter},
                      {"strides", strides},
                      {"dilation", dilation},
                      {"padding", std::string(padding)}};
  };
  Parameters conv_standard = conv({3}, {}, {}, "SAME"), conv_frozen = conv_standard,
             conv_without_bias = conv_standard, conv_single = conv_standard,
             pool_edges{{"window_shape", List{2, 3}},
                        {"padding", std::string("SAME")},
                        {"normalize_edges", true}};
  conv_standard["parameterization"] = standard;
  conv_frozen["trainable"] = false;
  conv_without_bias.erase("b_std");
  conv_single["channels"] = 1.0;
  return {{"conv", conv({3}, {}, {}, "SAME"), {shape(2, {5})}},
          {"conv", conv({1, 1}, {}, {}, "VALID"), {shape(2, {3, 2})}},
          {"conv", conv({2, 3}, {2, 1}, {1, 2}, "VALID"), {shape(3, {4, 6})}},
          {"conv", conv({2, 3}, {2, 1}, {1, 2}, "CIRCULAR"), {shape(3, {4, 6})}},
          {"conv", conv({2, 1, 2}, {}, {}, "SAME"), {shape(2, {2, 2, 3})}},
          {"conv", conv({2, 2, 2, 2}, {}, {}, "SAME"), {shape(1, {2, 2, 3, 2})}},
          {"conv", conv_standard, {shape(2, {5})}},
          {"conv", conv_frozen, {shape(2, {5})}},
          {"conv", conv_without_bias, {shape(2, {5})}},
          {"conv", conv_single, {shape(2, {5})}},
          {"avg_pool", {{"window_shape", List{2}}, {"strides", List{2}}}, {shape(3, {5})}, "pool"},
          {"avg_pool", pool_edges, {shape(3, {4, 5})}, "pool"},
          {"sum_pool",
           {{"window_shape", List{2, 3}}, {"padding", std::string("CIRCULAR")}},
           {shape(3, {4, 5})},
           "pool"},
          {"global_avg_pool", {}, {shape(3, {4, 5})}, "pool"},
          {"global_sum_pool", {}, {shape(3, {2, 3, 2})}, "pool"},
          {"sum", {}, {shape(3, {2, 2}), shape(3, {2, 2})}},
          {"product", {}, {shape(3, {2, 2}), shape(3, {2, 2})}},
          {"dense", small, {shape(3)}},
          {"dense", wide, {shape(1)}},
          {"dense", wide, {shape(2)}},
          {"dense", wide, {shape(3)}},
          {"dense", wide, {shape(4, {2})}},
          {"dense", wide, {shape(5)}},
          {"dense", wide_without_bias, {shape(2)}},
          {"dense", single, {shape(40)}},
          {"dense", single, {shape(2)}},
          {"dense", in_standard, {shape(3)}},
          {"dense", without_bias, {shape(3)}},
          {"dense", frozen, {shape(3)}},
          {"dense", small, {shape(3, {2, 2})}},
          {"identity", {}, {shape(3)}},
          {"flatten", {}, {shape(3, {2, 2})}},
          {"layer_norm", {}, {shape(5)}},
          {"layer_norm", {{"eps", 0.3}}, {shape(5, {3})}},
          {"layer_norm", {{"axis", std::string("all")}}, {shape(5, {3})}},
          {"sum", {}, {shape(3), shape(3), shape(3)}},
          {"product", {}, {shape(3), shape(3), shape(3)}},
          {"concat", {}, {shape(3, {2}), shape(2, {2}), shape(4, {2})}}};
}

bool is_frozen(const Subject& s) { return s.parameters.count("trainable") != 0; }

Numbers moved(Numbers x, const Numbers& direction, double step) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += step * direction[i];
  return x;
}

double largest(const Numbers& x) {
  double most = 1;
  for (const double v : x) most = std::max(most, std::abs(v));
  return most;
}

}  // namespace

TEST_CASE("jvp agrees with differences of forward, and vjp is its adjoint and adds") {
  for (const Subject& subject : subjects()) {
    CAPTURE(subject.type);
    const Layer layer(subject.library(), subject.type, subject.parameters, subject.inputs);
    const Batch batch(layer, 11);
    const Numbers theta = batch.init(7);
    // A frozen layer's weights are constants to the derivatives.
    const Numbers theta_dot =
        is_frozen(subject) ? Numbers(batch.theta_size) : normal_numbers(1, batch.theta_size);
    std::vector<Numbers> x, x_dot, up, down, x_bar;
    constexpr double h = 1e-5;
    for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
      x.push_back(normal_numbers(10 + i, batch.in_size(i)));
      x_dot.push_back(normal_numbers(20 + i, batch.in_size(i)));
      up.push_back(moved(x[i], x_dot[i], h));
      down.push_back(moved(x[i], x_dot[i], -h));
      x_bar.emplace_back(batch.in_size(i), 1.0);
    }
    const Numbers y_up = batch.forward(moved(theta, theta_dot, h), up);
    const Numbers y_down = batch.forward(moved(theta, theta_dot, -h), down);
    const Numbers y_dot = batch.jvp(theta, theta_dot, x, x_dot);
    for (std::size_t i = 0; i < y_dot.size(); ++i)
      // h^2 of a third derivative of order 10, and eps / h.
      CHECK(std::abs((y_up[i] - y_down[i]) / (2 * h) - y_dot[i]) <= 1e-8 * largest(y_dot));

    const Numbers y_bar = normal_numbers(2, batch.out_size());
    Numbers theta_bar(batch.theta_size, 1.0);
    batch.vjp(theta, x, y_bar, theta_bar, x_bar);
    double along = 0;
    for (std::size_t i = 0; i < theta_bar.size(); ++i) along += (theta_bar[i] - 1) * theta_dot[i];
    for (std::size_t i = 0; i < x_bar.size(); ++i)
      for (std::size_t j = 0; j < x_bar[i].size(); ++j) along += (x_bar[i][j] - 1) * x_dot[i][j];
    // A few hundred products are summed on either side.
    CHECK(std::abs(along - inner(y_bar, y_dot)) <= 1e-13 * largest(y_dot) * 40);
  }
}

TEST_CASE("vjp omits gradients that are not requested, and jvp accepts constant weights") {
  for (const Subject& subject : subjects()) {
    CAPTURE(subject.type);
    const Layer layer(subject.library(), subject.type, subject.parameters, subject.inputs);
    const Batch batch(layer, 2);
    const Numbers theta = batch.init(7), y_bar = normal_numbers(2, batch.out_size());
    std::vector<Numbers> x, x_dot, none(subject.inputs.size());
    for (std::size_t i = 0; i < subject.inputs.size(); ++i) {
      x.push_back(normal_numbers(10 + i, batch.in_size(i)));
      x_dot.push_back(normal_numbers(20 + i, batch.in_size(i)));
    }
    Numbers no_theta;
    batch.vjp(theta, x, y_bar, no_theta, none);
    CHECK(batch.jvp(theta, {}, x, x_dot) == batch.jvp(theta, Numbers(batch.theta_size), x, x_dot));
  }
}

TEST_CASE("a frozen dense layer has weights, and its gradient is zero") {
  const Layer layer(Library("dense"), "dense",
                    {{"width", 4.0}, {"b_std", 0.5}, {"trainable", false}}, {shape(3)});
  const Batch batch(layer, 2);
  REQUIRE(batch.theta_size == 16);
  const Numbers theta = batch.init(1);
  CHECK(std::count(theta.begin(), theta.end(), 0.0) == 0);
  Numbers theta_bar(16, 3.0);
  std::vector<Numbers> x{normal_numbers(1, 6)}, x_bar{Numbers(6)};
  batch.vjp(theta, x, normal_numbers(2, 8), theta_bar, x_bar);
  CHECK(theta_bar == Numbers(16, 3.0));
  CHECK(x_bar[0] != Numbers(6));
}

TEST_CASE("dense computes what its parameterization says") {
  const Numbers theta{1, 2, 3, 4, 5, 6, 10, 20};  // W of [3, 2], then b of [2]
  const std::vector<Numbers> x{{1, 0, -1}};
  const Library dense("dense");
  const Layer ntk(dense, "dense", {{"width", 2.0}, {"W_std", 1.5}, {"b_std", 0.1}}, {shape(3)});
  const Numbers y = Batch(ntk, 1).forward(theta, x);
  CHECK(y[0] == doctest::Approx(1.5 / std::sqrt(3.0) * -4 + 1).epsilon(1e-15));
  CHECK(y[1] == doctest::Approx(1.5 / std::sqrt(3.0) * -4 + 2).epsilon(1e-15));
  const Layer standard(dense, "dense",
                       {{"width", 2.0},
                        {"W_std", 1.5},
                        {"b_std", 0.1},
                        {"parameterization", std::string("standard")}},
                       {shape(3)});
  CHECK(Batch(standard, 1).forward(theta, x) == Numbers{6, 16});
}

TEST_CASE("dense draws weights of the right deviation, the same for the same seed") {
  const Library dense("dense");
  for (const bool standard : {false, true}) {
    Parameters p{{"width", 400.0}, {"W_std", 1.5}, {"b_std", 0.3}};
    if (standard) p["parameterization"] = std::string("standard");
    const Layer layer(dense, "dense", p, {shape(100)});
    const Batch batch(layer, 1);
    REQUIRE(batch.theta_size == 40400);
    const Numbers theta = batch.init(3);
    CHECK(theta == batch.init(3));
    CHECK(theta != batch.init(4));
    const auto check_part = [&](std::size_t begin, std::size_t end, double deviation) {
      const double n = static_cast<double>(end - begin);
      double mean = 0, square = 0;
      for (std::size_t i = begin; i < end; ++i) {
        mean += theta[i] / n;
        square += theta[i] * theta[i] / n;
      }
      // Five standard errors: of the mean deviation / sqrt n, of the mean square sqrt(2 / n)
      // deviation^2.
      CHECK(std::abs(mean) <= 5 * deviation / std::sqrt(n));
      CHECK(std::abs(square / (deviation * deviation) - 1) <= 5 * std::sqrt(2 / n));
    };
    check_part(0, 40000, standard ? 0.15 : 1);
    check_part(40000, 40400, standard ? 0.3 : 1);
    CHECK(theta[0] != theta[40000]);
  }
}

TEST_CASE("a finite dense layer asks for its width") {
  const Layer layer(Library("dense"), "dense");
  try {
    const Batch batch(layer, 1);
    FAIL("not refused");
  } catch (const Refusal& refusal) {
    CHECK(refusal.pointer == "/width");
  }
}

TEST_CASE("layer_norm at finite width has mean 0 and variance 1") {
  const Layer layer(Library("layer_norm"), "layer_norm", {}, {shape(50)});
  const Numbers x = normal_numbers(1, 50);
  const Numbers y = Batch(layer, 1).forward({}, {moved(x, Numbers(50, 1.0), 3.0)});
  double mean = 0, square = 0;
  for (const double v : y) {
    mean += v / 50;
    square += v * v / 50;
  }
  CHECK(std::abs(mean) <= 1e-14);
  CHECK(square == doctest::Approx(1).epsilon(1e-11));  // eps is 1e-12
}

}  // namespace widelimit::plugin_tests
