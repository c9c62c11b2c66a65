// Solvers with the operator form alone, around a static table: what core multiplies by, how long it
// lives, and how a call of a plugin is stopped and reports its progress.
#include "core/control.hpp"

#include <widelimit/draft/progress.h>
#include <widelimit/error.hpp>
#include <widelimit/examine/host.hpp>
#include <widelimit/solver.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

struct widelimit_solver {
  const widelimit_host* host;
};
struct widelimit_factor {
  const widelimit_host* host;
  const widelimit_operator* a;
};

namespace {

/// What a factor does in `solve`, in place of solving; set by each test.
std::function<widelimit_status(const widelimit_factor&, widelimit_matrix)> in_solve;
/// The status of the last product, which factor_destroy computes.
widelimit_status last_product = WIDELIMIT_E_INTERNAL;

widelimit_status create(const widelimit_host* host, const widelimit_params*, widelimit_solver** out,
                        widelimit_error*) {
  *out = new widelimit_solver{host};
  return WIDELIMIT_OK;
}
void destroy(widelimit_solver* s) { delete s; }
widelimit_status factorise_operator(const widelimit_solver* s, const widelimit_operator* a,
                                    widelimit_factor** out, widelimit_solve_info* info,
                                    widelimit_error*) {
  info->iterations = 3;
  *out = new widelimit_factor{s->host, a};
  return WIDELIMIT_OK;
}
void factor_destroy(widelimit_factor* f) {
  std::vector<double> x(static_cast<std::size_t>(f->a->n)), y(x);
  last_product = f->a->apply(f->a->ctx, {x.data(), f->a->n, 1, 1}, {y.data(), f->a->n, 1, 1});
  delete f;
}
widelimit_status solve(const widelimit_factor* f, widelimit_matrix b, widelimit_solve_info* info,
                       widelimit_error*) {
  info->iterations = 4;
  return in_solve(*f, b);
}

constexpr widelimit_type_info info{sizeof(widelimit_type_info), "products", "1.0.0", "", "", "{}"};

Solver products_only() {
  static const HostServices host(2);
  widelimit_solver_type t{};
  t.struct_size = sizeof t;
  t.info = &info;
  t.create = create;
  t.destroy = destroy;
  t.factor_destroy = factor_destroy;
  t.solve = solve;
  t.factorise_operator = factorise_operator;
  return {nullptr, t, host.abi(), nullptr, 1};
}

/// b becomes A b, through columns that are not next to one another.
widelimit_status multiply(const widelimit_factor& f, widelimit_matrix b) {
  std::vector<double> x(static_cast<std::size_t>(b.rows * (b.cols + 1)), 7), y(x);
  const widelimit_matrix from{x.data(), b.rows, b.cols, b.cols + 1},
      to{y.data(), b.rows, b.cols, b.cols + 1};
  for (std::int64_t i = 0; i < b.rows; ++i)
    std::copy_n(b.data + i * b.ld, b.cols, from.data + i * from.ld);
  const std::vector<double> before = x;
  const widelimit_status status = f.a->apply(f.a->ctx, from, to);
  CHECK(x == before);
  for (std::int64_t i = 0; i < b.rows; ++i) {
    CHECK(to.data[i * to.ld + b.cols] == 7);
    std::copy_n(to.data + i * to.ld, b.cols, b.data + i * b.ld);
  }
  return status;
}

constexpr std::int64_t n = 300;  // more than one panel of rows

Matrix kernel() {
  Matrix k(n, n);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      k(i, j) = std::exp(-0.01 * static_cast<double>((i - j) * (i - j)));
  return k;
}

/// Counts reads, and fails at one of them.
class Disk final : public KernelSource {
 public:
  explicit Disk(const Matrix& k) : own_(k) {}
  [[nodiscard]] std::int64_t rows() const override { return own_.rows(); }
  [[nodiscard]] std::int64_t cols() const override { return own_.cols(); }
  void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
            std::int64_t ld) const override {
    if (++reads == fails_at) throw Error(ErrorCode::io, "the disk is gone");
    own_.read(row, col, rows, cols, out, ld);
  }
  mutable int reads = 0;
  int fails_at = -1;

 private:
  MatrixSource own_;
};

void check_product(const Factor& factor, const Matrix& k, double ridge, double tolerance) {
  CHECK(factor.uses_operator());
  for (const std::int64_t columns : {1, 3}) {
    Matrix b(n, columns);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t c = 0; c < columns; ++c)
        b(i, c) = std::sin(static_cast<double>(i * columns + c));
    const Matrix y = factor.solve(b);
    double worst = 0;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t c = 0; c < columns; ++c) {
        double sum = ridge * b(i, c);
        for (std::int64_t j = 0; j < n; ++j) sum += k(i, j) * b(j, c);
        worst = std::max(worst, std::abs(sum - y(i, c)));
      }
    CHECK(worst < tolerance);
  }
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.code();
  }
  FAIL("no error");
  return ErrorCode::internal;
}

}  // namespace

TEST_CASE("a solver without the matrix form multiplies by matrices and by sources") {
  in_solve = multiply;
  const Solver solver = products_only();
  CHECK_FALSE(solver.has_matrix());
  CHECK(solver.has_operator());
  CHECK(solver.factor_bytes(n) == 0);
  const Matrix k = kernel();
  MatrixF single(n, n);
  std::copy(k.flat().begin(), k.flat().end(), single.flat().begin());
  check_product(solver.factorise(k.clone()), k, 0, 1e-12);
  check_product(solver.factorise(MatrixSource(k), 0.5), k, 0.5, 1e-12);
  check_product(solver.factorise(MatrixSource(single), 0.5), k, 0.5, 1e-5);
  const Disk disk(k);
  check_product(solver.factorise(disk, 0.5), k, 0.5, 1e-12);
  CHECK(disk.reads == 6 + 3);  // two products and that of factor_destroy, of three panels each
}

TEST_CASE("an operator knows its diagonal, and refuses what does not fit") {
  const Matrix k = kernel();
  const Disk disk(k);
  in_solve = [](const widelimit_factor& f, widelimit_matrix b) -> widelimit_status {
    std::vector<double> other(static_cast<std::size_t>(n) * 2);
    CHECK(f.a->n == n);
    CHECK(f.a->apply(f.a->ctx, b, {other.data(), n, 2, 2}) == WIDELIMIT_E_ARGUMENT);
    CHECK(f.a->apply(f.a->ctx, b, {other.data(), n - 1, 1, 1}) == WIDELIMIT_E_ARGUMENT);
    CHECK(f.a->apply(f.a->ctx, b, {nullptr, n, 1, 1}) == WIDELIMIT_E_ARGUMENT);
    return f.a->diagonal(f.a->ctx, b.data);
  };
  for (const KernelSource* a :
       {static_cast<const KernelSource*>(&disk), static_cast<const KernelSource*>(nullptr)}) {
    const Factor factor = a != nullptr ? products_only().factorise(*a, 0.5)
                                       : products_only().factorise(MatrixSource(k), 0.5);
    const Matrix diagonal = factor.solve(Matrix(n, 1));
    CHECK(std::all_of(diagonal.flat().begin(), diagonal.flat().end(),
                      [](double v) { return v == 1.5; }));
  }
}

TEST_CASE("an operator lives until its factor has been destroyed, and a factor keeps its matrix") {
  in_solve = multiply;
  {
    const Factor factor = products_only().factorise(kernel());
    const Factor copy = factor;
    CHECK(copy.info().iterations == 3);
    Matrix b(n, 1);
    SolveInfo report;
    copy.solve_in_place(b, &report);
    CHECK(report.iterations == 4);
    last_product = WIDELIMIT_E_INTERNAL;
  }
  CHECK(last_product == WIDELIMIT_OK);
}

TEST_CASE("an error in a product is the error of the call, whatever the plugin makes of it") {
  const Matrix k = kernel();
  for (const bool hides : {false, true}) {
    Disk disk(k);
    const Factor factor = products_only().factorise(disk, 0);
    in_solve = [hides](const widelimit_factor& f, widelimit_matrix b) {
      const widelimit_status status = multiply(f, b);
      CHECK(status == WIDELIMIT_E_INTERNAL);
      return hides ? WIDELIMIT_OK : status;
    };
    disk.fails_at = 2;
    CHECK(code_of([&] { static_cast<void>(factor.solve(Matrix(n, 1))); }) == ErrorCode::io);
    in_solve = multiply;
    static_cast<void>(factor.solve(Matrix(n, 1)));  // the error is told once
  }
}

TEST_CASE("a product stops within a panel when the call is cancelled") {
  const Matrix k = kernel();
  Control* running = nullptr;
  Control control([&](const Progress& p) {
    if (p.phase == "solve" && p.done == 0) running->cancel();
  });
  running = &control;
  Disk disk(k);
  const Factor factor = products_only().factorise(disk, 0, &control);
  in_solve = [&](const widelimit_factor& f, widelimit_matrix b) {
    CHECK(multiply(f, b) == WIDELIMIT_E_CANCELLED);
    return WIDELIMIT_E_NUMERIC;  // whatever it answers now, it was cancelled
  };
  CHECK(code_of([&] {
          Matrix b(n, 1);
          factor.solve_in_place(b, nullptr, &control);
        }) == ErrorCode::cancelled);
  CHECK(disk.reads == 0);
}

TEST_CASE("a plugin sees the control of its call, in its own thread and in the host's") {
  const Matrix k = kernel();
  std::atomic<int> asked{0};
  // Stops at the tenth report, in whichever thread.
  in_solve = [&](const widelimit_factor& f, widelimit_matrix) -> widelimit_status {
    const auto* const progress =
        static_cast<const widelimit_progress*>(f.host->extension(f.host->ctx, WIDELIMIT_PROGRESS));
    REQUIRE(progress != nullptr);
    struct Job {
      const widelimit_host* host;
      const widelimit_progress* progress;
      std::atomic<int>* asked;
    } job{f.host, progress, &asked};
    for (std::int64_t step = 0; step < 100; ++step) {
      const widelimit_status status = f.host->parallel_for(
          f.host->ctx, 4, 1,
          [](void* arg, std::int64_t begin, std::int64_t) -> widelimit_status {
            const Job& j = *static_cast<const Job*>(arg);
            ++*j.asked;
            if (begin == 0) j.progress->report(j.host->ctx, "steps", 1, 100);
            return j.host->cancelled(j.host->ctx) != 0 ? WIDELIMIT_E_CANCELLED : WIDELIMIT_OK;
          },
          &job);
      if (status != WIDELIMIT_OK) return status;
    }
    return WIDELIMIT_OK;
  };
  const Factor factor = products_only().factorise(MatrixSource(k), 0);
  const auto call = [&](Control* c) {
    Matrix b(n, 1);
    factor.solve_in_place(b, nullptr, c);
  };
  CHECK(reports_of(call, "steps") == 100);
  asked = 0;
  CHECK(stops_at(10, call));
  CHECK(asked < 50);
  // Nobody's call: there is nothing to stop and nobody to tell.
  asked = 0;
  call(nullptr);
  CHECK(asked == 400);
}

TEST_CASE("a solver with neither form is refused") {
  static const HostServices host(1);
  widelimit_solver_type t{};
  t.struct_size = sizeof t;
  t.info = &info;
  t.create = create;
  t.destroy = destroy;
  t.factor_destroy = factor_destroy;
  t.solve = solve;
  CHECK_THROWS_WITH_AS(Solver(nullptr, t, host.abi(), nullptr, 1),
                       "solver products has neither factorise nor factorise_operator", Error);
}
