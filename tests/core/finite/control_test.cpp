// Progress and cancellation of finite networks.
#include "core/control.hpp"
#include "core/finite/networks.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

const char* const layers = R"([{"type": "dense", "width": 64}, "relu",
                               {"type": "dense", "width": 48}, "erf", {"type": "dense", "width": 2}])";

}  // namespace

TEST_CASE("initial parameters report layers and can be cancelled between them") {
  const Runtime runtime = make_runtime(1);
  const FiniteNetwork net = finite(runtime, layers, 3);
  const auto call = [&](Control* c) { (void)net.init(1, c); };
  check_control("init", call);
  CHECK(reports_of(call, "init") == 3);
}

TEST_CASE("passes report samples and can be cancelled between pieces of them") {
  for (const int threads : {1, 2}) {
    const Runtime runtime = make_runtime(threads);
    const FiniteNetwork net = finite(runtime, layers, 3);
    const std::vector<double> theta = net.init(1), theta_dot = net.init(2);
    const Matrix x = numbers(3000, 3, 1), y_bar = numbers(3000, 2, 2);
    const auto forward = [&](Control* c) { (void)net.forward(theta, x, c); };
    const auto jvp = [&](Control* c) { (void)net.jvp(theta, theta_dot, x, c); };
    const auto vjp = [&](Control* c) { (void)net.vjp(theta, x, y_bar, c); };
    check_control("forward", forward, threads);
    check_control("jvp", jvp, threads);
    check_control("vjp", vjp, threads);
    CHECK(reports_of(forward, "forward") > threads);
    CHECK(reports_of(jvp, "jvp") > threads);
    CHECK(reports_of(vjp, "vjp") > threads);
  }
}

TEST_CASE("training can be cancelled within its first step") {
  const Runtime runtime = make_runtime(1);
  const FiniteNetwork net = finite(runtime, layers, 3);
  const Samples x = numbers(3000, 3, 1);
  const Matrix y = numbers(3000, 2, 2);
  TrainOptions options;
  options.steps = 3;
  options.learning_rate = 1e-3;
  const auto call = [&](Control* c) { (void)train(net, x, y, std::nullopt, nullptr, options, c); };
  check_control("train", call);
  // Steps of so much work are reported one by one.
  CHECK(reports_of(call, "train") >= 3);
  // A listener that cancels at the report of the step's beginning stops that step.
  int begun = 0;
  Control* running = nullptr;
  Control control([&](const Progress& p) {
    begun = static_cast<int>(p.done);
    running->cancel();
  });
  running = &control;
  CHECK(is_cancelled(call, control));
  CHECK(begun == 0);
}
