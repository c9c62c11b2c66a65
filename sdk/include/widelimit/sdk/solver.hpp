// Solvers. The author writes a struct with name, version, doc and params as for layers, and the
// first or the second of
//   F factorise(MatrixView a, SolveInfo&, const Host&) const;    a is symmetric, both triangles are
//                       filled in; the solver may overwrite it, and F may use its memory
//   F factorise(const Operator& a, SolveInfo&, const Host&) const;   a is available only through
//                       its products; F may keep a reference to it or a copy
//   F factorise(PackedMatrix a, SolveInfo&, const Host&) const;      optional: one triangle of a
//   void eigen(MatrixView a, std::span<double> values, MatrixView vectors, const Host&) const;
//                       optional: eigenvalues in ascending order; ROW k of vectors is the k-th
//                       eigenvector; if vectors is empty, compute values only. Overwrites a, and
//                       vectors may use the memory of a
// where F is any type with
//   void solve(MatrixView b, SolveInfo&) const;     b [n, right-hand sides] becomes A^-1 b
//   double logdet() const;                          optional
// If a matrix is not positive definite, throw sdk::not_positive_definite(minor), or without its
// argument if the minor is not known, as in iterative methods. These count info.iterations, of all
// right-hand sides together.
//
// What takes long calls host.throw_if_cancelled and host.report_progress: F keeps a copy of the
// host. Both, and a.apply, which throws if the user wants to stop, belong to the call of the host
// program that is going on.
//
// Thread safety: solvers and factors do not change after they are created. factorise and eigen run
// one at a time; any number of threads may call solve and logdet at once. A solver never changes
// the number of BLAS threads. The host sets it.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/params.hpp>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/plugin.hpp>
#include <widelimit/sdk/views.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace widelimit::sdk {

/// What a factorisation or a solution reports.
struct SolveInfo {
  /// Of this call, all right-hand sides together; 0: a direct method.
  std::int32_t iterations = 0;
  double jitter = 0;
  /// Estimate of the reciprocal condition number in the 1-norm; NaN: unknown.
  double rcond = std::numeric_limits<double>::quiet_NaN();
  /// max |A x - b| / (|A| |x|); NaN: not computed.
  double residual = std::numeric_limits<double>::quiet_NaN();
};

/// One triangle of a symmetric matrix, n (n + 1) / 2 numbers in rectangular full packed format
/// (abi.h). The solver may overwrite it, and the factor may use its memory.
struct PackedMatrix {
  double* data;
  std::int64_t n;
};

/// A symmetric matrix that is available only through its products. It and its copies are valid as
/// long as the factor that is made of it. Thread safety: all functions may be called concurrently.
class Operator {
 public:
  explicit Operator(const widelimit_operator& op) {
    widelimit_copy(&table_, sizeof table_, &op, op.struct_size);
  }

  [[nodiscard]] std::int64_t size() const { return table_.n; }
  /// y = A x, both [n, vectors]; they do not overlap.
  void apply(MatrixView x, MatrixView y) const {
    check(table_.apply(table_.ctx, x.raw(), y.raw()), "the matrix could not be applied");
  }
  [[nodiscard]] bool has_diagonal() const { return table_.diagonal != nullptr; }
  void diagonal(std::span<double> out) const {
    if (!has_diagonal()) throw unsupported("the diagonal of this matrix is not available");
    check(table_.diagonal(table_.ctx, out.data()), "the diagonal could not be computed");
  }

 private:
  static void check(widelimit_status status, const char* message) {
    if (status != WIDELIMIT_OK) throw Error(status, message);
  }

  widelimit_operator table_{};
};

namespace detail {

template <class S>
concept OffersMatrix = requires(const S solver, MatrixView a, SolveInfo info, const Host host) {
  solver.factorise(a, info, host);
};
template <class S>
concept OffersOperator = requires(const S solver, const Operator a, SolveInfo info,
                                  const Host host) {
  solver.factorise(a, info, host);
};
template <class S>
concept OffersPacked = requires(const S solver, PackedMatrix a, SolveInfo info, const Host host) {
  solver.factorise(a, info, host);
};
template <class S>
concept OffersEigen = requires(const S solver, MatrixView a, std::span<double> values,
                               const Host host) {
  solver.eigen(a, values, a, host);
};
template <class S, class Matrix>
using FactorOf = decltype(std::declval<const S&>().factorise(
    std::declval<const Matrix&>(), std::declval<SolveInfo&>(), std::declval<const Host&>()));
template <class F>
concept OffersLogdet = requires(const F factor) {
  double{factor.logdet()};
};
/// Whether a factor of any form offers the log-determinant.
template <class S>
consteval bool offers_logdet() {
  bool offered = false;
  if constexpr (OffersMatrix<S>) offered = OffersLogdet<FactorOf<S, MatrixView>>;
  if constexpr (OffersOperator<S>) offered = offered || OffersLogdet<FactorOf<S, Operator>>;
  if constexpr (OffersPacked<S>) offered = offered || OffersLogdet<FactorOf<S, PackedMatrix>>;
  return offered;
}

/// Base of all factors, because the factors of matrices and of operators may have different types.
struct AnyFactor {
  virtual ~AnyFactor() = default;
  virtual void solve(MatrixView b, SolveInfo& info) const = 0;
  [[nodiscard]] virtual double logdet() const = 0;
};

/// Owns what the factor is made of, because it may keep a reference to an Operator.
template <class F, class Matrix>
struct FactorObject final : AnyFactor {
  template <class Make>
  FactorObject(const Matrix& a, const Make& make) : matrix(a), own(make(matrix)) {}
  void solve(MatrixView b, SolveInfo& info) const override { own.solve(b, info); }
  [[nodiscard]] double logdet() const override {
    if constexpr (OffersLogdet<F>)
      return own.logdet();
    else
      throw unsupported("this solver does not compute the log-determinant");
  }

  Matrix matrix;
  F own;
};

inline void write_info(widelimit_solve_info* to, const SolveInfo& info) {
  if (to == nullptr) return;
  const widelimit_solve_info full{to->struct_size, info.iterations, info.jitter, info.rcond,
                                  info.residual};
  std::memcpy(to, &full, std::min(static_cast<std::size_t>(to->struct_size), sizeof full));
}

/// The C table of one solver type.
template <class S>
struct SolverTable {
  struct Object {
    S solver;
    Host host;
  };

  static const Object& of(const widelimit_solver* solver) {
    return *reinterpret_cast<const Object*>(solver);
  }
  static const AnyFactor& of(const widelimit_factor* factor) {
    return *reinterpret_cast<const AnyFactor*>(factor);
  }

  static widelimit_status create(const widelimit_host* host, const widelimit_params* params,
                                 widelimit_solver** out, widelimit_error* error) {
    return guard(error, [&] {
      auto object = std::make_unique<Object>(Object{read_params<S>(params), Host(host)});
      *out = reinterpret_cast<widelimit_solver*>(object.release());
    });
  }
  static void destroy(widelimit_solver* solver) { delete reinterpret_cast<Object*>(solver); }

  template <class Matrix>
  static widelimit_factor* make_factor(const Object& object, const Matrix& a,
                                       widelimit_solve_info* info) {
    SolveInfo solve_info;
    std::unique_ptr<AnyFactor> factor = std::make_unique<FactorObject<FactorOf<S, Matrix>, Matrix>>(
        a,
        [&](const Matrix& kept) { return object.solver.factorise(kept, solve_info, object.host); });
    write_info(info, solve_info);
    return reinterpret_cast<widelimit_factor*>(factor.release());
  }

  static widelimit_status factorise(const widelimit_solver* solver, widelimit_matrix a,
                                    widelimit_factor** out, widelimit_solve_info* info,
                                    widelimit_error* error) {
    return guard(error, [&] { *out = make_factor(of(solver), MatrixView(a), info); });
  }
  static widelimit_status factorise_operator(const widelimit_solver* solver,
                                             const widelimit_operator* a, widelimit_factor** out,
                                             widelimit_solve_info* info, widelimit_error* error) {
    return guard(error, [&] { *out = make_factor(of(solver), Operator(*a), info); });
  }
  static widelimit_status factorise_packed(const widelimit_solver* solver, double* a,
                                           std::int64_t n, widelimit_factor** out,
                                           widelimit_solve_info* info, widelimit_error* error) {
    return guard(error, [&] { *out = make_factor(of(solver), PackedMatrix{a, n}, info); });
  }
  static void factor_destroy(widelimit_factor* factor) {
    delete reinterpret_cast<AnyFactor*>(factor);
  }
  static widelimit_status solve(const widelimit_factor* factor, widelimit_matrix b,
                                widelimit_solve_info* info, widelimit_error* error) {
    return guard(error, [&] {
      SolveInfo solve_info;
      of(factor).solve(MatrixView(b), solve_info);
      write_info(info, solve_info);
    });
  }
  static widelimit_status logdet(const widelimit_factor* factor, double* out,
                                 widelimit_error* error) {
    return guard(error, [&] { *out = of(factor).logdet(); });
  }
  static widelimit_status eigen(const widelimit_solver* solver, widelimit_matrix a, double* values,
                                widelimit_matrix vectors, widelimit_error* error) {
    return guard(error, [&] {
      const Object& object = of(solver);
      object.solver.eigen(MatrixView(a),
                          std::span<double>(values, static_cast<std::size_t>(a.rows)),
                          MatrixView(vectors), object.host);
    });
  }

  static constexpr widelimit_solver_type table(const widelimit_type_info* info) {
    widelimit_solver_type type{};
    type.struct_size = sizeof type;
    type.info = info;
    type.create = create;
    type.destroy = destroy;
    type.factor_destroy = factor_destroy;
    type.solve = solve;
    if constexpr (OffersMatrix<S>) type.factorise = factorise;
    if constexpr (offers_logdet<S>()) type.logdet = logdet;
    if constexpr (OffersOperator<S>) type.factorise_operator = factorise_operator;
    if constexpr (OffersEigen<S>) type.eigen = eigen;
    if constexpr (OffersPacked<S>) type.factorise_packed = factorise_packed;
    return type;
  }
};

template <class S>
requires OffersMatrix<S> || OffersOperator<S>
inline constexpr bool is_solver<S> = true;

}  // namespace detail
}  // namespace widelimit::sdk
