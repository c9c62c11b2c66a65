// Extreme eigenvalues of a matrix that is not positive definite, and the error about it.
#include "inference/definiteness.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "boundary/call_control.hpp"
#include "execution/blas.hpp"
#include "execution/symmetric_eigen.hpp"
#include "inference/products.hpp"
#include "random/random.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::int64_t most_exact_rows = 5000;
constexpr int lanczos_steps = 80;
// Enough for the largest eigenvalue, within a few per cent for any n (Kuczynski & Wozniakowski,
// SIAM J. Matrix Anal. Appl. 13 (1992), theorem 3.2).
constexpr int lanczos_steps_for_largest = 24;

Extremes exact(Matrix& a, int threads, const Control* control) {
  if (control != nullptr) control->check();
  const SolverPhase phase(threads);
  const std::vector<double> values = symmetric_eigenvalues(a, Eigenvectors::none, "the kernel");
  return {values.front(), values.back(), false};
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void subtract(std::span<double> a, double c, std::span<const double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= c * b[i];
}

// Lanczos with full reorthogonalisation; the ends of the spectrum converge first. apply(x, y)
// computes y = A x for vectors of length n.
template <class Apply>
Extremes lanczos(std::int64_t n, int steps, const Control* control, Apply&& apply) {
  WorkDone done(control, "eigenvalues", steps);
  Matrix q(steps + 1, n);
  normals(1, 0, 0, static_cast<std::uint64_t>(n), q.row(0).data());
  std::vector<double> diagonal, off_diagonal;
  double norm = std::sqrt(dot(q.row(0), q.row(0)));
  for (int j = 0; j < steps && norm > 0; ++j) {
    done.check();
    for (double& v : q.row(j)) v /= norm;
    const std::span<double> next = q.row(j + 1);
    apply(q.row(j), next);
    diagonal.push_back(dot(q.row(j), next));
    for (int pass = 0; pass < 2; ++pass)
      for (int i = 0; i <= j; ++i) subtract(next, dot(q.row(i), next), q.row(i));
    norm = std::sqrt(dot(next, next));
    off_diagonal.push_back(norm);
    done.add(1);
    if (norm <= std::numeric_limits<double>::epsilon() * std::abs(diagonal.front())) break;
  }
  if (diagonal.empty())
    throw Error(ErrorCode::numeric, "the eigenvalues of the kernel could not be estimated");
  const std::vector<double> values =
      tridiagonal_eigenvalues(std::move(diagonal), std::move(off_diagonal), "the kernel");
  return {values.front(), values.back(), true};
}

Extremes lanczos(const Matrix& a, int steps, int threads, const Control* control) {
  const Products products(threads);
  return lanczos(a.rows(), steps, control, [&](std::span<const double> x, std::span<double> y) {
    products.multiply_vector(a, x.data(), y.data());
  });
}

// Rounds up to 1, 2 or 5 times a power of ten.
double rounded_up(double x) {
  const double power = std::pow(10.0, std::floor(std::log10(x)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= x) return digit * power;
  return 10 * power;
}

// "0, 1e-18 and 7 more"
std::string list_text(std::span<const double> numbers) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(numbers.size(), most); ++i)
    text += (i == 0 ? "" : ", ") + number_text(numbers[i]);
  if (numbers.size() > most) text += " and " + std::to_string(numbers.size() - most) + " more";
  return text;
}

}  // namespace

Extremes extreme_eigenvalues(Matrix a, int threads, const Control* control) {
  return a.rows() <= most_exact_rows ? exact(a, threads, control)
                                     : lanczos(a, lanczos_steps, threads, control);
}

double smallest_by_factor(std::int64_t n, const Factor& factor, const Control* control) {
  const CallControl of_solves(control);
  Matrix column = Matrix::uninitialized(n, 1);
  const double of_inverse = lanczos(n, lanczos_steps_for_largest, control,
                                    [&](std::span<const double> x, std::span<double> y) {
                                      std::copy(x.begin(), x.end(), column.data());
                                      factor.solve_in_place(column);
                                      std::copy_n(column.data(), n, y.begin());
                                    })
                                .largest;
  return 1 / of_inverse;
}

Extremes extremes_by_factor(const Matrix& kernel, double ridge, const Factor& factor, int threads,
                            const Control* control) {
  return {smallest_by_factor(kernel.rows(), factor, control),
          lanczos(kernel, lanczos_steps_for_largest, threads, control).largest + ridge, true};
}

Extremes extremes_of_source(const KernelSource& kernel, double ridge, int threads,
                            const Control* control) {
  const std::int64_t n = kernel.rows();
  if (n <= most_exact_rows) {
    Matrix a = Matrix::uninitialized(n, n);
    kernel.read(0, 0, n, n, a.data(), n);
    for (std::int64_t i = 0; i < n; ++i) a(i, i) += ridge;
    return exact(a, threads, control);
  }
  constexpr std::int64_t panel_rows = 256;
  const Products products(threads);
  Matrix panel = Matrix::uninitialized(panel_rows, n), in = Matrix::uninitialized(n, 1), out;
  return lanczos(n, lanczos_steps_for_largest, control,
                 [&](std::span<const double> x, std::span<double> y) {
                   std::copy(x.begin(), x.end(), in.data());
                   for (std::int64_t row = 0; row < n; row += panel_rows) {
                     const std::int64_t rows = std::min(panel_rows, n - row);
                     if (control != nullptr) control->check();
                     kernel.read(row, 0, rows, n, panel.data(), n);
                     out = products.multiply(plain(panel), plain(in));
                     for (std::int64_t i = 0; i < rows; ++i) {
                       const auto at = to_size(row + i);
                       y[at] = out(i, 0) + ridge * x[at];
                     }
                   }
                 });
}

double eigenvalue_rounding(std::int64_t n, double largest) noexcept {
  return 10 * static_cast<double>(n) * std::numeric_limits<double>::epsilon() *
         std::max(largest, 0.0);
}

bool above_rounding(std::int64_t n, double smallest, double largest) noexcept {
  return smallest > eigenvalue_rounding(n, largest);
}

bool is_definite_by_ridge(std::int64_t n, const Ridge& ridge) noexcept {
  const auto rows = static_cast<double>(n);
  const double trace = rows * (ridge.mean_diagonal + ridge.absolute);
  return ridge.absolute > float32_norm(n) * ridge.mean_diagonal &&
         above_rounding(n, ridge.absolute, trace);
}

double float32_norm(std::int64_t n) noexcept {
  return 2 * std::sqrt(static_cast<double>(n)) *
         static_cast<double>(std::numeric_limits<float>::epsilon());
}

void throw_not_positive_definite(Kernel kernel, std::int64_t n, const Ridge& ridge,
                                 const Extremes& extremes, std::int64_t pivot,
                                 double least_relative_ridge, std::span<const double> of_list) {
  const double shortfall =
      std::max((extremes.estimated ? 4 : 2) *
                   (std::max(-extremes.smallest, 0.0) + eigenvalue_rounding(n, extremes.largest)),
               least_relative_ridge * ridge.mean_diagonal);
  const ErrorFacts facts{.kernel = kernel, .block = Block::train_train, .index = pivot};
  const double unit = ridge.absolute_scale ? 1 : ridge.mean_diagonal;
  std::string text = "the " + std::string(name_of(kernel)) + " kernel of the " + std::to_string(n) +
                     " training samples";
  if (ridge.absolute > 0 && of_list.empty())
    text += ", with " + rounded_text(ridge.absolute) + " added to its diagonal,";
  if (extremes.smallest == 0 && extremes.largest == 0) {
    text += " is zero everywhere";
    text +=
        kernel == Kernel::ntk
            ? ": no trained weight has a gradient. Either a layer at the end has zero "
              "slope, as sign has (end with dense), or no layer is trained "
              "(\"trainable\": false), or the weights or the samples are zero"
            : ": the weights or the samples are zero (W_std 0 without a bias, or data of zeros)";
    throw Error(ErrorCode::numeric,
                text +
                    ". Nothing can be learnt from it; if that is intended, give an absolute "
                    "ridge: \"diag_reg\": 1e-6, \"diag_reg_absolute_scale\": true",
                {}, facts);
  }
  text += " is not positive definite";
  if (!of_list.empty()) text += " with \"diag_reg\": " + list_text(of_list) + " of the list";
  text += ": ";
  if (pivot >= 0)
    text += "the factorisation stopped at leading minor " + std::to_string(pivot) + "; ";
  text += extremes.estimated ? "its smallest eigenvalue is at most (Lanczos estimate) "
                             : "its smallest eigenvalue is ";
  text += rounded_text(extremes.smallest) + ", its largest " + rounded_text(extremes.largest) + ".";
  if (extremes.smallest > 0 && !above_rounding(n, extremes.smallest, extremes.largest))
    text += " That is zero up to rounding.";
  if (unit > 0 && shortfall > 0)
    text += (of_list.empty() ? " Try \"diag_reg\": " : " Try no \"diag_reg\" below ") +
            rounded_text(rounded_up((ridge.absolute + shortfall) / unit)) +
            (ridge.absolute_scale ? " (absolute)" : "") +
            ", or remove samples that are almost equal to others";
  throw Error(ErrorCode::numeric, text, {}, facts);
}

}  // namespace widelimit::detail
