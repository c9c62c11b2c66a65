// Checks of solvers that only multiply by the matrix.
#include "checks.hpp"
#include "kernel.hpp"
#include "solver.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace widelimit::conformance {
namespace {

constexpr std::size_t n = 60;

/// What the checks of one solver have in common.
class Products {
 public:
  Products(Context& context, const Solver& solver)
      : context_(context), solver_(solver), random_(context.random()) {}

  void run() {
    solves_and_counts();
    if (solver_.type().table.factorise != nullptr) agrees_with_matrix();
    ends_with_its_factor();
    stops_with_its_product();
    needs_no_diagonal();
    report();
  }

 private:
  /// A matrix with condition number 1000.
  [[nodiscard]] Vector matrix() { return matrix_with(spectrum(n, 1e-3), random_); }
  [[nodiscard]] Multiplied& operator_of(const Vector& a) {
    Multiplied& multiplied = Multiplied::keep(a, n);
    used_.push_back(&multiplied);
    return multiplied;
  }
  [[nodiscard]] Vector times(const Vector& a, const Vector& x) const {
    Vector b(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) b[i] += a[i * n + j] * x[j];
    return b;
  }
  void activity(const std::string& what) {
    context_.set_activity(what + " with " + solver_.type().name);
  }
  void fail(const std::string& what) { context_.fail(solver_.type().name + ": " + what); }
  /// What was done with the operators, at the end, when a late call has been made too.
  void report() {
    std::set<std::string> problems;
    for (const Multiplied* multiplied : used_) problems.insert(multiplied->problem());
    for (const std::string& problem : problems)
      if (!problem.empty()) fail(problem);
  }
  /// Backward errors of 1e-10 become errors of 1e-7 at this condition number.
  [[nodiscard]] static bool near(const Vector& x, const Vector& expected) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      error = greater(error, std::abs(x[i] - expected[i]));
      size = std::max(size, std::abs(expected[i]));
    }
    return error <= 1e-6 * size;
  }

  void solves_and_counts() {
    activity("solving by products");
    const Vector a = matrix(), expected = random_.normals(n);
    Multiplied& multiplied = operator_of(a);
    const auto factor = solver_.factorise(multiplied);
    context_.mark_examined();
    if (!factor->answer.ok())
      return fail("factorise_operator refuses a positive definite matrix: " +
                  factor->answer.text());
    const int before = multiplied.products();
    Vector x = times(a, expected);
    widelimit_solve_info info = empty_info();
    const Answer answer = solver_.solve(*factor, x, n, 1, &info);
    const int products = multiplied.products() - before;
    if (!answer.ok()) return fail("solve answered " + answer.text());
    if (!near(x, expected)) fail("the solution by products is not that of the equations");
    // One product to begin with and one for the residual are no iterations.
    if (info.iterations < 0 || (info.iterations == 0 && products > 2))
      fail("`solve` multiplies " + std::to_string(products) + " times and reports " +
           std::to_string(info.iterations) + " iterations: count them in info.iterations");
  }

  void agrees_with_matrix() {
    activity("solving by products and by the matrix");
    const Vector a = matrix(), b = random_.normals(n);
    Vector x = b, y = b;
    Multiplied& multiplied = operator_of(a);
    const auto by_products = solver_.factorise(multiplied);
    const auto by_matrix = solver_.factorise(Form::matrix, a, n);
    if (!by_products->answer.ok() || !by_matrix->answer.ok() ||
        !solver_.solve(*by_products, x, n, 1).ok() || !solver_.solve(*by_matrix, y, n, 1).ok())
      return fail("one of the forms refuses a positive definite matrix");
    if (!near(x, y)) fail("the solution by products is not that by the matrix");
  }

  /// An operator is used for its own factor and for nothing after it.
  void ends_with_its_factor() {
    activity("solving by products of one matrix after another");
    Multiplied& first = operator_of(matrix());
    {
      Vector b = random_.normals(n);
      const auto factor = solver_.factorise(first);
      if (!factor->answer.ok()) return;
      static_cast<void>(solver_.solve(*factor, b, n, 1));
    }
    const Vector a = matrix(), expected = random_.normals(n);
    Multiplied& second = operator_of(a);
    const auto factor = solver_.factorise(second);
    Vector x = times(a, expected);
    const Answer answer = factor->answer.ok() ? solver_.solve(*factor, x, n, 1) : factor->answer;
    if (!answer.ok())
      fail("after the factor of another matrix was released, it answers " + answer.text());
    else if (!near(x, expected))
      fail("after the factor of another matrix was released, it solves other equations");
  }

  void stops_with_its_product() {
    for (const widelimit_status status : {WIDELIMIT_E_CANCELLED, WIDELIMIT_E_MEMORY}) {
      activity("solving by products that fail");
      const auto expect = [&](const Answer& answer, const char* function) {
        if (answer.status != status)
          fail(std::string("a product returns ") + status_name(status) + ", and `" + function +
               "` answers " + answer.text());
      };
      Multiplied& late = operator_of(matrix());
      const auto factor = solver_.factorise(late);
      if (!factor->answer.ok()) return;
      const int before = late.products();
      late.fail_with(status);
      Vector b = random_.normals(n);
      const Answer answer = solver_.solve(*factor, b, n, 1);
      if (late.products() > before) expect(answer, "solve");
      Multiplied& early = operator_of(matrix());
      early.fail_with(status);
      const auto never = solver_.factorise(early);
      if (early.products() > 0) expect(never->answer, "factorise_operator");
    }
  }

  void needs_no_diagonal() {
    activity("solving by products without a diagonal");
    const Vector a = matrix(), expected = random_.normals(n);
    Multiplied& multiplied = operator_of(a);
    multiplied.hide_diagonal();
    const auto factor = solver_.factorise(multiplied);
    Vector x = times(a, expected);
    const Answer answer = factor->answer.ok() ? solver_.solve(*factor, x, n, 1) : factor->answer;
    if (!answer.ok())
      fail("without a diagonal, which need not be known, it answers " + answer.text());
    else if (!near(x, expected))
      fail("without a diagonal it solves other equations");
  }

  Context& context_;
  const Solver& solver_;
  Random random_;
  std::vector<const Multiplied*> used_;
};

}  // namespace

void products_of_operator(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    if (solver.type().table.factorise_operator == nullptr)
      return context.skip(solver.type().name + " has no operator form");
    Products(context, solver).run();
  });
}

}  // namespace widelimit::conformance
