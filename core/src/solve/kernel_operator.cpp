// Products by BLAS, without a phase of their own: they run inside the solver's.
#include "solve/kernel_operator.hpp"

#include <widelimit/error.hpp>
#include <widelimit/matrix.hpp>

#include "boundary/call_control.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::int64_t panel_rows = 128;

struct Cancelled {};

void check_cancelled() {
  if (CallControl::cancelled()) throw Cancelled{};
}

bool fits_blas(std::int64_t n) { return n <= std::numeric_limits<int>::max(); }

bool is_block(const widelimit_matrix& m, std::int64_t n) {
  return m.data != nullptr && m.rows == n && m.cols > 0 && m.ld >= m.cols && fits_blas(m.ld);
}

}  // namespace

KernelOperator::KernelOperator(const KernelSource& a, double ridge) : a_(&a), ridge_(ridge) {
  if (const auto* const matrix = dynamic_cast<const MatrixSource*>(&a))
    a_ = &in_memory_.emplace(*matrix);
  table_.struct_size = sizeof table_;
  table_.n = a_->rows();
  table_.ctx = this;
  table_.apply = [](void* ctx, widelimit_matrix x, widelimit_matrix y) -> widelimit_status {
    auto& self = *static_cast<KernelOperator*>(ctx);
    if (!is_block(x, self.table_.n) || !is_block(y, self.table_.n) || x.cols != y.cols)
      return WIDELIMIT_E_ARGUMENT;
    return self.contain([&] { self.multiply(x, y); });
  };
  table_.diagonal = [](void* ctx, double* out) -> widelimit_status {
    auto& self = *static_cast<KernelOperator*>(ctx);
    return self.contain([&] { self.read_diagonal(out); });
  };
}

void KernelOperator::rethrow() {
  std::exception_ptr thrown;
  {
    const std::lock_guard lock(mutex_);
    std::swap(thrown, thrown_);
  }
  if (thrown) std::rethrow_exception(thrown);
}

template <class F>
widelimit_status KernelOperator::contain(F&& f) noexcept {
  try {
    f();
    return WIDELIMIT_OK;
  } catch (const Cancelled&) {
    return WIDELIMIT_E_CANCELLED;
  } catch (const std::bad_alloc&) {
    return WIDELIMIT_E_MEMORY;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    thrown_ = std::current_exception();
    return WIDELIMIT_E_INTERNAL;
  }
}

void KernelOperator::multiply(const widelimit_matrix& x, const widelimit_matrix& y) const {
  check_cancelled();
  const std::int64_t n = table_.n;
  if (!fits_blas(n)) throw Error(ErrorCode::unsupported, "BLAS has no indices for this kernel");
  const auto size = static_cast<int>(n), cols = static_cast<int>(x.cols),
             x_ld = static_cast<int>(x.ld), y_ld = static_cast<int>(y.ld);
  for (std::int64_t i = 0; i < n; ++i) std::fill_n(y.data + i * y.ld, y.cols, 0.0);
  if (in_memory_ && in_memory_->data() != nullptr) {
    const auto ld = static_cast<int>(in_memory_->stride());
    // One column by itself: several times as fast as the general routine.
    if (cols == 1)
      cblas_dsymv(CblasRowMajor, CblasUpper, size, 1, in_memory_->data(), ld, x.data, x_ld, 0,
                  y.data, y_ld);
    else
      cblas_dsymm(CblasRowMajor, CblasLeft, CblasUpper, size, cols, 1, in_memory_->data(), ld,
                  x.data, x_ld, 0, y.data, y_ld);
  } else {
    Matrix panel = Matrix::uninitialized(std::min(panel_rows, n), n);
    for (std::int64_t row = 0; row < n; row += panel_rows) {
      check_cancelled();
      const std::int64_t rows = std::min(panel_rows, n - row);
      a_->read(row, 0, rows, n, panel.data(), n);
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(rows), cols, size, 1,
                  panel.data(), size, x.data, x_ld, 0, y.data + row * y.ld, y_ld);
    }
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t c = 0; c < x.cols; ++c) y.data[i * y.ld + c] += ridge_ * x.data[i * x.ld + c];
}

void KernelOperator::read_diagonal(double* out) const {
  const std::int64_t n = table_.n;
  Matrix square = Matrix::uninitialized(panel_rows, panel_rows);
  for (std::int64_t row = 0; row < n; row += panel_rows) {
    check_cancelled();
    const std::int64_t rows = std::min(panel_rows, n - row);
    a_->read(row, row, rows, rows, square.data(), panel_rows);
    for (std::int64_t i = 0; i < rows; ++i) out[row + i] = square(i, i) + ridge_;
  }
}

}  // namespace widelimit::detail
