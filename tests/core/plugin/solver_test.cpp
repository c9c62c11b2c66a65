// Solver and Factor around a static table: a Cholesky factorisation of a dozen lines.
#include <widelimit/error.hpp>
#include <widelimit/examine/host.hpp>
#include <widelimit/solver.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace widelimit;

// The boundary names these types and leaves them to the plugin.
struct widelimit_solver {
  int unused = 0;
};
struct widelimit_factor {
  widelimit_matrix l{};
};

namespace {

std::atomic<int> alive{0};

widelimit_status create(const widelimit_host*, const widelimit_params*, widelimit_solver** out,
                        widelimit_error*) {
  *out = new widelimit_solver;
  ++alive;
  return WIDELIMIT_OK;
}
void destroy(widelimit_solver* s) {
  delete s;
  --alive;
}

widelimit_status factorise(const widelimit_solver*, widelimit_matrix a, widelimit_factor** out,
                           widelimit_solve_info* info, widelimit_error* error) {
  const auto at = [&](std::int64_t i, std::int64_t j) -> double& { return a.data[i * a.ld + j]; };
  for (std::int64_t j = 0; j < a.rows; ++j) {
    for (std::int64_t k = 0; k < j; ++k)
      for (std::int64_t i = j; i < a.rows; ++i) at(i, j) -= at(i, k) * at(j, k);
    if (!(at(j, j) > 0)) {
      error->index = j + 1;
      std::snprintf(error->message, sizeof error->message, "not positive definite");
      return WIDELIMIT_E_NUMERIC;
    }
    const double root = std::sqrt(at(j, j));
    for (std::int64_t i = j; i < a.rows; ++i) at(i, j) /= root;
  }
  info->rcond = 0.5;
  *out = new widelimit_factor{a};
  ++alive;
  return WIDELIMIT_OK;
}
void factor_destroy(widelimit_factor* f) {
  delete f;
  --alive;
}
widelimit_status solve(const widelimit_factor* f, widelimit_matrix b, widelimit_solve_info* info,
                       widelimit_error*) {
  const widelimit_matrix& l = f->l;
  for (std::int64_t c = 0; c < b.cols; ++c) {
    for (std::int64_t i = 0; i < b.rows; ++i) {
      for (std::int64_t k = 0; k < i; ++k)
        b.data[i * b.ld + c] -= l.data[i * l.ld + k] * b.data[k * b.ld + c];
      b.data[i * b.ld + c] /= l.data[i * l.ld + i];
    }
    for (std::int64_t i = b.rows - 1; i >= 0; --i) {
      for (std::int64_t k = i + 1; k < b.rows; ++k)
        b.data[i * b.ld + c] -= l.data[k * l.ld + i] * b.data[k * b.ld + c];
      b.data[i * b.ld + c] /= l.data[i * l.ld + i];
    }
  }
  info->residual = 0.25;
  return WIDELIMIT_OK;
}
widelimit_status logdet(const widelimit_factor* f, double* out, widelimit_error*) {
  *out = 0;
  for (std::int64_t i = 0; i < f->l.rows; ++i) *out += 2 * std::log(f->l.data[i * f->l.ld + i]);
  return WIDELIMIT_OK;
}
widelimit_status descending(const widelimit_solver*, widelimit_matrix a, double* values,
                            widelimit_matrix, widelimit_error*) {
  for (std::int64_t i = 0; i < a.rows; ++i) values[i] = static_cast<double>(-i);
  return WIDELIMIT_OK;
}

constexpr widelimit_type_info info{sizeof(widelimit_type_info), "little", "1.0.0", "", "", "{}"};
widelimit_solver_type table() {
  widelimit_solver_type t{};
  t.struct_size = sizeof t;
  t.info = &info;
  t.create = create;
  t.destroy = destroy;
  t.factorise = factorise;
  t.factor_destroy = factor_destroy;
  t.solve = solve;
  t.logdet = logdet;
  return t;
}

Solver little(const widelimit_solver_type& type) {
  static const HostServices host(1);
  return {nullptr, type, host.abi(), nullptr, 1};
}

}  // namespace

TEST_CASE("a factor solves, knows its determinant and what the solver reported") {
  const Solver solver = little(table());
  CHECK(solver.type() == "little");
  const Factor f = solver.factorise(Matrix{{4, 2}, {2, 3}});
  CHECK(f.size() == 2);
  const Matrix x = f.solve(Matrix{{2, 0}, {1, 8}});
  CHECK(x(0, 0) == doctest::Approx(0.5));
  CHECK(x(1, 0) == doctest::Approx(0).epsilon(1e-15));
  CHECK(x(0, 1) == doctest::Approx(-2));
  CHECK(x(1, 1) == doctest::Approx(4));
  CHECK(f.logdet() == doctest::Approx(std::log(8)));
  CHECK(f.info().rcond == 0.5);
  Matrix b{{1}, {1}};
  SolveInfo report;
  f.solve_in_place(b, &report);
  CHECK(report.residual == 0.25);
}

TEST_CASE("not positive definite is an error with the leading minor") {
  const Solver solver = little(table());
  try {
    static_cast<void>(solver.factorise(Matrix{{1, 0, 0}, {0, 1, 2}, {0, 2, 1}}));
    FAIL("factorised");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    CHECK(e.facts().index == 3);
  }
}

TEST_CASE("whatever a solver lets escape becomes an error that names the solver") {
  struct Unknown {};
  widelimit_solver_type thrower = table();
  thrower.create = [](const widelimit_host*, const widelimit_params*, widelimit_solver**,
                      widelimit_error*) -> widelimit_status { throw Unknown(); };
  const auto expect = [](const char* what, auto&& call) {
    CHECK_THROWS_WITH_AS(
        call(),
        ("solver little let an exception escape, which no plugin may" + std::string(what)).c_str(),
        Error);
  };
  expect("", [&] { static_cast<void>(little(thrower)); });
  thrower = table();
  thrower.factorise = [](const widelimit_solver*, widelimit_matrix, widelimit_factor**,
                         widelimit_solve_info*, widelimit_error*) -> widelimit_status {
    throw std::out_of_range("factorise");
  };
  expect(": factorise", [&] { static_cast<void>(little(thrower).factorise(Matrix{{1.0}})); });
  thrower = table();
  thrower.solve = [](const widelimit_factor*, widelimit_matrix, widelimit_solve_info*,
                     widelimit_error*) -> widelimit_status { throw std::out_of_range("solve"); };
  thrower.logdet = [](const widelimit_factor*, double*, widelimit_error*) -> widelimit_status {
    throw std::out_of_range("logdet");
  };
  thrower.eigen = [](const widelimit_solver*, widelimit_matrix, double*, widelimit_matrix,
                     widelimit_error*) -> widelimit_status { throw std::out_of_range("eigen"); };
  const Solver solver = little(thrower);
  const Factor f = solver.factorise(Matrix{{1.0}});
  expect(": solve", [&] { static_cast<void>(f.solve(Matrix{{1.0}})); });
  expect(": logdet", [&] { static_cast<void>(f.logdet()); });
  expect(": eigen", [&] { static_cast<void>(solver.eigenvalues(Matrix{{1.0}})); });
}

TEST_CASE("shapes that do not fit are refused before the plugin sees them") {
  const Solver solver = little(table());
  CHECK_THROWS_AS(static_cast<void>(solver.factorise(Matrix(2, 3))), Error);
  const Factor f = solver.factorise(Matrix{{1.0}});
  CHECK_THROWS_AS(static_cast<void>(f.solve(Matrix(2, 1))), Error);
}

TEST_CASE("what a solver does not offer, or gets wrong, is reported") {
  widelimit_solver_type t = table();
  CHECK_FALSE(little(t).has_eigen());
  CHECK_THROWS_AS(static_cast<void>(little(t).eigenvalues(Matrix{{1.0}})), Error);
  t.logdet = nullptr;
  const Factor f = little(t).factorise(Matrix{{1.0}});
  CHECK_THROWS_AS(static_cast<void>(f.logdet()), Error);
  t.eigen = descending;
  try {
    static_cast<void>(little(t).eigenvalues(Matrix{{1, 0}, {0, 1}}));
    FAIL("descending eigenvalues were accepted");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::internal);
  }
  t.solve = nullptr;
  CHECK_THROWS_AS(static_cast<void>(little(t)), Error);
}

TEST_CASE("a table of an older, shorter struct reads as not offering the newer members") {
  widelimit_solver_type t = table();
  t.struct_size = offsetof(widelimit_solver_type, factorise_operator);
  t.eigen = descending;  // beyond its size: garbage to the host
  CHECK_FALSE(little(t).has_eigen());
}

TEST_CASE("a factor outlives its solver, and everything is destroyed at last, factors first") {
  REQUIRE(alive == 0);
  {
    std::optional<Factor> f;
    {
      const Solver solver = little(table());
      const Solver copy = solver;
      CHECK(copy == solver);
      CHECK_FALSE(little(table()) == solver);
      f = solver.factorise(Matrix{{9.0}});
    }
    CHECK(alive == 2);
    CHECK(f->solve(Matrix{{9.0}})(0, 0) == doctest::Approx(1));
  }
  CHECK(alive == 0);
}

TEST_CASE("one factor serves several threads") {
  const Factor f = little(table()).factorise(Matrix{{4, 2}, {2, 3}});
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (std::abs(f.solve(Matrix{{2.0}, {1.0}})(0, 0) - 0.5) < 1e-15) ++right;
    });
  for (std::thread& t : threads) t.join();
  CHECK(right == 400);
}
