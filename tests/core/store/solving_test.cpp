// Solving from kernels on disk: half a matrix in memory against the whole one, blocks against all
// at once.
#include <widelimit/runtime.hpp>
#include <widelimit/store.hpp>
#include <widelimit/streamed.hpp>

#include "core/data/files.hpp"
#include "core/store/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double inf = std::numeric_limits<double>::infinity();

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Matrix a(rows, cols);
  for (double& v : a.flat()) v = normal(random);
  return a;
}

/// Gaussian kernels of random points on a line: positive definite with a ridge.
Matrix gaussian(const Matrix& x, const Matrix& y) {
  Matrix k(x.rows(), y.rows());
  for (std::int64_t i = 0; i < k.rows(); ++i)
    for (std::int64_t j = 0; j < k.cols(); ++j)
      k(i, j) = std::exp(-0.5 * (x(i, 0) - y(j, 0)) * (x(i, 0) - y(j, 0)));
  return k;
}

double distance(const Matrix& a, const Matrix& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  double most = 0;
  for (std::size_t i = 0; i < a.flat().size(); ++i)
    most = std::max(most, std::abs(a.flat()[i] - b.flat()[i]));
  return most;
}

const Solver& cholesky() {
  static const Runtime runtime([] {
    RuntimeOptions options;
    options.plugin_path = {WIDELIMIT_TEST_PLUGINS};
    options.plugins = {"cholesky"};
    options.threads = 2;
    return options;
  }());
  static const Solver solver = runtime.solver("\"cholesky\"");
  return solver;
}

InferenceOptions gp() {
  InferenceOptions o;
  o.kernel = DrivingKernel::nngp;
  o.diag_reg = 0.01;
  o.covariance = Covariance::diagonal;
  return o;
}

}  // namespace

TEST_CASE("half of a matrix gives the solutions, the determinant and the condition of the whole") {
  REQUIRE(cholesky().has_packed());
  for (const std::int64_t n : {1, 2, 3, 4, 5, 255, 256, 257, 511, 513, 514, 600}) {
    CAPTURE(n);
    Matrix k = gaussian(random_matrix(n, 1, 1), random_matrix(n, 1, 1));
    const Factor half = cholesky().factorise(MatrixSource(k), 0.1);
    for (std::int64_t i = 0; i < n; ++i) k(i, i) += 0.1;
    const Factor whole = cholesky().factorise(k.clone());
    CHECK(half.size() == n);
    // Backward stable solves differ by n eps times the condition number, at most (n + 0.1) / 0.1.
    const double condition = static_cast<double>(n) / 0.1 + 1;
    const double tolerance = 4 * static_cast<double>(n) * eps * condition;
    for (const std::int64_t columns : {1, 3}) {
      const Matrix b = random_matrix(n, columns, 2);
      const Matrix x = whole.solve(b);
      double size = 0;
      for (const double v : x.flat()) size = std::max(size, std::abs(v));
      CHECK(distance(half.solve(b), x) <= tolerance * size);
    }
    CHECK(std::abs(half.logdet() - whole.logdet()) <= tolerance);
    CHECK(std::abs(half.info().rcond - whole.info().rcond) <= 0.01 * whole.info().rcond);
  }
}

TEST_CASE("half of a matrix that is not positive definite is refused with the leading minor") {
  Matrix k = gaussian(random_matrix(300, 1, 1), random_matrix(300, 1, 1));
  for (std::int64_t i = 0; i < 300; ++i) k(i, i) += 1;
  for (const std::int64_t minor : {1, 140, 151, 300}) {
    Matrix bad = k.clone();
    bad(minor - 1, minor - 1) = -1;
    const Error error =
        error_of([&] { static_cast<void>(cholesky().factorise(MatrixSource(bad), 0)); });
    CHECK(error.code() == ErrorCode::numeric);
    CHECK(error.facts().index == minor);
  }
  k(20, 10) = k(10, 20) = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_of([&] { static_cast<void>(cholesky().factorise(MatrixSource(k), 0)); }).code() ==
        ErrorCode::numeric);
}

TEST_CASE("inference by blocks is inference all at once") {
  const std::int64_t n = 301, m = 150;
  const Matrix x = random_matrix(n, 1, 3), z = random_matrix(m, 1, 4);
  const Matrix y = random_matrix(n, 2, 5), y_test = random_matrix(m, 2, 6);
  const Matrix f0_train = random_matrix(n, 2, 7), f0_test = random_matrix(m, 2, 8);
  const Matrix k = gaussian(x, x), cross = gaussian(z, x);
  const std::vector<double> diagonal(m, 1.0);
  const MatrixSource k_source(k), cross_source(cross);

  for (const Method method : {Method::gp_inference, Method::gradient_descent_mse_ensemble,
                              Method::gradient_descent_mse}) {
    InferenceOptions options = gp();
    options.method = method;
    if (method != Method::gp_inference) options.times = {inf};
    if (method == Method::gradient_descent_mse) options.covariance = Covariance::none;
    const bool one = method == Method::gradient_descent_mse;
    REQUIRE(can_stream(options));
    InferenceProblem problem;
    problem.kernels.nngp = {.train_train = &k, .test_train = &cross, .test_diagonal = &diagonal};
    problem.y_train = &y;
    problem.y_test = &y_test;
    problem.initial_train = one ? &f0_train : nullptr;
    problem.initial_test = one ? &f0_test : nullptr;
    const InferenceResult expected = infer(problem, options, cholesky());
    const InferenceResult found = infer_streamed({.train_train = &k_source,
                                                  .test_train = &cross_source,
                                                  .test_diagonal = &diagonal,
                                                  .y_train = &y,
                                                  .y_test = &y_test,
                                                  .initial_train = problem.initial_train,
                                                  .initial_test = problem.initial_test},
                                                 options, cholesky());
    // The condition number is at most n / 0.01 + 1.
    const double tolerance =
        10 * static_cast<double>(n) * eps * (static_cast<double>(n) / 0.01 + 1);
    REQUIRE(found.predictions.size() == 1);
    CHECK(distance(found.predictions[0].mean, expected.predictions[0].mean) < tolerance);
    REQUIRE(found.predictions[0].variance.size() == expected.predictions[0].variance.size());
    for (std::size_t i = 0; i < found.predictions[0].variance.size(); ++i)
      CHECK(std::abs(found.predictions[0].variance[i] - expected.predictions[0].variance[i]) <
            tolerance);
    CHECK(std::abs(found.ridge - expected.ridge) <= 1e-15);
    CHECK(std::abs(found.logdet - expected.logdet) < tolerance);
    CHECK(found.solve.residual < 10 * static_cast<double>(n) * eps);
    REQUIRE(found.losses.test_mean.size() == expected.losses.test_mean.size());
    for (std::size_t i = 0; i < found.losses.test_mean.size(); ++i) {
      CHECK(std::abs(found.losses.test_mean[i] - expected.losses.test_mean[i]) < tolerance);
      CHECK(found.losses.train_mean[i] == expected.losses.train_mean[i]);
    }
    CHECK(found.losses.test_expected.size() == expected.losses.test_expected.size());
  }
}

TEST_CASE("a matrix in memory is a source of blocks, in both precisions and with any stride") {
  const MatrixF narrow{{1, 2, 3}, {4, 5, 6}};
  const Matrix wide{{1, 2, 3}, {4, 5, 6}};
  const MatrixSource sources[] = {MatrixSource(narrow), MatrixSource(wide),
                                  MatrixSource(wide.data(), 2, 2, 3)};
  for (const MatrixSource& source : sources) {
    Matrix out(2, 2);
    source.read(0, 1, 2, 1, out.data(), 2);
    CHECK(out(0, 0) == 2);
    CHECK(out(1, 0) == 5);
    CHECK(error_of([&] { source.read(1, 0, 2, 1, out.data(), 2); }).code() == ErrorCode::usage);
  }
  CHECK(error_of([&] { sources[2].read(0, 2, 1, 1, nullptr, 1); }).code() == ErrorCode::usage);
}

TEST_CASE("solvers report their phases and stop when they are cancelled") {
  const Matrix k = gaussian(random_matrix(9, 1, 1), random_matrix(9, 1, 1));
  std::vector<std::string> phases;
  Control control([&](const Progress& step) {
    if (step.done == step.total) phases.push_back(step.phase);
  });
  const Factor factor = cholesky().factorise(MatrixSource(k), 0.1, &control);
  CHECK(phases == std::vector<std::string>{"read kernel", "factorise"});
  static_cast<void>(factor.solve(random_matrix(9, 1, 2), &control));
  CHECK(phases.back() == "solve");
  control.cancel();
  CHECK(error_of([&] {
          static_cast<void>(cholesky().factorise(MatrixSource(k), 0.1, &control));
        }).code() == ErrorCode::cancelled);
  CHECK(error_of([&] { static_cast<void>(cholesky().factorise(k.clone(), &control)); }).code() ==
        ErrorCode::cancelled);
  CHECK(error_of([&] {
          static_cast<void>(factor.solve(random_matrix(9, 1, 2), &control));
        }).code() == ErrorCode::cancelled);
}

TEST_CASE("large matrices are factorised in steps that are reported and can be stopped") {
  constexpr std::int64_t n = 2600;  // blocks of two sizes
  Matrix k = gaussian(random_matrix(n, 1, 1), random_matrix(n, 1, 1));
  for (std::int64_t i = 0; i < n; ++i) k(i, i) += 1;
  const auto factorise = [&](bool half, const Matrix& a, Control* control) {
    return half ? cholesky().factorise(MatrixSource(a), 0, control)
                : cholesky().factorise(a.clone(), control);
  };
  const Matrix b = random_matrix(n, 1100, 2);  // two panels of right-hand sides
  std::vector<double> determinants;
  for (const bool half : {false, true}) {
    CAPTURE(half);
    std::int64_t last = 0;
    bool forward = true;
    int reports = 0;
    Control watched([&](const Progress& p) {
      if (p.phase != "cholesky") return;
      forward = forward && p.done > last && p.total == 100;
      last = p.done;
      ++reports;
    });
    const Factor factor = factorise(half, k, &watched);
    CHECK(forward);
    CHECK(last >= 99);
    CHECK(reports > 5);
    determinants.push_back(factor.logdet());

    const Matrix x = factor.solve(b, &watched);
    double worst = 0, size = 0;
    for (const std::int64_t c : {0, 1023, 1024, 1099})
      for (std::int64_t i = 0; i < n; ++i) {
        double sum = -b(i, c);
        for (std::int64_t j = 0; j < n; ++j) sum += k(i, j) * x(j, c);
        worst = std::max(worst, std::abs(sum));
        size = std::max(size, std::abs(x(i, c)));
      }
    // The norm of the matrix is below n + 1.
    CHECK(worst < 10 * eps * static_cast<double>(n + 1) * size);

    for (const char* const phase : {"cholesky", "right-hand sides"}) {
      Control* running = nullptr;
      bool finished = false;
      Control stopped([&](const Progress& p) {
        if (p.phase == phase) running->cancel();
        finished = finished || ((p.phase == "factorise" || p.phase == "solve") && p.done == 1 &&
                                running->cancelled());
      });
      running = &stopped;
      CHECK(error_of([&] {
              static_cast<void>(factorise(half, k, &stopped).solve(b, &stopped));
            }).code() == ErrorCode::cancelled);
      CHECK_FALSE(finished);
    }
    for (const std::int64_t minor : {1000, 1200, 1301, 2500}) {
      Matrix bad = k.clone();
      bad(minor - 1, minor - 1) = -1;
      CHECK(error_of([&] { static_cast<void>(factorise(half, bad, nullptr)); }).facts().index ==
            minor);
    }
  }
  CHECK(std::abs(determinants[0] - determinants[1]) < 1e-10 * std::abs(determinants[0]));
}

TEST_CASE("float32 kernels of a store are solved in float64") {
  const Folder folder(memory());
  const std::int64_t n = 37;
  const StoreSpec spec = square(n);
  {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8);
  }
  const auto source = open_kernel(folder / "s", Kernel::nngp);
  const double ridge = 4e6;  // above the largest row sum: positive definite
  const Matrix b = random_matrix(n, 2, 1);
  const Matrix x = cholesky().factorise(*source, ridge).solve(b);
  double error = 0;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t o = 0; o < 2; ++o) {
      double sum = -b(i, o);
      for (std::int64_t j = 0; j < n; ++j) sum += (entry(i, j) + (i == j ? ridge : 0)) * x(j, o);
      error = std::max(error, std::abs(sum));
    }
  CHECK(error < 100 * static_cast<double>(n) * eps);
}

TEST_CASE(
    "a kernel from the disk that is not positive definite is refused with a ridge that works") {
  // Of 40 points twice with an error of 1e-3: eigenvalues of -1e-3 beside those of the kernel.
  constexpr std::int64_t n = 80;
  const Matrix x = random_matrix(n / 2, 1, 5);
  Matrix k(n, n);
  const Matrix once = gaussian(x, x);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      k(i, j) = once(i % (n / 2), j % (n / 2)) + (i != j && i % (n / 2) == j % (n / 2) ? 1e-3 : 0);
  const Matrix y = random_matrix(n, 1, 6);
  const MatrixSource source(k);
  InferenceOptions options = gp();
  options.diag_reg = 0;
  const auto run = [&] {
    static_cast<void>(infer_streamed({.train_train = &source, .y_train = &y}, options, cholesky()));
  };
  const Error error = error_of(run);
  const std::string message = error.what();
  CAPTURE(message);
  CHECK(error.code() == ErrorCode::numeric);
  CHECK(error.facts().index > 1);
  CHECK(contains(message, "the nngp kernel of the 80 training samples"));
  CHECK(contains(message, "leading minor " + std::to_string(error.facts().index)));
  CHECK(contains(message, "its smallest eigenvalue is -0.001, its largest"));
  const std::size_t at = message.find("\"diag_reg\": ");
  REQUIRE(at != std::string::npos);
  options.diag_reg = std::stod(message.substr(at + 12));
  CHECK(options.diag_reg < 0.01);
  CHECK_NOTHROW(run());
}

TEST_CASE("a singular kernel from the disk is refused, whatever the sign of rounding") {
  int passed = 0;  // the factorisation, which is not to be enough
  for (std::uint32_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    Matrix a = random_matrix(40, 60, seed);
    std::copy_n(a.row(38).data(), 60, a.row(39).data());  // a duplicate
    Matrix k(40, 40);
    for (std::int64_t i = 0; i < 40; ++i)
      for (std::int64_t j = 0; j < 40; ++j)
        for (std::int64_t c = 0; c < 60; ++c) k(i, j) += a(i, c) * a(j, c);
    const Matrix y = random_matrix(40, 1, seed + 100);
    const MatrixSource source(k);
    InferenceOptions options = gp();
    options.diag_reg = 0;
    const auto run = [&] {
      static_cast<void>(
          infer_streamed({.train_train = &source, .y_train = &y}, options, cholesky()));
    };
    const Error error = error_of(run);
    const std::string message = error.what();
    CAPTURE(message);
    CHECK(contains(message, "not positive definite"));
    passed += error.facts().index < 0 ? 1 : 0;
    const std::size_t at = message.find("\"diag_reg\": ");
    REQUIRE(at != std::string::npos);
    options.diag_reg = std::stod(message.substr(at + 12));
    CHECK_NOTHROW(run());
  }
  CHECK(passed > 0);  // else the closer look was never taken
}

TEST_CASE("of a large kernel from the disk the eigenvalues are estimates, and said to be") {
  // 6,000 samples, the kernel made as it is read: 1 on the diagonal, 0.5 beside it, and one pair of
  // samples with a covariance of 2, so that eigenvalues are -1.5 and about 3001.
  class Made final : public KernelSource {
   public:
    [[nodiscard]] std::int64_t rows() const override { return 6000; }
    [[nodiscard]] std::int64_t cols() const override { return 6000; }
    void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
              std::int64_t ld) const override {
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < cols; ++j) {
          const std::int64_t p = row + i, q = col + j;
          out[i * ld + j] = p == q ? 1 : p + q == 13 && (p == 6 || p == 7) ? 2.0 : 0.5;
        }
    }
  };
  const Made source;
  const Matrix y(6000, 1);
  InferenceOptions options = gp();
  options.diag_reg = 0;
  const Error error = error_of([&] {
    static_cast<void>(infer_streamed({.train_train = &source, .y_train = &y}, options, cholesky()));
  });
  const std::string message = error.what();
  CAPTURE(message);
  CHECK(error.facts().index == 8);
  CHECK(contains(message, "at most (Lanczos estimate) -1"));
  // (1 - 0.5) + 6000 * 0.5
  CHECK(contains(message, "its largest 3e+03."));
  CHECK(contains(message, "Try \"diag_reg\": "));
}

TEST_CASE("what cannot be streamed is refused") {
  InferenceOptions options = gp();
  CHECK(can_stream(options));
  options.kernel = DrivingKernel::ntk;
  CHECK_FALSE(can_stream(options));  // the covariance of the ensemble reads both kernels
  options.covariance = Covariance::none;
  CHECK(can_stream(options));
  options.method = Method::gradient_descent_mse_ensemble;
  options.times = {1, inf};
  CHECK_FALSE(can_stream(options));
  options = gp();
  options.covariance = Covariance::full;
  CHECK_FALSE(can_stream(options));
  const Matrix k = gaussian(random_matrix(5, 1, 1), random_matrix(5, 1, 1)), y(4, 1);
  const MatrixSource source(k);
  const Error error = error_of([&] {
    static_cast<void>(infer_streamed({.train_train = &source, .y_train = &y}, gp(), cholesky()));
  });
  CHECK(error.code() == ErrorCode::usage);
  CHECK(contains(error.what(), "y_train is 4 x 1; expected 5 x 1"));
}
