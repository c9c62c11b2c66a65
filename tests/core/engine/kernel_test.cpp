// Values of kernels: worked examples, the naive formulas, both precisions, NNGP alone, cross
// kernels.
#include <widelimit/error.hpp>

#include "core/engine/static_layers.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace widelimit;
using namespace widelimit::test;

namespace {

NaivePair start(const Matrix& x, std::int64_t i, const Matrix& y, std::int64_t j) {
  NaivePair p;
  for (std::int64_t c = 0; c < x.cols(); ++c) {
    p.k += static_cast<long double>(x(i, c)) * y(j, c);
    p.a += static_cast<long double>(x(i, c)) * x(i, c);
    p.b += static_cast<long double>(y(j, c)) * y(j, c);
  }
  const auto d = static_cast<long double>(x.cols());
  p.k /= d, p.a /= d, p.b /= d;
  return p;
}

std::vector<Layer> deep() {
  return {dense(1.3, 0.2), relu(), dense(1.1, 0.1), square(), dense(0.7, 0.3), relu(), dense(1, 0)};
}

// Largest |ours - naive| in units of sqrt(K_ii K_jj).
template <class T>
std::pair<double, double> distance(const PerKernel<BasicMatrix<T>>& ours,
                                   const std::vector<Layer>& layers, const Matrix& x1,
                                   const Matrix& x2) {
  double nngp = 0, ntk = 0;
  for (std::int64_t i = 0; i < x1.rows(); ++i)
    for (std::int64_t j = 0; j < x2.rows(); ++j) {
      const NaivePair p = naive(layers, start(x1, i, x2, j));
      const NaivePair ii = naive(layers, start(x1, i, x1, i)),
                      jj = naive(layers, start(x2, j, x2, j));
      nngp = std::max(
          nngp, std::abs(static_cast<double>((static_cast<long double>(ours.nngp(i, j)) - p.k) /
                                             std::sqrt(ii.k * jj.k))));
      ntk = std::max(
          ntk, std::abs(static_cast<double>((static_cast<long double>(ours.ntk(i, j)) - p.theta) /
                                            std::sqrt(ii.theta * jj.theta))));
    }
  return {nngp, ntk};
}

template <class T>
bool same_bits(const BasicMatrix<T>& a, const BasicMatrix<T>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(a.flat().begin(), a.flat().end(), b.flat().begin());
}

}  // namespace

TEST_CASE("the worked example of a dense-relu-dense network, both parameterizations") {
  const Samples x(Matrix{{1, 2}, {2, -1.5}});
  struct Case {
    std::vector<Layer> layers;
    double theta, theta_11;
  };
  const double w = 2.25, b = 0.01;
  // standard: Dense(8, s = (1, 4)), Dense(1, s = (4, 1)): fan-ins 2 / 1 and 32 / 4.
  const Case ntk{{dense(1.5, 0.1), relu(), dense(1.5, 0.1)}, 1.117773078207, 0};
  const Case standard{{dense({w, b, 2, 1}), relu(), dense({w, b, 8, 1})}, 6.916120127641, 0};
  for (const Case& c : {ntk, standard}) {
    const PerKernel<Matrix> k = network(c.layers).kernels<double>(x);
    CHECK(k.nngp(0, 0) == doctest::Approx(6.349375).epsilon(1e-12));
    CHECK(k.nngp(0, 1) == doctest::Approx(1.673908785899).epsilon(1e-12));
    CHECK(k.nngp(1, 1) == doctest::Approx(7.93140625).epsilon(1e-12));
    CHECK(k.ntk(0, 1) == doctest::Approx(c.theta).epsilon(1e-12));
    CHECK(k.ntk(1, 0) == k.ntk(0, 1));
  }
}

TEST_CASE("kernels of a deep network agree with the formulas in float64 and float32") {
  const std::vector<Layer> layers = deep();
  const Network net = network(layers);
  const Matrix x = random_matrix(37, 19, 1), y = random_matrix(21, 19, 2);
  const Samples sx(x.clone()), sy(y.clone());
  // A few hundred roundings a pair: 1e3 eps. In float32 the ReLU near the diagonal costs its root.
  const double eps64 = 1e3 * std::numeric_limits<double>::epsilon();
  const auto [nngp, ntk] = distance(net.kernels<double>(sx), layers, x, x);
  CHECK(nngp < eps64);
  CHECK(ntk < eps64);
  const auto [nngp_cross, ntk_cross] = distance(net.kernels<double>(sx, sy), layers, x, y);
  CHECK(nngp_cross < eps64);
  CHECK(ntk_cross < eps64);
  const double eps32 = 20 * std::numeric_limits<float>::epsilon();
  const auto [nngp32, ntk32] = distance(net.kernels<float>(sx), layers, x, x);
  CHECK(nngp32 < eps32);
  CHECK(ntk32 < eps32);
}

TEST_CASE("one kernel alone has the bits it has with the other, and leaves the other empty") {
  const Network net = network(deep());
  const Samples x(random_matrix(300, 10, 3));
  const PerKernel<Matrix> both = net.kernels<double>(x);
  const PerKernel<Matrix> nngp = net.kernels<double>(x, {}, {.nngp = true, .ntk = false});
  const PerKernel<Matrix> ntk = net.kernels<double>(x, {}, {.nngp = false, .ntk = true});
  CHECK(same_bits(both.nngp, nngp.nngp));
  CHECK(same_bits(both.ntk, ntk.ntk));
  CHECK(nngp.ntk.empty());
  CHECK(ntk.nngp.empty());
  CHECK(same_bits(net.nngp(x), both.nngp));
  CHECK(same_bits(net.ntk(x), both.ntk));
}

TEST_CASE("layers do not compute the NTK if only the NNGP kernel is requested") {
  bool computes_ntk = false;
  const Network net = network({dense(1, 0), spy([&](const widelimit_run& r) {
                                 computes_ntk = computes_ntk || r.output->ntk != nullptr ||
                                                r.inputs[0]->ntk != nullptr;
                               })});
  const Samples x(random_matrix(20, 4, 4));
  static_cast<void>(net.nngp(x));
  CHECK_FALSE(computes_ntk);
  static_cast<void>(net.ntk(x));
  CHECK(computes_ntk);
}

TEST_CASE("a kernel of samples with themselves is symmetric to the bit") {
  const Network net = network(deep());
  const Matrix x = random_matrix(530, 33, 5);
  const PerKernel<MatrixF> k = net.kernels<float>(Samples(x.clone()));
  bool symmetric = true;
  for (std::int64_t i = 0; i < 530; ++i)
    for (std::int64_t j = 0; j < i; ++j)
      symmetric = symmetric && k.nngp(i, j) == k.nngp(j, i) && k.ntk(i, j) == k.ntk(j, i);
  CHECK(symmetric);
}

TEST_CASE("the bits of an entry do not depend on how many samples come after it") {
  const Network net = network(deep());
  const Matrix all = random_matrix(700, 65, 6);
  const auto first = [&](std::int64_t n) {
    Matrix m = Matrix::uninitialized(n, all.cols());
    std::copy_n(all.data(), m.size(), m.data());
    return Samples(std::move(m));
  };
  const PerKernel<Matrix> whole = net.kernels<double>(first(700));
  for (const std::int64_t n : {1, 7, 255, 256, 257, 300, 513}) {
    const PerKernel<Matrix> part = net.kernels<double>(first(n));
    bool same = true;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        same = same && part.nngp(i, j) == whole.nngp(i, j) && part.ntk(i, j) == whole.ntk(i, j);
    CHECK_MESSAGE(same, n);
  }
}

TEST_CASE("nor on the size of the products that BLAS is given") {
  const Network net = network({dense(1.3, 0.2)});
  for (const std::int64_t features : {60, 520}) {
    const Matrix all = random_matrix(4200, features, 16);
    Matrix some = Matrix::uninitialized(390, features);
    std::copy_n(all.data(), some.size(), some.data());
    const Matrix whole = net.nngp(Samples(all.clone())), part = net.nngp(Samples(std::move(some)));
    bool same = true;
    for (std::int64_t i = 0; i < 390; ++i)
      for (std::int64_t j = 0; j < 390; ++j) same = same && part(i, j) == whole(i, j);
    CHECK_MESSAGE(same, features);
  }
}

TEST_CASE("samples given in the other precision are rounded or widened once") {
  const Network net = network(deep());
  const Matrix wide = random_matrix(40, 12, 7);
  const MatrixF narrow = to_float(wide);
  CHECK(same_bits(net.kernels<float>(Samples(wide.clone())).ntk,
                  net.kernels<float>(Samples(narrow.clone())).ntk));
  Matrix widened = Matrix::uninitialized(40, 12);
  std::copy(narrow.flat().begin(), narrow.flat().end(), widened.data());
  CHECK(same_bits(net.kernels<double>(Samples(narrow.clone())).ntk,
                  net.kernels<double>(Samples(std::move(widened))).ntk));
}

TEST_CASE("kernels_into and kernels_to give what kernels gives") {
  const Network net = network(deep());
  const Samples x(random_matrix(270, 8, 8)), y(random_matrix(20, 8, 9));
  const PerKernel<Matrix> expected = net.kernels<double>(x, y);
  Matrix nngp(270, 20), ntk(270, 20);
  net.plan(x.shape()).kernels_into<double>(x, y, {nngp.data(), ntk.data()}, nngp.cols());
  CHECK(same_bits(nngp, expected.nngp));
  CHECK(same_bits(ntk, expected.ntk));

  struct Collect final : KernelSink {
    Matrix nngp{270, 20};
    int tiles = 0;
    void put(const Tile& tile) override {
      CHECK(tile.entries<double>(Kernel::ntk) == nullptr);
      CHECK_THROWS_AS(static_cast<void>(tile.entries<float>(Kernel::nngp)), Error);
      CHECK_FALSE(tile.mirror);
      ++tiles;
      const auto [row, col, rows, cols] = tile.area;
      const double* const k = tile.entries<double>(Kernel::nngp);
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < cols; ++j) nngp(row + i, col + j) = k[i * tile.ld + j];
    }
  } sink;
  net.plan(x.shape()).kernels_to(x, y, Precision::float64, {.nngp = true, .ntk = false}, sink);
  CHECK(sink.tiles == 2);
  CHECK(same_bits(sink.nngp, expected.nngp));
}

TEST_CASE("a network without layers hands on the covariance of the data, and has no NTK") {
  const Network net = network({});
  const Matrix x{{1, 2}, {2, -1.5}};
  const PerKernel<Matrix> k = net.kernels<double>(Samples(x.clone()));
  CHECK(k.nngp(0, 0) == 2.5);
  CHECK(k.nngp(0, 1) == -0.5);
  CHECK(k.nngp(1, 1) == 3.125);
  CHECK(k.ntk(0, 1) == 0);
}

TEST_CASE("no samples give an empty kernel; no features and two shapes are refused") {
  const Network net = network(deep());
  CHECK(net.kernels<double>(Samples(Matrix(0, 3))).nngp.empty());
  CHECK_THROWS_WITH_AS(static_cast<void>(net.nngp(Samples(Matrix(3, 0)))),
                       "the samples have no features", Error);
  const Samples x(Matrix(3, 4)), y(Matrix(3, 5));
  try {
    static_cast<void>(net.nngp(x, y));
    FAIL("two shapes were accepted");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    CHECK(std::string(e.what()).find("4 and 5") != std::string::npos);
  }
}

TEST_CASE("diagonals are those of the whole kernel, to the bit") {
  const Network net = network(deep());
  const Samples x(random_matrix(300, 9, 10));
  const PerKernel<Matrix> k = net.kernels<double>(x);
  const PerKernel<std::vector<double>> d = net.plan(x.shape()).diagonals(x);
  REQUIRE(d.nngp.size() == 300);
  bool same = true;
  for (std::int64_t i = 0; i < 300; ++i)
    same = same && d.nngp[static_cast<std::size_t>(i)] == k.nngp(i, i) &&
           d.ntk[static_cast<std::size_t>(i)] == k.ntk(i, i);
  CHECK(same);
  const PerKernel<MatrixF> f = net.kernels<float>(x);
  const PerKernel<std::vector<double>> df =
      net.plan(x.shape()).diagonals(x, Precision::float32, {.nngp = false, .ntk = true});
  CHECK(df.nngp.empty());
  CHECK(df.ntk[17] == static_cast<double>(f.ntk(17, 17)));
}
