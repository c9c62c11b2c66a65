// Checks of solvers, on matrices that are constructed from known solutions.
#include "checks.hpp"
#include "kernel.hpp"
#include "parameters.hpp"

#include <widelimit/examine/params.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

namespace widelimit::conformance {
namespace {

using Vector = std::vector<double>;

/// A = sum of values[k] v_k v_k' with the orthonormal columns of a product of reflections
/// (Householder), row-major.
Vector matrix_with(const Vector& values, Random& random) {
  const std::size_t n = values.size();
  Vector a(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = values[i];
  for (int reflection = 0; reflection < 3; ++reflection) {
    Vector v = random.normals(static_cast<std::int64_t>(n));
    double square = 0;
    for (const double x : v) square += x * x;
    for (const bool rows : {true, false})
      for (std::size_t i = 0; i < n; ++i) {
        const auto entry = [&](std::size_t j) -> double& {
          return rows ? a[j * n + i] : a[i * n + j];
        };
        double dot = 0;
        for (std::size_t j = 0; j < n; ++j) dot += v[j] * entry(j);
        for (std::size_t j = 0; j < n; ++j) entry(j) -= 2 * dot / square * v[j];
      }
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) a[j * n + i] = a[i * n + j];
  return a;
}

Vector spectrum(std::size_t n, double smallest) {
  Vector values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] =
        smallest * std::pow(1 / smallest, static_cast<double>(i) / static_cast<double>(n - 1));
  return values;
}

widelimit_matrix view(Vector& a, std::size_t rows, std::size_t cols) {
  return {a.data(), static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols),
          static_cast<std::int64_t>(cols)};
}

widelimit_solve_info empty_info() {
  widelimit_solve_info info{};
  info.struct_size = sizeof info;
  return info;
}

/// A solver made from its defaults, and what it factorises.
class Solver {
 public:
  Solver(Context& context, const SolverType& type) : type_(type) {
    AcceptedParameters accepted(context, type.info, type.name,
                                [&context, &type](const widelimit_params* params) {
                                  widelimit_solver* raw = nullptr;
                                  const Answer answer = call([&](widelimit_error* e) {
                                    return type.table.create(&context.host(), params, &raw, e);
                                  });
                                  if (raw != nullptr) type.table.destroy(raw);
                                  return answer;
                                });
    const std::string json = accepted.next();
    if (json.empty()) throw std::runtime_error(accepted.refused());
    params_ = std::make_unique<Params>(json);
    const Answer made = call([&](widelimit_error* e) {
      return type.table.create(&context.host(), params_->abi(), &raw_, e);
    });
    if (!made.ok() || raw_ == nullptr)
      throw std::runtime_error(type.name + ": create answered " + made.text());
  }
  ~Solver() { type_.table.destroy(raw_); }
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  struct Factor {
    const SolverType* type;
    Vector memory;  // of the matrix: the factor may live in it
    widelimit_factor* raw = nullptr;
    Answer answer;
    explicit Factor(const SolverType& t, Vector m) : type(&t), memory(std::move(m)) {}
    Factor(const Factor&) = delete;
    Factor& operator=(const Factor&) = delete;
    ~Factor() {
      if (raw != nullptr) type->table.factor_destroy(raw);
    }
  };
  [[nodiscard]] std::unique_ptr<Factor> factorise(const Vector& a, std::size_t n) const {
    auto factor = std::make_unique<Factor>(type_, a);
    widelimit_solve_info info = empty_info();
    factor->answer = call([&](widelimit_error* e) {
      return type_.table.factorise(raw_, view(factor->memory, n, n), &factor->raw, &info, e);
    });
    return factor;
  }
  /// Half of the matrix, in rectangular full packed format as abi.h spells it out.
  [[nodiscard]] std::unique_ptr<Factor> factorise_packed(const Vector& a, std::size_t n) const {
    const std::size_t k = (n + 1) / 2, s = n % 2 == 0 ? 1 : 0;
    Vector half;
    for (std::size_t c = 0; c < k; ++c)
      for (std::size_t r = 0; r < n + s; ++r)
        half.push_back(r >= c + s ? a[c * n + r - s] : a[(c + k - 1 + s) * n + k + r]);
    auto factor = std::make_unique<Factor>(type_, std::move(half));
    widelimit_solve_info info = empty_info();
    factor->answer = call([&](widelimit_error* e) {
      return type_.table.factorise_packed(raw_, factor->memory.data(), static_cast<std::int64_t>(n),
                                          &factor->raw, &info, e);
    });
    return factor;
  }
  [[nodiscard]] Answer solve(const Factor& factor, Vector& b, std::size_t n,
                             std::size_t columns) const {
    widelimit_solve_info info = empty_info();
    return call([&](widelimit_error* e) {
      return type_.table.solve(factor.raw, view(b, n, columns), &info, e);
    });
  }
  [[nodiscard]] Answer eigen(Vector a, std::size_t n, Vector& values, Vector& vectors) const {
    values.assign(n, 0);
    vectors.assign(n * n, 0);
    return call([&](widelimit_error* e) {
      return type_.table.eigen(raw_, view(a, n, n), values.data(), view(vectors, n, n), e);
    });
  }
  [[nodiscard]] const SolverType& type() const noexcept { return type_; }

 private:
  const SolverType& type_;
  std::unique_ptr<Params> params_;
  widelimit_solver* raw_ = nullptr;
};

template <class F>
void for_each_solver(Context& context, F&& f) {
  if (context.plugin().solvers().empty()) context.skip("the plugin has no solvers");
  for (const SolverType& type : context.plugin().solvers()) {
    context.set_activity("creating " + type.name);
    const Solver solver(context, type);
    f(solver);
  }
}

}  // namespace

void residual(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    Random random = context.random();
    for (const auto& [n, packed] : {std::pair<std::size_t, bool>{1, false},
                                    {2, false},
                                    {33, false},
                                    {120, false},
                                    {1, true},
                                    {2, true},
                                    {33, true},
                                    {120, true}}) {
      if (packed && solver.type().table.factorise_packed == nullptr) continue;
      const Vector values = n == 1 ? Vector{2.0} : spectrum(n, 1e-6);
      const Vector a = matrix_with(values, random);
      context.set_activity("solving " + std::to_string(n) + " equations with " +
                           solver.type().name + (packed ? ", half of the matrix given" : ""));
      const auto factor = packed ? solver.factorise_packed(a, n) : solver.factorise(a, n);
      context.mark_examined();
      if (!factor->answer.ok()) {
        context.fail(solver.type().name +
                     " refuses a positive definite matrix: " + factor->answer.text());
        continue;
      }
      constexpr std::size_t columns = 3;
      const Vector b = random.normals(static_cast<std::int64_t>(n * columns));
      Vector x = b;
      const Answer answer = solver.solve(*factor, x, n, columns);
      if (!answer.ok()) {
        context.fail(solver.type().name + ": solve answered " + answer.text());
        continue;
      }
      double worst = 0, largest = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < columns; ++c) {
          double sum = -b[i * columns + c];
          for (std::size_t j = 0; j < n; ++j) sum += a[i * n + j] * x[j * columns + c];
          worst = std::max(worst, std::abs(sum));
          largest = std::max(largest, std::abs(x[i * columns + c]));
        }
      // Backward stable: |A x - b| <= c n eps |A| |x| (Higham, Accuracy and Stability,
      // theorem 10.4).
      const double allowed = 10 * static_cast<double>(n) * epsilon(WIDELIMIT_F64) * values.back() *
                             largest * std::sqrt(static_cast<double>(n));
      if (!(worst <= std::max(allowed, 4 * epsilon(WIDELIMIT_F64) * largest * values.back())))
        context.fail(solver.type().name + ": the residual of " + std::to_string(n) +
                     " equations is " + number(worst) + ", rounding allows " + number(allowed));
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
    const auto factor = solver.factorise(matrix_with(values, random), n);
    if (!factor->answer.ok())
      return context.fail(solver.type().name + ": " + factor->answer.text());
    double said = 0, expected = 0;
    context.set_activity("asking " + solver.type().name + " for a log-determinant");
    const Answer answer =
        call([&](widelimit_error* e) { return solver.type().table.logdet(factor->raw, &said, e); });
    for (const double v : values) expected += std::log(v);
    context.mark_examined();
    // Relative errors of eigenvalues are eps times the condition number; they add up.
    if (!answer.ok() ||
        !(std::abs(said - expected) <= static_cast<double>(n) * 1e4 * epsilon(WIDELIMIT_F64)))
      context.fail(solver.type().name + ": the log-determinant is " + number(expected, 12) +
                   ", it says " + (answer.ok() ? number(said, 12) : answer.text()));
  });
}

void not_spd_gives_index(Context& context) {
  for_each_solver(context, [&](const Solver& solver) {
    const std::size_t n = 12, failing = 7;
    Vector a(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) a[i * n + i] = i + 1 == failing ? -1.0 : 2.0;
    context.set_activity("factorising a matrix that is not positive definite with " +
                         solver.type().name);
    const auto factor = solver.factorise(a, n);
    context.mark_examined();
    const Answer& answer = factor->answer;
    if (answer.status != WIDELIMIT_E_NUMERIC)
      context.fail(solver.type().name + " answers " + answer.text() +
                   "; expected WIDELIMIT_E_NUMERIC");
    else if (answer.error.index < static_cast<std::int64_t>(failing) ||
             answer.error.index > static_cast<std::int64_t>(n))
      context.fail(solver.type().name + " names leading minor " +
                   std::to_string(answer.error.index) + "; those up to " +
                   std::to_string(failing - 1) + " are positive, those from " +
                   std::to_string(failing) + " (counted from 1) are not");
    if (answer.status == WIDELIMIT_E_NUMERIC && answer.error.message[0] == '\0')
      context.fail(solver.type().name + " refuses it without a message");
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
      off = std::max(off, std::abs(values[i] - expected[i]));
      for (std::size_t j = 0; j < n; ++j) {
        double dot = i == j ? -1 : 0, sum = -a[i * n + j];
        for (std::size_t k = 0; k < n; ++k) {
          dot += vectors[i * n + k] * vectors[j * n + k];
          sum += values[k] * vectors[k * n + i] * vectors[k * n + j];
        }
        orthogonal = std::max(orthogonal, std::abs(dot));
        together = std::max(together, std::abs(sum));
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
    const auto factor = solver.factorise(matrix_with(spectrum(n, 1e-3), random), n);
    if (!factor->answer.ok())
      return context.fail(solver.type().name + ": " + factor->answer.text());
    const Vector b = random.normals(n * columns);
    Vector serial = b;
    context.set_activity("solving on several threads with " + solver.type().name);
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
        context.fail(solver.type().name +
                     ": several threads with one factor get other bits than one");
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
    Vector b = random.normals(static_cast<std::int64_t>(n)), values, vectors;
    const auto factor = solver.factorise(a, n);
    if (factor->answer.ok()) static_cast<void>(solver.solve(*factor, b, n, 1));
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
