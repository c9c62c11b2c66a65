// Training: step by step against its definition, reproducible, and with clear refusals.
#include "core/finite/networks.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

constexpr double eps = 2.220446049250313e-16;
constexpr const char* small_network =
    R"([{"type": "dense", "width": 16, "W_std": 1.5, "b_std": 0.1}, "erf", {"type": "dense", "width": 2}])";

struct Task {
  Samples x, x_test;
  Matrix y, y_test;
  Task(std::int64_t n, std::int64_t m, std::int64_t channels, std::int64_t outputs)
      : x(numbers(n, channels, 1)),
        x_test(numbers(m, channels, 2)),
        y(numbers(n, outputs, 3)),
        y_test(numbers(m, outputs, 4)) {}
};

double loss(const Matrix& f, const Matrix& y) {
  double sum = 0;
  for (std::int64_t i = 0; i < f.size(); ++i)
    sum += (f.data()[i] - y.data()[i]) * (f.data()[i] - y.data()[i]);
  return 0.5 * sum / static_cast<double>(f.size());
}

std::vector<double> gradient(const FiniteNetwork& net, const std::vector<double>& theta,
                             const Task& p) {
  Matrix r = net.forward(theta, p.x);
  for (std::int64_t i = 0; i < r.size(); ++i)
    r.data()[i] = (r.data()[i] - p.y.data()[i]) / static_cast<double>(r.size());
  return net.vjp(theta, p.x, r);
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double d = 0;
  for (std::size_t i = 0; i < a.size(); ++i) d = std::max(d, std::abs(a[i] - b[i]));
  return d;
}

TrainOptions options(double rate, std::int64_t steps) {
  TrainOptions o;
  o.learning_rate = rate;
  o.steps = steps;
  o.seed = 7;
  return o;
}

// What training started from: the parameters after no step.
std::vector<double> start(const FiniteNetwork& net, const Task& p, TrainOptions o) {
  o.steps = 0;
  return train(net, p.x, p.y, std::nullopt, nullptr, o).at(0).parameters;
}

}  // namespace

TEST_CASE("steps are those of gradient descent with momentum") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(10, 4, 3, 2);
  for (const double momentum : {0.0, 0.9}) {
    TrainOptions o = options(0.3, 3);
    o.momentum = momentum;
    o.record_all = true;
    const TrainedMember member = std::move(train(net, p.x, p.y, p.x_test, &p.y_test, o).at(0));
    std::vector<double> theta = start(net, p, o), v(theta.size());
    REQUIRE(member.losses.size() == 4);
    CHECK(loss_count(o) == 4);
    for (int step = 0; step <= 3; ++step) {
      const LossRecord& r = member.losses[static_cast<std::size_t>(step)];
      CHECK(r.step == step);
      CHECK(std::abs(r.train - loss(net.forward(theta, p.x), p.y)) < 100 * eps * r.train);
      CHECK(std::abs(r.test - loss(net.forward(theta, p.x_test), p.y_test)) < 100 * eps * r.test);
      if (step == 3) break;
      const std::vector<double> g = gradient(net, theta, p);
      for (std::size_t i = 0; i < theta.size(); ++i) {
        v[i] = momentum * v[i] + g[i];
        theta[i] -= 0.3 * v[i];
      }
    }
    CHECK(distance(member.parameters, theta) < 100 * eps);
    CHECK(distance({member.predictions.flat().begin(), member.predictions.flat().end()}, [&] {
            const Matrix f = net.forward(theta, p.x_test);
            return std::vector<double>(f.flat().begin(), f.flat().end());
          }()) < 1000 * eps);
  }
}

TEST_CASE("log-spaced records have the first and the last step, about 32 a factor of ten") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(4, 2, 3, 2);
  for (const std::int64_t steps : {0, 1, 7, 1000, 1234}) {
    const auto losses =
        train(net, p.x, p.y, std::nullopt, nullptr, options(0.01, steps)).at(0).losses;
    CHECK(loss_count(options(0.01, steps)) == std::ssize(losses));
    CHECK(losses.front().step == 0);
    CHECK(losses.back().step == steps);
    for (std::size_t i = 1; i < losses.size(); ++i) {
      CHECK(losses[i].step > losses[i - 1].step);
      CHECK((losses[i].step <= losses[i - 1].step + 1 ||
             static_cast<double>(losses[i].step) < 1.2 * static_cast<double>(losses[i - 1].step)));
      CHECK(std::isnan(losses[i].test));
    }
    if (steps >= 1000) CHECK(losses.size() < 110);
  }
}

TEST_CASE("an epoch of mini-batches sees every sample once") {
  // With a tiny learning rate the changes of one epoch add up to those of one step on all samples
  // of a learning rate n / batch times as large; what is left is of second order in the rate.
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(12, 2, 3, 2);
  TrainOptions o = options(1e-7, 4);
  o.batch_size = 3;
  const std::vector<double> before = start(net, p, o);
  const std::vector<double> batches =
      train(net, p.x, p.y, std::nullopt, nullptr, o).at(0).parameters;
  const std::vector<double> g = gradient(net, before, p);
  double off = 0, size = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    off = std::max(off, std::abs(batches[i] - before[i] + 4e-7 * g[i]));
    size = std::max(size, 4e-7 * std::abs(g[i]));
  }
  CHECK(off < 1e-5 * size);
  // Fewer steps do not see all.
  o.steps = 3;
  const std::vector<double> part = train(net, p.x, p.y, std::nullopt, nullptr, o).at(0).parameters;
  double missing = 0;
  for (std::size_t i = 0; i < g.size(); ++i)
    missing = std::max(missing, std::abs(part[i] - before[i] + 4e-7 * g[i]));
  CHECK(missing > 0.01 * size);
}

TEST_CASE("batches are drawn anew for each epoch and member, the last one may be smaller") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(10, 3, 3, 2);
  TrainOptions o = options(0.05, 60);
  o.batch_size = 4;
  o.ensemble = 2;
  o.record_all = true;
  const auto members = train(net, p.x, p.y, p.x_test, &p.y_test, o);
  CHECK(members[0].losses.back().train < 0.7 * members[0].losses.front().train);
  CHECK(members[0].parameters != members[1].parameters);
  // Recorded losses are of the whole training set.
  CHECK(members[1].losses.back().train ==
        doctest::Approx(loss(net.forward(members[1].parameters, p.x), p.y)).epsilon(1e-13));
  // A batch of all samples is the full batch.
  o.batch_size = 10;
  const auto all = train(net, p.x, p.y, std::nullopt, nullptr, o);
  o.batch_size.reset();
  CHECK(train(net, p.x, p.y, std::nullopt, nullptr, o)[1].parameters == all[1].parameters);
}

TEST_CASE("training reads the host's samples, whatever lies between rows") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(10, 4, 3, 2);
  // Rows of 3 in memory of 5, in float32; what lies between would spoil every number.
  const Samples rounded = p.x.converted(Precision::float32);
  std::vector<float> memory(10 * 5, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < 10; ++i)
    std::copy_n(rounded.f32().data() + 3 * i, 3, memory.data() + 5 * i);
  const SamplesView view(memory.data(), 10, {{}, 3}, 5);
  for (const std::optional<std::int64_t> batch : {std::optional<std::int64_t>(), {4}}) {
    TrainOptions o = options(0.05, 20);
    o.batch_size = batch;
    const auto ours = train(net, view, p.y, p.x_test, &p.y_test, o),
               same = train(net, rounded, p.y, p.x_test, &p.y_test, o);
    CHECK(ours[0].parameters == same[0].parameters);
    CHECK(ours[0].losses.back().test == same[0].losses.back().test);
  }
}

TEST_CASE("the same numbers for one, two and seven threads") {
  const Task few(20, 5, 3, 2), many(600, 300, 6, 2);
  std::vector<TrainedMember> ensemble[3];
  std::vector<TrainedMember> single[3];
  std::vector<double> gradients[3];
  const int threads[] = {1, 2, 7};
  for (int t = 0; t < 3; ++t) {
    const Runtime rt = make_runtime(threads[t]);
    TrainOptions o = options(0.05, 20);
    o.ensemble = 5;
    o.batch_size = 8;
    ensemble[t] = train(finite(rt, small_network, 3), few.x, few.y, few.x_test, &few.y_test, o);
    // Large enough for the threads to share one gradient.
    const FiniteNetwork large =
        finite(rt, R"([{"type": "dense", "width": 256}, "relu", {"type": "dense", "width": 128},
                       "relu", {"type": "dense", "width": 2}])",
               6);
    single[t] = train(large, many.x, many.y, many.x_test, &many.y_test, options(0.05, 3));
    gradients[t] = large.vjp(large.init(1), many.x, many.y);
  }
  for (int t = 1; t < 3; ++t) {
    for (std::size_t m = 0; m < 5; ++m) {
      CHECK(ensemble[t][m].parameters == ensemble[0][m].parameters);
      for (std::size_t i = 0; i < ensemble[0][m].losses.size(); ++i)
        CHECK(ensemble[t][m].losses[i].test == ensemble[0][m].losses[i].test);
    }
    CHECK(single[t][0].parameters == single[0][0].parameters);
    CHECK(single[t][0].losses.back().test == single[0][0].losses.back().test);
    CHECK(gradients[t] == gradients[0]);
  }
}

TEST_CASE("a member that diverges is named, with its step and a learning rate that works") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(10, 4, 3, 2);
  TrainOptions o = options(500, 2000);
  o.ensemble = 3;
  std::string message;
  try {
    (void)train(net, p.x, p.y, std::nullopt, nullptr, o);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    CHECK(e.facts().index == 0);
    message = e.what();
  }
  CHECK(message.find("member 0 of the finite ensemble diverged: its loss at step ") == 0);
  const std::string key = "for example ";
  REQUIRE(message.find(key) != std::string::npos);
  o.learning_rate = std::stod(message.substr(message.find(key) + key.size()));
  CHECK(o.learning_rate < 500);
  CHECK(o.learning_rate > 0.01);
  const auto members = train(net, p.x, p.y, std::nullopt, nullptr, o);
  CHECK(members[0].losses.back().train < members[0].losses.front().train);
}

TEST_CASE("options and shapes that make no sense are refused") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(4, 2, 3, 2), other(4, 2, 5, 1);
  const auto refused = [&](const TrainOptions& o) {
    try {
      (void)train(net, p.x, p.y, std::nullopt, nullptr, o);
    } catch (const Error& e) {
      return e.code() == ErrorCode::usage;
    }
    return false;
  };
  CHECK(refused(options(0, 1)));
  CHECK(refused(options(std::numeric_limits<double>::infinity(), 1)));
  CHECK(refused(options(0.1, -1)));
  TrainOptions o = options(0.1, 1);
  o.momentum = 1;
  CHECK(refused(o));
  o = options(0.1, 1);
  o.batch_size = 0;
  CHECK(refused(o));
  o = options(0.1, 1);
  o.ensemble = 0;
  CHECK(refused(o));
  CHECK_THROWS_AS((void)train(net, other.x, p.y, std::nullopt, nullptr, options(0.1, 1)), Error);
  CHECK_THROWS_AS((void)train(net, p.x, other.y, std::nullopt, nullptr, options(0.1, 1)), Error);
}

TEST_CASE("training reports its progress and can be cancelled") {
  const Runtime rt = make_runtime();
  const FiniteNetwork net = finite(rt, small_network, 3);
  const Task p(4, 2, 3, 2);
  std::int64_t last = 0, total = 0;
  Control control([&](const Progress& progress) {
    last = std::max(last, progress.done);
    total = progress.total;
  });
  TrainOptions o = options(0.01, 300);
  o.ensemble = 2;
  (void)train(net, p.x, p.y, std::nullopt, nullptr, o, &control);
  CHECK(last == 600);
  CHECK(total == 600);
  control.cancel();
  try {
    (void)train(net, p.x, p.y, std::nullopt, nullptr, o, &control);
    FAIL("not cancelled");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::cancelled);
  }
}
