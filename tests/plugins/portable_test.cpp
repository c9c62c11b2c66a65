// A little of everything, in two seconds: what is run again on emulated and pretended processors,
// where a single instruction too new for them ends the process.
#include "plugins/reference.hpp"
#include "plugins/support/batch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::plugin_tests {
namespace {

/// The table has 12 digits; single precision 6, a few units in the last place of what is added up.
template <class T>
void check_moments(const Layer& layer, const Nonlinearity& f) {
  constexpr double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-11;
  for (const auto& [point, expected] :
       {std::pair{at_v1, f.v1}, {at_v2, f.v2}, {at_diagonal, f.diagonal}}) {
    const MomentPair found = moments_at<T>(layer, point);
    CHECK(std::abs(found.value - expected.value) <= tolerance * std::max(1.0, expected.value));
    CHECK(std::abs(found.slope - expected.slope) <= tolerance * std::max(1.0, expected.slope));
  }
}

/// The tridiagonal matrix of second differences, [n, n], plus 1 on the diagonal.
Numbers second_differences(std::size_t n) {
  Numbers a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    a[i * n + i] = 3;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  return a;
}

}  // namespace

TEST_CASE("every nonlinearity") {
  for (const Nonlinearity& f : nonlinearities()) {
    CAPTURE(f.type);
    const Layer layer(Library(f.library), f.type, f.parameters);
    check_moments<double>(layer, f);
    check_moments<float>(layer, f);
    const Batch batch(layer, 1);
    CHECK(batch.forward({}, {Numbers(6, 0.4)})[0] == doctest::Approx(f.value(0.4)).epsilon(1e-14));
  }
}

TEST_CASE("layer_norm and the combining layers") {
  const Layer norm(Library("layer_norm"), "layer_norm");
  CHECK(moments_at<double>(norm, {0.5, 1, 4}).value == doctest::Approx(0.25).epsilon(1e-11));
  const std::vector<widelimit_shape> two(2, shape(6));
  for (const auto& [type, expected] :
       {std::pair{"sum", 1.1}, {"product", 0.24}, {"concat", 0.55}}) {
    const Layer layer(Library(type), type, {}, two);
    std::vector<Tile<double>> tiles(2, Tile<double>(1, 16));
    tiles[0].nngp.assign(16, 0.8);
    tiles[1].nngp.assign(16, 0.3);
    const Tile<double> out =
        transform(layer, tiles, Aligned<double>(1, 1.0), Aligned<double>(16, 1.0));
    CHECK(out.nngp[3] == doctest::Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("a dense layer, forward and backward") {
  const Layer layer(Library("dense"), "dense", {{"width", 50.0}, {"b_std", 0.5}}, {shape(40)});
  const Batch batch(layer, 30);
  const Numbers theta = batch.init(1), theta_dot = normal_numbers(2, theta.size());
  const std::vector<Numbers> x{normal_numbers(3, 1200)}, x_dot{Numbers(1200)};
  const Numbers y = batch.forward(theta, x), y_bar = normal_numbers(4, y.size());
  double expected = 0.5 * theta[40 * 50 + 7];  // sample 11, output 7, by hand
  for (std::size_t i = 0; i < 40; ++i)
    expected += x[0][11 * 40 + i] * theta[i * 50 + 7] / std::sqrt(40.0);
  CHECK(y[11 * 50 + 7] == doctest::Approx(expected).epsilon(1e-13));
  Numbers theta_bar(theta.size());
  std::vector<Numbers> x_bar(1);
  batch.vjp(theta, x, y_bar, theta_bar, x_bar);
  CHECK(inner(theta_bar, theta_dot) ==
        doctest::Approx(inner(y_bar, batch.jvp(theta, theta_dot, x, x_dot))).epsilon(1e-12));
}

TEST_CASE("the solvers") {
  constexpr std::int64_t n = 90, columns = 3;
  const Numbers a = second_differences(n), b = normal_numbers(1, n * columns);
  for (const char* const name : {"cholesky", "eigh"}) {
    CAPTURE(name);
    const Library library(name);
    const widelimit_solver_type& type = library.solver(name);
    const ParamsTable params({});
    widelimit_solver* solver = nullptr;
    call([&](widelimit_error* e) { return type.create(&host(), params.abi(), &solver, e); });
    Numbers consumed = a, x = b;
    widelimit_factor* factor = nullptr;
    call([&](widelimit_error* e) {
      return type.factorise(solver, {consumed.data(), n, n, n}, &factor, nullptr, e);
    });
    call([&](widelimit_error* e) {
      return type.solve(factor, {x.data(), n, columns, columns}, nullptr, e);
    });
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < columns; ++c) {
        double sum = -b[i * columns + c];
        for (std::size_t j = 0; j < n; ++j) sum += a[i * n + j] * x[j * columns + c];
        worst = std::max(worst, std::abs(sum));
      }
    CHECK(worst <= 1e-13);  // n eps |A| |x|, about 90 x 2e-16 x 5 x 1
    // The determinant of second differences follows d(n) = 3 d(n - 1) - d(n - 2).
    double previous = 1, determinant = 3, logdet = 0;
    for (int i = 1; i < n; ++i) previous = std::exchange(determinant, 3 * determinant - previous);
    call([&](widelimit_error* e) { return type.logdet(factor, &logdet, e); });
    CHECK(logdet == doctest::Approx(std::log(determinant)).epsilon(1e-13));
    type.factor_destroy(factor);
    type.destroy(solver);
  }
}

}  // namespace widelimit::plugin_tests
