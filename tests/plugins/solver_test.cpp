// The solvers: backward errors in units of n eps |A|, determinants, eigenpairs, and matrices that
// are none of theirs.
#include "plugins/support/batch.hpp"
#include "plugins/support/reserved_memory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

/// Row-major, with a stride that may exceed the columns.
struct Matrix {
  std::int64_t rows, cols, stride;
  Numbers data;

  Matrix(std::int64_t r, std::int64_t c, std::int64_t more = 0)
      : rows(r), cols(c), stride(c + more), data(static_cast<std::size_t>(r * (c + more))) {}
  double& operator()(std::int64_t i, std::int64_t j) {
    return data[static_cast<std::size_t>(i * stride + j)];
  }
  double operator()(std::int64_t i, std::int64_t j) const {
    return data[static_cast<std::size_t>(i * stride + j)];
  }
  widelimit_matrix view() { return {data.data(), rows, cols, stride}; }
};

/// X X' / n + ridge: positive definite.
Matrix positive(std::int64_t n, double ridge, std::int64_t more = 0) {
  const Numbers x = normal_numbers(5, static_cast<std::size_t>(n * n));
  Matrix a(n, n, more);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < n; ++k)
        sum += x[static_cast<std::size_t>(i * n + k)] * x[static_cast<std::size_t>(j * n + k)];
      a(i, j) = sum / static_cast<double>(n) + (i == j ? ridge : 0);
    }
  return a;
}

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::int64_t more = 0) {
  Matrix b(rows, cols, more);
  b.data = normal_numbers(9, b.data.size());
  return b;
}

double norm(const Matrix& a) {
  double most = 0;
  for (std::int64_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < a.cols; ++j) sum += std::abs(a(i, j));
    most = std::max(most, sum);
  }
  return most;
}

struct Solver {
  Library library;  // first, so closed last
  widelimit_solver_type type{};
  std::unique_ptr<widelimit_solver, void (*)(widelimit_solver*)> own{nullptr, nullptr};

  explicit Solver(const std::string& name, Parameters parameters = {}) : library(name) {
    const widelimit_solver_type& found = library.solver(name);
    widelimit_copy(&type, sizeof type, &found, found.struct_size);
    const ParamsTable params(std::move(parameters));
    widelimit_solver* created = nullptr;
    call([&](widelimit_error* e) { return type.create(&host(), params.abi(), &created, e); });
    own = {created, type.destroy};
  }
};

widelimit_solve_info empty_info() {
  const double nan = std::nan("");
  return {sizeof(widelimit_solve_info), 0, 0, nan, nan};
}

struct Factor {
  const Solver* solver;
  std::unique_ptr<widelimit_factor, void (*)(widelimit_factor*)> own{nullptr, nullptr};
  widelimit_solve_info info = empty_info();

  /// Consumes `a`, which must live as long.
  Factor(const Solver& s, Matrix& a) : solver(&s) {
    widelimit_factor* made = nullptr;
    call([&](widelimit_error* e) {
      return s.type.factorise(s.own.get(), a.view(), &made, &info, e);
    });
    own = {made, s.type.factor_destroy};
  }
  widelimit_solve_info solve(Matrix& b) const {
    widelimit_solve_info report = empty_info();
    call([&](widelimit_error* e) { return solver->type.solve(own.get(), b.view(), &report, e); });
    return report;
  }
  [[nodiscard]] double logdet() const {
    double value = 0;
    call([&](widelimit_error* e) { return solver->type.logdet(own.get(), &value, e); });
    return value;
  }
};

/// Both solvers, and the eigenvalues by either algorithm.
struct Choice {
  std::string name;
  Parameters parameters;
};
std::vector<Choice> solvers() {
  return {{"cholesky", {}},
          {"eigh", {{"algorithm", std::string("syevd")}}},
          {"eigh", {{"algorithm", std::string("syevr")}}}};
}

Numbers eigenvalues(Matrix a) {
  const Solver eigh("eigh");
  Numbers values(static_cast<std::size_t>(a.rows));
  call([&](widelimit_error* e) {
    return eigh.type.eigen(eigh.own.get(), a.view(), values.data(), {nullptr, 0, 0, 0}, e);
  });
  return values;
}

}  // namespace

TEST_CASE("solves have a small backward error, for any number of right-hand sides and strides") {
  for (const Choice& choice : solvers()) {
    CAPTURE(choice.name);
    const Solver solver(choice.name, choice.parameters);
    for (const std::int64_t n : {1, 2, 7, 60, 150})
      for (const std::int64_t more : {0, 3}) {
        const Matrix a = positive(n, 0.01, more);
        Matrix consumed = a;
        const Factor factor(solver, consumed);
        for (const std::int64_t columns : {1, 2, 17}) {
          CAPTURE(n);
          CAPTURE(columns);
          const Matrix b = random_matrix(n, columns, more);
          Matrix x = b;
          const widelimit_solve_info info = factor.solve(x);
          for (std::int64_t c = 0; c < columns; ++c) {
            double residual = 0, size = 0;
            for (std::int64_t i = 0; i < n; ++i) {
              double sum = -b(i, c);
              for (std::int64_t j = 0; j < n; ++j) sum += a(i, j) * x(j, c);
              residual = std::max(residual, std::abs(sum));
              size = std::max(size, std::abs(x(i, c)));
            }
            const double backward = residual / (norm(a) * size);
            // Higham (2002), theorem 10.4: a small multiple of n eps.
            CHECK(backward <= 4 * static_cast<double>(n) * eps);
            if (c == 0 && choice.name == "cholesky")
              CHECK(std::abs(info.residual - backward) <= 2 * static_cast<double>(n) * eps);
          }
          for (std::int64_t i = 0; i < n; ++i)  // what lies between the rows is not theirs
            for (std::int64_t j = columns; j < x.stride; ++j) CHECK(x(i, j) == b(i, j));
        }
      }
  }
}

TEST_CASE("the log-determinant is the sum of the eigenvalues' logarithms") {
  for (const std::int64_t n : {1, 5, 80}) {
    const Matrix a = positive(n, 0.1);
    double expected = 0;
    for (const double value : eigenvalues(a)) expected += std::log(value);
    for (const Choice& choice : solvers()) {
      const Solver solver(choice.name, choice.parameters);
      Matrix consumed = a;
      const Factor factor(solver, consumed);
      // n logarithms of order 1, each with the relative error n eps condition at worst; 30 is that.
      CHECK(std::abs(factor.logdet() - expected) <= 30 * static_cast<double>(n) * eps);
    }
  }
}

TEST_CASE("the condition number is estimated from below and within its known slack") {
  const std::int64_t n = 40;
  const Matrix a = positive(n, 0.05);
  Matrix consumed = a, inverse(n, n);
  const Solver solver("cholesky");
  const Factor factor(solver, consumed);
  for (std::int64_t i = 0; i < n; ++i) inverse(i, i) = 1;
  factor.solve(inverse);
  const double exact = 1 / (norm(a) * norm(inverse));
  // The estimate of |A^-1| is a lower bound, in practice within a factor of 3 (Higham 1988).
  CHECK(factor.info.rcond >= exact * (1 - 1e-10));
  CHECK(factor.info.rcond <= 3 * exact);
  Matrix again = a;
  const Solver eigh("eigh");
  const Factor spectral(eigh, again);
  const Numbers values = eigenvalues(a);
  CHECK(spectral.info.rcond == doctest::Approx(values.front() / values.back()).epsilon(1e-12));
}

TEST_CASE("a matrix that is not positive definite is refused with its leading minor") {
  for (const Choice& choice : solvers()) {
    CAPTURE(choice.name);
    const Solver solver(choice.name, choice.parameters);
    for (const std::int64_t minor : {1, 4, 12}) {
      Matrix a = positive(12, 1);
      a(minor - 1, minor - 1) = -1;
      try {
        const Factor factor(solver, a);
        FAIL("not refused");
      } catch (const Refusal& refusal) {
        CHECK(refusal.status == WIDELIMIT_E_NUMERIC);
        CHECK(refusal.index == minor);
        CHECK(std::string(refusal.what()).find("not positive definite") != std::string::npos);
      }
    }
  }
}

TEST_CASE("entries that are no numbers are found before LAPACK sees them") {
  for (const Choice& choice : solvers()) {
    CAPTURE(choice.name);
    const Solver solver(choice.name, choice.parameters);
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      Matrix a = positive(6, 1);
      a(2, 4) = a(4, 2) = bad;
      try {
        const Factor factor(solver, a);
        FAIL("not refused");
      } catch (const Refusal& refusal) {
        CHECK(refusal.status == WIDELIMIT_E_NUMERIC);
        CHECK(refusal.index == -1);
        CHECK(std::string(refusal.what()).find("an entry in row 3 that") != std::string::npos);
      }
    }
  }
}

TEST_CASE("eigenvalues of a matrix with an entry that is not a number are refused") {
  for (const char* const algorithm : {"syevd", "syevr"})
    for (const bool want_vectors : {true, false}) {
      CAPTURE(algorithm);
      const Solver eigh("eigh", {{"algorithm", std::string(algorithm)}});
      Matrix a = positive(6, 1), vectors(6, 6);
      a(2, 4) = a(4, 2) = std::nan("");
      Numbers values(6);
      try {
        call([&](widelimit_error* e) {
          return eigh.type.eigen(eigh.own.get(), a.view(), values.data(),
                                 want_vectors ? vectors.view() : widelimit_matrix{}, e);
        });
        FAIL("not refused");
      } catch (const Refusal& refusal) {
        CHECK(refusal.status == WIDELIMIT_E_NUMERIC);
        CHECK(std::string(refusal.what()).find("an entry in row 3 that") != std::string::npos);
      }
    }
}

TEST_CASE("eigenpairs: ascending, orthonormal rows, and the matrix again") {
  for (const char* const algorithm : {"auto", "syevd", "syevr"})
    for (const std::int64_t n : {1, 2, 30, 120})
      for (const bool in_place : {true, false}) {
        CAPTURE(algorithm);
        CAPTURE(n);
        const Solver eigh("eigh", {{"algorithm", std::string(algorithm)}});
        Matrix a = positive(n, 0);
        for (std::int64_t i = 0; i < n; ++i) a(i, i) -= 0.5;  // of both signs
        Matrix consumed = a, apart(n, n, 2);
        Matrix& v = in_place ? consumed : apart;
        Numbers values(static_cast<std::size_t>(n));
        call([&](widelimit_error* e) {
          return eigh.type.eigen(eigh.own.get(), consumed.view(), values.data(), v.view(), e);
        });
        CHECK(std::is_sorted(values.begin(), values.end()));
        const double tolerance = 10 * static_cast<double>(n) * eps;
        double not_orthonormal = 0, not_eigen = 0;
        for (std::int64_t k = 0; k < n; ++k)
          for (std::int64_t l = 0; l < n; ++l) {
            double product = 0, along = 0;
            for (std::int64_t j = 0; j < n; ++j) {
              product += v(k, j) * v(l, j);
              along += a(l, j) * v(k, j);
            }
            const double value = values[static_cast<std::size_t>(k)];
            not_orthonormal = std::max(not_orthonormal, std::abs(product - (k == l ? 1 : 0)));
            not_eigen = std::max(not_eigen, std::abs(along - value * v(k, l)));
          }
        CHECK(not_orthonormal <= tolerance);
        CHECK(not_eigen <= tolerance * std::max(1.0, norm(a)));
        const Numbers alone = eigenvalues(a);
        for (std::size_t k = 0; k < alone.size(); ++k)
          CHECK(std::abs(alone[k] - values[k]) <= tolerance * std::max(1.0, norm(a)));
      }
}

// 999 rows of 2,200,000 numbers are beyond 2^31, so an index of 32 bits anywhere is a crash.
TEST_CASE(
    "rows that are billions of numbers apart: eigenpairs as of the same matrix in one piece") {
  constexpr std::int64_t n = 1000, stride = 2'200'000;
  const ReservedMemory memory(2 * n * stride * std::int64_t{sizeof(double)});
  if (memory.data() == nullptr) {
    MESSAGE("left out: this process cannot reserve 35 GB of addresses");
    return;
  }
  const widelimit_matrix far{memory.data(), n, n, stride};
  const widelimit_matrix far_vectors{memory.data() + n * stride, n, n, stride};
  for (const char* const algorithm : {"syevd", "syevr"}) {
    CAPTURE(algorithm);
    const Solver eigh("eigh", {{"algorithm", std::string(algorithm)}});
    for (std::int64_t i = 0; i < n; ++i)  // of which two are not zero in each row
      for (std::int64_t j = 0; j < n; ++j)
        far.data[i * stride + j] = i == j ? 2 : std::abs(i - j) == 1 ? -1 : 0;
    Numbers values(static_cast<std::size_t>(n));
    call([&](widelimit_error* e) {
      return eigh.type.eigen(eigh.own.get(), far, values.data(), far_vectors, e);
    });
    // Eigenpairs of the second difference: 4 sin^2(k pi / (2 (n + 1))).
    double off = 0, not_eigen = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      const double value = values[static_cast<std::size_t>(k)];
      const double root =
          2 * std::sin(static_cast<double>(k + 1) * std::numbers::pi / (2 * (n + 1)));
      off = std::max(off, std::abs(value - root * root));
      const double* const v = far_vectors.data + k * stride;
      for (std::int64_t i = 0; i < n; ++i)
        not_eigen = std::max(not_eigen, std::abs((2 - value) * v[i] - (i > 0 ? v[i - 1] : 0) -
                                                 (i + 1 < n ? v[i + 1] : 0)));
    }
    // As for smaller matrices above: 10 n eps times the norm, which is 4.
    CHECK(off <= 40 * static_cast<double>(n) * eps);
    CHECK(not_eigen <= 40 * static_cast<double>(n) * eps);
  }
}

TEST_CASE("an empty matrix has no equations, no eigenvalues, and determinant 1") {
  for (const Choice& choice : solvers()) {
    const Solver solver(choice.name, choice.parameters);
    Matrix a(0, 0);
    const Factor factor(solver, a);
    Matrix b(0, 3);
    factor.solve(b);
    CHECK(factor.logdet() == 0);
  }
  CHECK(eigenvalues(Matrix(0, 0)).empty());
}

TEST_CASE("sizes that do not fit are refused") {
  for (const Choice& choice : solvers()) {
    const Solver solver(choice.name, choice.parameters);
    Matrix oblong(3, 4);
    CHECK_THROWS_AS(Factor(solver, oblong), Refusal);
    Matrix a = positive(3, 1), b(4, 1);
    const Factor factor(solver, a);
    CHECK_THROWS_AS(factor.solve(b), Refusal);
  }
}

}  // namespace widelimit::plugin_tests
