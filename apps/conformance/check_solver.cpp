// Checks of solvers, on matrices that are constructed from known solutions.
#include "checks.hpp"
#include "kernel.hpp"
#include "solver.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

namespace widelimit::conformance {
namespace {

/// A solution by products is exact for a matrix that differs by this much of its norm.
constexpr double least_backward_error = 1e-10;

}  // namespace

void residual(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    Random random = context.random();
    std::vector<std::pair<std::size_t, Form>> cases;
    for (const Form form : solver.forms())
      for (const std::size_t n : {1U, 2U, 33U, 120U}) cases.emplace_back(n, form);
    for (const auto& [n, form] : cases) {
      const Vector values = n == 1 ? Vector{2.0} : spectrum(n, 1e-6);
      const Vector a = matrix_with(values, random);
      context.set_activity("solving " + std::to_string(n) + " equations with " +
                           solver.type().name + std::string(to_string(form)));
      const auto factor = solver.factorise(form, a, n);
      context.mark_examined();
      if (!factor->answer.ok()) {
        context.fail(solver.type().name +
                     " refuses a positive definite matrix: " + factor->answer.text());
        continue;
      }
      constexpr std::size_t columns = 3;
      const Vector b = random.normals(static_cast<std::int64_t>(n * columns));
      Vector x = b;
      widelimit_solve_info info = empty_info();
      const Answer answer = solver.solve(*factor, x, n, columns, &info);
      if (!answer.ok()) {
        context.fail(solver.type().name + ": solve answered " + answer.text());
        continue;
      }
      double worst = 0, largest = 0, norm = 0;
      for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += std::abs(a[i * n + j]);
        norm = std::max(norm, sum);
      }
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < columns; ++c) {
          double sum = -b[i * columns + c];
          for (std::size_t j = 0; j < n; ++j) sum += a[i * n + j] * x[j * columns + c];
          worst = greater(worst, std::abs(sum));
          largest = greater(largest, std::abs(x[i * columns + c]));
        }
      // Backward stable: |A x - b| <= c n eps |A| |x| (Higham, Accuracy and Stability,
      // theorem 10.4).
      const double rounding =
          std::max(10 * static_cast<double>(n) * std::sqrt(static_cast<double>(n)), 4.0) *
          epsilon(WIDELIMIT_F64) * values.back() * largest;
      // Iterative methods stop where their tolerance says.
      const double allowed = form == Form::products
                                 ? std::max(rounding, least_backward_error * norm * largest)
                                 : rounding;
      const std::string which = solver.type().name + std::string(to_string(form));
      if (!(worst <= allowed))
        context.fail(which + ": the residual of " + std::to_string(n) + " equations is " +
                     number(worst) + ", rounding allows " + number(allowed));
      // By the definition of abi.h, of all or of some of the right-hand sides.
      if (info.residual >= 0 && worst > 10 * info.residual * norm * largest + rounding)
        context.fail(which + ": it reports a backward error of " + number(info.residual) +
                     ", that of " + std::to_string(n) + " equations is " +
                     number(worst / (norm * largest)));
    }
  });
}

void logdet_vs_eigen(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    if (solver.type().table.logdet == nullptr)
      return context.skip(solver.type().name + " offers no log-determinant");
    Random random = context.random();
    const std::size_t n = 60;
    const Vector values = spectrum(n, 1e-4);
    const Vector a = matrix_with(values, random);
    double expected = 0;
    for (const double v : values) expected += std::log(v);
    for (const Form form : solver.forms()) {
      const std::string which = solver.type().name + std::string(to_string(form));
      context.set_activity("asking " + which + " for a log-determinant");
      const auto factor = solver.factorise(form, a, n);
      if (!factor->answer.ok()) {
        context.fail(which + ": " + factor->answer.text());
        continue;
      }
      double said = 0;
      const Answer answer = call(
          [&](widelimit_error* e) { return solver.type().table.logdet(factor->raw, &said, e); });
      if (answer.status == WIDELIMIT_E_UNSUPPORTED) continue;  // another form offers it
      context.mark_examined();
      // Relative errors of eigenvalues are eps times the condition number; they add up.
      if (!answer.ok() ||
          !(std::abs(said - expected) <= static_cast<double>(n) * 1e4 * epsilon(WIDELIMIT_F64)))
        context.fail(which + ": the log-determinant is " + number(expected, 12) + ", it says " +
                     (answer.ok() ? number(said, 12) : answer.text()));
    }
  });
}

void not_spd_gives_index(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    const std::size_t n = 12, failing = 7;
    Vector a(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) a[i * n + i] = i + 1 == failing ? -1.0 : 2.0;
    for (const Form form : solver.forms()) {
      const std::string which = solver.type().name + std::string(to_string(form));
      context.set_activity("factorising a matrix that is not positive definite with " + which);
      const auto factor = solver.factorise(form, a, n);
      context.mark_examined();
      Answer answer = factor->answer;
      // Products show it only when they are needed, and do not show the minor.
      if (form == Form::products && answer.ok()) {
        Vector b = context.random().normals(static_cast<std::int64_t>(n));
        answer = solver.solve(*factor, b, n, 1);
      }
      const bool unknown = form == Form::products && answer.error.index == -1;
      if (answer.status != WIDELIMIT_E_NUMERIC)
        context.fail(which + " answers " + answer.text() + "; expected WIDELIMIT_E_NUMERIC");
      else if (!unknown && (answer.error.index < static_cast<std::int64_t>(failing) ||
                            answer.error.index > static_cast<std::int64_t>(n)))
        context.fail(which + " names leading minor " + std::to_string(answer.error.index) +
                     "; those up to " + std::to_string(failing - 1) + " are positive, those from " +
                     std::to_string(failing) + " (counted from 1) are not");
      if (answer.status == WIDELIMIT_E_NUMERIC && answer.error.message[0] == '\0')
        context.fail(which + " refuses it without a message");
    }
  });
}

void eigen_orthogonal_ascending(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    if (solver.type().table.eigen == nullptr)
      return context.skip(solver.type().name + " offers no eigendecomposition");
    Random random = context.random();
    const std::size_t n = 50;
    Vector expected = spectrum(n, 1e-8), values, vectors;
    expected[0] = -0.5;
    const Vector a = matrix_with(expected, random);
    context.set_activity("asking " + solver.type().name + " for eigenpairs");
    const Answer answer = solver.eigen(a, n, values, vectors);
    context.mark_examined();
    if (!answer.ok()) return context.fail(solver.type().name + ": eigen answered " + answer.text());
    if (!std::is_sorted(values.begin(), values.end()))
      context.fail(solver.type().name + ": eigenvalues do not ascend");
    const double allowed = 100 * static_cast<double>(n) * epsilon(WIDELIMIT_F64);
    double orthogonal = 0, together = 0, off = 0;
    for (std::size_t i = 0; i < n; ++i) {
      off = greater(off, std::abs(values[i] - expected[i]));
      for (std::size_t j = 0; j < n; ++j) {
        double dot = i == j ? -1 : 0, sum = -a[i * n + j];
        for (std::size_t k = 0; k < n; ++k) {
          dot += vectors[i * n + k] * vectors[j * n + k];
          sum += values[k] * vectors[k * n + i] * vectors[k * n + j];
        }
        orthogonal = greater(orthogonal, std::abs(dot));
        together = greater(together, std::abs(sum));
      }
    }
    if (!(off <= allowed))
      context.fail(solver.type().name + ": an eigenvalue is off by " + number(off));
    if (!(orthogonal <= allowed))
      context.fail(solver.type().name + ": rows of vectors are orthonormal only to " +
                   number(orthogonal));
    if (!(together <= allowed))
      context.fail(solver.type().name + ": sum of values[k] v_k v_k' misses the matrix by " +
                   number(together) + "; is v_k row k of vectors?");
  });
}

void concurrent_solve(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    Random random = context.random();
    constexpr std::size_t n = 80, columns = 4, count = 6;
    const Vector a = matrix_with(spectrum(n, 1e-3), random);
    const Vector b = random.normals(n * columns);
    for (const Form form : solver.forms()) {
      const std::string which = solver.type().name + std::string(to_string(form));
      const auto factor = solver.factorise(form, a, n);
      if (!factor->answer.ok()) {
        context.fail(which + ": " + factor->answer.text());
        continue;
      }
      Vector serial = b;
      context.set_activity("solving on several threads with " + which);
      static_cast<void>(solver.solve(*factor, serial, n, columns));
      std::vector<Vector> concurrent(count, b);
      std::vector<std::string> thrown(count);
      {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i)
          threads.emplace_back([&, i] {
            try {
              static_cast<void>(solver.solve(*factor, concurrent[i], n, columns));
            } catch (const std::exception& e) {
              thrown[i] = e.what();
            }
          });
      }
      for (const std::string& what : thrown)
        if (!what.empty()) throw EscapedException(what);
      context.mark_examined();
      for (const Vector& x : concurrent)
        if (first_difference(x, serial))
          context.fail(which + ": several threads with one factor get other bits than one");
    }
  });
}

void leaves_blas_threads_alone(Context& context) {
  const auto get = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  const auto set =
      reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (get == nullptr || set == nullptr) return context.skip("this program has no OpenBLAS");
  for_each_solver(context, [&](const Solver& solver) {
    set(2);
    const int before = get();
    Random random = context.random();
    const std::size_t n = 64;
    const Vector a = matrix_with(spectrum(n, 1e-3), random);
    context.set_activity("factorising and solving with " + solver.type().name);
    const Vector b = random.normals(static_cast<std::int64_t>(n));
    Vector values, vectors;
    for (const Form form : solver.forms()) {
      const auto factor = solver.factorise(form, a, n);
      if (!factor->answer.ok()) continue;
      Vector x = b;
      static_cast<void>(solver.solve(*factor, x, n, 1));
    }
    if (solver.type().table.eigen != nullptr)
      static_cast<void>(solver.eigen(a, n, values, vectors));
    context.mark_examined();
    if (get() != before)
      context.fail(solver.type().name + " changed the number of OpenBLAS threads from " +
                   std::to_string(before) + " to " + std::to_string(get()) +
                   ": it belongs to the whole process, and only the host may set it");
  });
}

}  // namespace widelimit::conformance
