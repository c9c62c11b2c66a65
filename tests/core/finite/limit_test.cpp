// A wide ensemble trained step by step against the closed form of the infinite one.
#include "core/finite/networks.hpp"

#include <widelimit/inference.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace widelimit;

TEST_CASE("a wide trained ensemble has the mean and variance of the closed form") {
  constexpr std::int64_t width = 1024, members = 96, n = 6, m = 4, steps = 400;
  constexpr double rate = 0.02;
  const Runtime rt = make_runtime();
  const std::string layers =
      R"([{"type": "dense", "width": )" + std::to_string(width) +
      R"(, "W_std": 1.5, "b_std": 0.1}, "erf", {"type": "dense", "width": 1}])";
  const Matrix x = numbers(n, 3, 31), z = numbers(m, 3, 32), y = numbers(n, 1, 33);
  const Network network = rt.network("{\"network\": " + layers + "}");

  TrainOptions o;
  o.learning_rate = rate;
  o.steps = steps;
  o.ensemble = members;
  o.seed = 1;
  const Samples test(z.clone());
  const auto trained = train(FiniteNetwork(network, {{}, 3}), {x.clone()}, y, test, nullptr, o);

  const Samples training(x.clone());
  const PerKernel<Matrix> xx = network.kernels<double>(training);
  const PerKernel<Matrix> zx = network.kernels<double>(test, training);
  const PerKernel<Matrix> zz = network.kernels<double>(test);
  InferenceProblem p;
  p.kernels.nngp = {&xx.nngp, &zx.nngp, &zz.nngp, nullptr};
  p.kernels.ntk = {&xx.ntk, &zx.ntk, &zz.ntk, nullptr};
  p.y_train = &y;
  InferenceOptions i;
  i.method = Method::gradient_descent_mse_ensemble;
  i.kernel = DrivingKernel::ntk;
  i.times = {static_cast<double>(steps)};
  i.learning_rate = rate;
  i.covariance = Covariance::diagonal;
  const Prediction closed = std::move(infer(p, i, rt.solver("\"eigh\"")).predictions.at(0));

  // What separates the two beside chance: steps instead of a flow, (1 - h)^t against e^(-h t) with
  // h = rate lambda / n at most 0.02, half of that relative to what is learnt; and the tangent
  // kernel's own change and noise at this width, of order 1 / sqrt(width) for one member and
  // 1 / width on average. Together below 0.02 of outputs of order one.
  constexpr double bias = 0.02;
  for (std::int64_t j = 0; j < m; ++j) {
    double mean = 0, variance = 0;
    for (const TrainedMember& t : trained) mean += t.predictions(j, 0) / members;
    for (const TrainedMember& t : trained)
      variance += std::pow(t.predictions(j, 0) - mean, 2) / (members - 1);
    const double v = closed.variance[static_cast<std::size_t>(j)];
    CAPTURE(j);
    CHECK(std::abs(mean - closed.mean(j, 0)) < 4 * std::sqrt(v / members) + bias);
    CHECK(std::abs(variance - v) < 4 * v * std::sqrt(2.0 / members) + bias);
    // Training did something: the prior's variance and mean are elsewhere.
    CHECK(v < 0.9 * zz.nngp(j, j));
  }
}
