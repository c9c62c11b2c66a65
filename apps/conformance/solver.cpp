// Calls of a solver's table.
#include "solver.hpp"

#include "kernel.hpp"
#include "parameters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace widelimit::conformance {
namespace {

widelimit_matrix view(Vector& a, std::size_t rows, std::size_t cols) {
  return {a.data(), static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols),
          static_cast<std::int64_t>(cols)};
}

/// In rectangular full packed format as abi.h spells it out.
Vector half_of(const Vector& a, std::size_t n) {
  const std::size_t k = (n + 1) / 2, s = n % 2 == 0 ? 1 : 0;
  Vector half;
  for (std::size_t c = 0; c < k; ++c)
    for (std::size_t r = 0; r < n + s; ++r)
      half.push_back(r >= c + s ? a[c * n + r - s] : a[(c + k - 1 + s) * n + k + r]);
  return half;
}

}  // namespace

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

widelimit_solve_info empty_info() {
  widelimit_solve_info info{};
  info.struct_size = sizeof info;
  info.rcond = info.residual = std::numeric_limits<double>::quiet_NaN();
  return info;
}

std::string_view to_string(Form form) noexcept {
  if (form == Form::packed) return ", half of the matrix given";
  return form == Form::products ? ", by products" : "";
}

Solver::Solver(Context& context, const SolverType& type) : type_(type) {
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

Solver::~Solver() { type_.table.destroy(raw_); }

Solver::Factor::~Factor() {
  if (raw != nullptr) type->table.factor_destroy(raw);
  if (multiplied != nullptr) multiplied->end();
}

std::vector<Form> Solver::forms() const {
  std::vector<Form> offered;
  if (type_.table.factorise != nullptr) offered.push_back(Form::matrix);
  if (type_.table.factorise_packed != nullptr) offered.push_back(Form::packed);
  if (type_.table.factorise_operator != nullptr) offered.push_back(Form::products);
  return offered;
}

Solver::FactorPointer Solver::factorise(Form form, const Vector& a, std::size_t n) const {
  if (form == Form::products) return factorise(Multiplied::keep(a, n));
  auto factor = std::make_unique<Factor>(type_, form == Form::packed ? half_of(a, n) : a);
  widelimit_solve_info info = empty_info();
  factor->answer = call([&](widelimit_error* e) {
    return form == Form::packed
               ? type_.table.factorise_packed(raw_, factor->memory.data(),
                                              static_cast<std::int64_t>(n), &factor->raw, &info, e)
               : type_.table.factorise(raw_, view(factor->memory, n, n), &factor->raw, &info, e);
  });
  return factor;
}

Solver::FactorPointer Solver::factorise(Multiplied& multiplied) const {
  auto factor = std::make_unique<Factor>(type_, Vector());
  factor->multiplied = &multiplied;
  widelimit_solve_info info = empty_info();
  factor->answer = call([&](widelimit_error* e) {
    return type_.table.factorise_operator(raw_, &multiplied.abi(), &factor->raw, &info, e);
  });
  return factor;
}

Answer Solver::solve(const Factor& factor, Vector& b, std::size_t n, std::size_t columns,
                     widelimit_solve_info* info) const {
  widelimit_solve_info own = empty_info();
  return call([&](widelimit_error* e) {
    return type_.table.solve(factor.raw, view(b, n, columns), info != nullptr ? info : &own, e);
  });
}

Answer Solver::eigen(Vector a, std::size_t n, Vector& values, Vector& vectors) const {
  values.assign(n, 0);
  vectors.assign(n * n, 0);
  return call([&](widelimit_error* e) {
    return type_.table.eigen(raw_, view(a, n, n), values.data(), view(vectors, n, n), e);
  });
}

}  // namespace widelimit::conformance
