// potrf, two triangular solves, syevd.
#include "core/inference/lapack_solver.hpp"

#include <cblas.h>
#include <lapacke.h>

#include <cmath>
#include <vector>

struct widelimit_solver {};
struct widelimit_factor {
  widelimit_matrix u;  // row-major upper triangle, A = U' U
};

namespace {

widelimit_status create(const widelimit_host*, const widelimit_params*, widelimit_solver** out,
                        widelimit_error*) {
  *out = new widelimit_solver;
  return WIDELIMIT_OK;
}

void destroy(widelimit_solver* s) { delete s; }

widelimit_status factorise(const widelimit_solver*, widelimit_matrix a, widelimit_factor** out,
                           widelimit_solve_info*, widelimit_error* error) {
  const lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', static_cast<int>(a.rows),
                                              a.data, static_cast<int>(a.ld));
  if (info > 0) {
    error->index = info;
    return WIDELIMIT_E_NUMERIC;
  }
  *out = new widelimit_factor{a};
  return WIDELIMIT_OK;
}

void factor_destroy(widelimit_factor* f) { delete f; }

widelimit_status solve(const widelimit_factor* f, widelimit_matrix b, widelimit_solve_info*,
                       widelimit_error*) {
  for (const CBLAS_TRANSPOSE t : {CblasTrans, CblasNoTrans})
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, t, CblasNonUnit, static_cast<int>(b.rows),
                static_cast<int>(b.cols), 1.0, f->u.data, static_cast<int>(f->u.ld), b.data,
                static_cast<int>(b.ld));
  return WIDELIMIT_OK;
}

widelimit_status logdet(const widelimit_factor* f, double* out, widelimit_error*) {
  *out = 0;
  for (std::int64_t i = 0; i < f->u.rows; ++i) *out += 2 * std::log(f->u.data[i * f->u.ld + i]);
  return WIDELIMIT_OK;
}

widelimit_status eigen(const widelimit_solver*, widelimit_matrix a, double* values,
                       widelimit_matrix vectors, widelimit_error*) {
  const auto syevd = [&](double* work, lapack_int n_work, lapack_int* integers,
                         lapack_int n_integers) {
    return LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, vectors.data == nullptr ? 'N' : 'V', 'L',
                               static_cast<int>(a.rows), a.data, static_cast<int>(a.ld), values,
                               work, n_work, integers, n_integers);
  };
  double work_size = 0;
  lapack_int integers_size = 0;
  if (syevd(&work_size, -1, &integers_size, -1) != 0) return WIDELIMIT_E_NUMERIC;
  std::vector<double> work(static_cast<std::size_t>(work_size));
  std::vector<lapack_int> integers(static_cast<std::size_t>(integers_size));
  const lapack_int info =
      syevd(work.data(), static_cast<lapack_int>(work.size()), integers.data(), integers_size);
  return info == 0 ? WIDELIMIT_OK : WIDELIMIT_E_NUMERIC;
}

const widelimit_type_info info = {sizeof(widelimit_type_info), "lapack", "1.0.0", "", "", "{}"};

widelimit_solver_type table(bool with_eigen) {
  return {sizeof(widelimit_solver_type),
          &info,
          create,
          destroy,
          factorise,
          factor_destroy,
          solve,
          logdet,
          nullptr,
          with_eigen ? eigen : nullptr,
          nullptr};
}

}  // namespace

widelimit::Solver lapack_solver(bool with_eigen, int threads) {
  const widelimit_host host{};
  return {nullptr, table(with_eigen), host, nullptr, threads};
}
