// Exact where mathematics is exact: the diagonal, and samples against their duplicates.
#include <widelimit/error.hpp>

#include "core/engine/static_layers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

std::vector<Layer> thirty_relus() {
  std::vector<Layer> layers;
  for (int i = 0; i < 30; ++i) {
    layers.push_back(dense(1.4, 0.1));
    layers.push_back(relu());
  }
  layers.push_back(dense(1.4, 0.1));
  return layers;
}

Matrix with_duplicates(std::int64_t n, std::int64_t features) {
  Matrix x = random_matrix(n, features, 11);
  for (const auto& [to, from] : {std::pair{1, 0}, {n - 1, std::int64_t{0}}, {n / 2, n / 3}})
    std::copy_n(x.row(from).data(), features, x.row(to).data());
  return x;
}

template <class T>
void check_exact(const Network& net, const Samples& x) {
  const std::int64_t n = x.count();
  const PerKernel<BasicMatrix<T>> k = net.kernels<T>(x);
  const PerKernel<std::vector<double>> d = net.plan(x.shape()).diagonals(x, precision_of<T>);
  const auto at = [](const std::vector<double>& v, std::int64_t i) {
    return static_cast<T>(v[static_cast<std::size_t>(i)]);
  };
  bool diagonal = true;
  for (std::int64_t i = 0; i < n; ++i)
    diagonal = diagonal && k.nngp(i, i) == at(d.nngp, i) && k.ntk(i, i) == at(d.ntk, i);
  CHECK(diagonal);
  for (const auto& [i, j] : {std::pair{1L, 0L}, {n - 1, 0L}, {n - 1, 1L}, {n / 2, n / 3}}) {
    for (const auto& [r, c] : {std::pair{i, j}, {j, i}}) {
      CHECK(k.nngp(r, c) == k.nngp(c, c));
      CHECK(k.nngp(r, r) == k.nngp(c, c));
      CHECK(k.ntk(r, c) == k.ntk(c, c));
    }
  }
}

}  // namespace

TEST_CASE("thirty layers leave the diagonal and duplicates exact, in both precisions") {
  const Network net = network(thirty_relus());
  for (const std::int64_t features : {1, 7, 64, 333})
    for (const std::int64_t n : {7, 300}) {
      const Matrix x = with_duplicates(n, features);
      check_exact<double>(net, Samples(x.clone()));
      check_exact<float>(net, Samples(to_float(x)));
    }
}

TEST_CASE("ReLU halves the variance exactly, however deep: the diagonal is the closed form") {
  // dense with W_std^2 = 2 undoes the half: the NNGP diagonal is the data's, the NTK's grows by it.
  std::vector<Layer> layers;
  for (int i = 0; i < 20; ++i) {
    layers.push_back(dense({2, 0, 2, 0}));
    layers.push_back(relu());
  }
  const Matrix x = random_matrix(50, 40, 12);
  const PerKernel<MatrixF> k = network(layers).kernels<float>(Samples(to_float(x)));
  const PerKernel<MatrixF> data = network({}).kernels<float>(Samples(to_float(x)));
  for (std::int64_t i = 0; i < 50; ++i) {
    CHECK(k.nngp(i, i) == data.nngp(i, i));
    CHECK(k.ntk(i, i) ==
          doctest::Approx(20.0 * static_cast<double>(data.nngp(i, i))).epsilon(2e-6));
  }
}

TEST_CASE("rows that x2 shares with x1 get the diagonal's bits in the cross kernel") {
  const Network net = network(thirty_relus());
  const Matrix x = random_matrix(600, 21, 13);
  Matrix y = random_matrix(270, 21, 14);
  const std::vector<std::pair<std::int64_t, std::int64_t>> shared{
      {0, 3}, {599, 0}, {256, 269}, {255, 1}};
  for (const auto& [from, to] : shared) std::copy_n(x.row(from).data(), 21, y.row(to).data());
  const Samples sx(x.clone()), sy(y.clone());
  const PerKernel<Matrix> cross = net.kernels<double>(sx, sy);
  const PerKernel<std::vector<double>> d = net.plan(sx.shape()).diagonals(sx);
  for (const auto& [i, j] : shared) {
    CHECK(cross.nngp(i, j) == d.nngp[static_cast<std::size_t>(i)]);
    CHECK(cross.ntk(i, j) == d.ntk[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE("minus zero equals zero: such samples are duplicates") {
  const Network net = network(thirty_relus());
  Matrix x = random_matrix(10, 5, 15);
  for (std::int64_t c = 0; c < 5; ++c) x(9, c) = x(2, c);
  x(2, 3) = 0.0;
  x(9, 3) = -0.0;
  const PerKernel<Matrix> k = net.kernels<double>(Samples(x.clone()));
  CHECK(k.nngp(2, 9) == k.nngp(2, 2));
  CHECK(k.ntk(2, 9) == k.ntk(2, 2));
}

TEST_CASE("samples of zeros are finite in every layer") {
  const Network net = network({dense(1.4, 0), relu(), dense(1.4, 0), relu(), dense(1, 0)});
  const PerKernel<Matrix> k = net.kernels<double>(Samples(Matrix{{0, 0}, {1, 2}, {0, 0}}));
  CHECK(k.nngp(0, 0) == 0);
  CHECK(k.nngp(0, 1) == 0);
  CHECK(k.ntk(0, 2) == 0);
}

TEST_CASE("of a kernel that is not finite, the first layer to blame is named") {
  const auto message_of = [](std::vector<Layer> layers, std::vector<std::int64_t> sites,
                             bool diagonals) {
    layers.insert(layers.begin(), dense(1, 0.1));
    layers.push_back(dense(1, 0));
    layers.push_back(relu());
    if (!sites.empty()) layers.push_back(mean_over_pairs());
    layers.push_back(dense(1, 0));
    const Samples x(random_matrix(20, 8, 71), std::move(sites));
    const Network net = network(std::move(layers));
    try {
      if (diagonals)
        static_cast<void>(net.plan(x.shape()).diagonals(x, Precision::float64));
      else
        static_cast<void>(net.ntk(x));
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::numeric);
      CHECK(std::string(e.what()).ends_with(e.facts().reason));
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<std::int64_t>& sites : {std::vector<std::int64_t>{}, {4}})
    for (const bool diagonals : {false, true}) {
      CAPTURE(sites.size());
      CAPTURE(diagonals);
      const auto says = [&](std::vector<Layer> layers, const std::string& words) {
        const std::string message = message_of(std::move(layers), sites, diagonals);
        CAPTURE(message);
        CHECK(message.find(words) != std::string::npos);
      };
      says({amplify(2), amplify(nan), amplify(3)}, "layer \"amplify\" (/network/2) gives NaN");
      says({relu(), amplify(1e308), amplify(1e308), amplify(2)},
           "overflows float64 in layer \"amplify\" (/network/3)");
      // The next layer overflows, and the first is to blame.
      says({amplify(3), amplify(-1e300), amplify(1e300)},
           "layer \"amplify\" (/network/2) gives a variance of -");
    }
}
