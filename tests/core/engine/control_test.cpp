// Progress and cancellation of kernels, diagonals and statistics of networks without sites.
#include "core/control.hpp"
#include "core/engine/static_layers.hpp"

#include <widelimit/network.hpp>

#include <doctest/doctest.h>

using namespace widelimit;
using namespace widelimit::test;

namespace {

Network deep() { return network({dense(1, 0), relu(), dense(1, 0), square(), dense(1, 0)}, 1); }

}  // namespace

TEST_CASE("one kernel of one or two sets of samples reports tiles and can be cancelled") {
  const Network net = deep();
  const Matrix x = random_matrix(600, 3, 1), z = random_matrix(300, 3, 2);
  check_control("kernel", [&](Control* c) { static_cast<void>(net.nngp(x, c)); });
  check_control("kernel", [&](Control* c) { static_cast<void>(net.ntk(x, c)); });
  check_control("kernel", [&](Control* c) { static_cast<void>(net.nngp(z, x, c)); });
  check_control("kernel", [&](Control* c) { static_cast<void>(net.ntk(z, x, c)); });
}

TEST_CASE("diagonals report layers and can be cancelled between them") {
  const PlannedNetwork plan = deep().plan({{}, 3});
  const Matrix x = random_matrix(40, 3, 1);
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    const auto call = [&](Control* c) {
      static_cast<void>(plan.diagonals(x, precision, both_kernels, c));
    };
    check_control("diagonals", call);
    CHECK(reports_of(call, "diagonals") == 3);  // the data, and two layers that are not linear
  }
}

TEST_CASE("statistics report layers and can be cancelled between them") {
  const PlannedNetwork plan = deep().plan({{}, 3});
  const Matrix x = random_matrix(40, 3, 1);
  const auto call = [&](Control* c) { static_cast<void>(plan.statistics(x, c)); };
  check_control("statistics", call);
  CHECK(reports_of(call, "statistics") == 3);
}

TEST_CASE("a kernel stops between layers while it computes variances, before its first tile") {
  Control control;
  int runs = 0;
  const Network net = network({dense(1, 0), spy([&](const widelimit_run&) {
                                 ++runs;
                                 control.cancel();
                               }),
                               dense(1, 0), spy([&](const widelimit_run&) { ++runs; })},
                              1);
  CHECK(is_cancelled([&](Control* c) { static_cast<void>(net.nngp(random_matrix(9, 3, 1), c)); },
                     control));
  CHECK(runs == 1);
}
