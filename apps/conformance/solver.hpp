// What the checks of solvers share: matrices with known eigenvalues, and one type's functions.
// Thread safety: const members may be called concurrently.
#pragma once

#include "context.hpp"
#include "multiplied.hpp"

#include <widelimit/examine/params.hpp>

#include <cmath>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace widelimit::conformance {

using Vector = std::vector<double>;

/// A = sum of values[k] v_k v_k' with the orthonormal columns of a product of reflections
/// (Householder), row-major.
[[nodiscard]] Vector matrix_with(const Vector& values, Random& random);
/// n values from `smallest` to 1, in geometric progression.
[[nodiscard]] Vector spectrum(std::size_t n, double smallest);
/// An information struct in which nothing is known.
[[nodiscard]] widelimit_solve_info empty_info();

/// The greater one; NaN if one is NaN, unlike std::max.
[[nodiscard]] inline double greater(double a, double b) noexcept {
  return std::isnan(a) || a > b ? a : b;
}

/// The ways to give a matrix to a solver.
enum class Form { matrix, packed, products };
/// "", ", half of the matrix given", ", by products".
[[nodiscard]] std::string_view to_string(Form form) noexcept;

/// A solver made from its defaults, and what it factorises.
class Solver {
 public:
  Solver(Context& context, const SolverType& type);
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  struct Factor {
    const SolverType* type;
    Vector memory;  // of the matrix: the factor may live in it
    Multiplied* multiplied = nullptr;
    widelimit_factor* raw = nullptr;
    Answer answer;
    Factor(const SolverType& t, Vector m) : type(&t), memory(std::move(m)) {}
    Factor(const Factor&) = delete;
    Factor& operator=(const Factor&) = delete;
    ~Factor();
  };
  using FactorPointer = std::unique_ptr<Factor>;

  /// The forms that the type offers.
  [[nodiscard]] std::vector<Form> forms() const;
  [[nodiscard]] FactorPointer factorise(Form form, const Vector& a, std::size_t n) const;
  /// By products; the operator ends with the factor. It is kept for ever, so that a call after its
  /// end is found and does no harm.
  [[nodiscard]] FactorPointer factorise(Multiplied& multiplied) const;
  [[nodiscard]] Answer solve(const Factor& factor, Vector& b, std::size_t n, std::size_t columns,
                             widelimit_solve_info* info = nullptr) const;
  [[nodiscard]] Answer eigen(Vector a, std::size_t n, Vector& values, Vector& vectors) const;
  [[nodiscard]] const SolverType& type() const noexcept { return type_; }

 private:
  const SolverType& type_;
  std::unique_ptr<Params> params_;
  widelimit_solver* raw_ = nullptr;
};

/// f(const Solver&) for each solver that is examined.
template <class F>
void for_each_solver(Context& context, F&& f) {
  if (context.plugin().solvers().empty()) context.skip("the plugin has no solvers");
  for (const SolverType& type : context.plugin().solvers()) {
    context.set_activity("creating " + type.name);
    const Solver solver(context, type);
    f(solver);
  }
}

}  // namespace widelimit::conformance
