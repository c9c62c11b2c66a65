// Inference with kernels that are not in memory. With A = K + ridge 1 and T the test x train block,
// a few rows at a time: mean = f_0(*) + T A^-1 (Y - f_0(X)), variance = K_** - diag(T A^-1 T')
// (arXiv:1902.06720, equations 11, 15).
#include <widelimit/streamed.hpp>

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/call_control.hpp"
#include "inference/definiteness.hpp"
#include "inference/products.hpp"
#include "inference/solve_reports.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace widelimit {

namespace {

constexpr std::int64_t panel_rows = 128;

[[noreturn]] void refuse(const std::string& message, ErrorFacts facts = {}) {
  throw Error(ErrorCode::usage, message, {}, std::move(facts));
}

void expect_shape(const Matrix* m, std::int64_t rows, std::int64_t cols, const char* name) {
  if (m == nullptr || (m->rows() == rows && m->cols() == cols)) return;
  refuse(std::string(name) + " is " + detail::shape_text(m->rows(), m->cols()) + "; expected " +
         detail::shape_text(rows, cols));
}

Matrix panel_of(const KernelSource& kernel, std::int64_t row) {
  Matrix panel = Matrix::uninitialized(std::min(panel_rows, kernel.rows() - row), kernel.cols());
  kernel.read(row, 0, panel.rows(), panel.cols(), panel.data(), panel.cols());
  return panel;
}

class StreamedInference {
 public:
  StreamedInference(const StreamedProblem& problem, const InferenceOptions& options,
                    const Solver& solver, Control* control)
      : p_(problem),
        options_(options),
        solver_(solver),
        control_(control),
        products_(solver.threads()),
        ensemble_(options.method != Method::gradient_descent_mse) {
    check();
    times_ = options.method == Method::gp_inference
                 ? std::vector<double>{std::numeric_limits<double>::infinity()}
                 : options.times;
  }

  InferenceResult run() {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    result_.smallest_eigenvalue = result_.largest_eigenvalue = result_.logdet = nan;
    set_ridge();
    const Factor factor = factorise();
    result_.solve = factor.info();
    try {
      result_.logdet = factor.logdet(control_);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::unsupported) throw;
    }
    const Matrix to_learn = difference(*p_.y_train, ensemble_ ? nullptr : p_.initial_train);
    Matrix alpha = to_learn.clone();
    SolveInfo info;
    factor.solve_in_place(alpha, &info, control_);
    info.residual = residual(to_learn, alpha);
    detail::add(result_.solve, info);
    if (p_.test_train != nullptr) predict(factor, alpha);
    if (options_.predictions && p_.test_train != nullptr)
      for (const double time : times_) {
        Prediction& out = result_.predictions.emplace_back();
        out.time = time;
        out.diag_reg = options_.diag_reg;
        out.ridge = result_.ridge;
        out.mean = mean_.clone();
        out.variance = variance_;
        out.train_mean = p_.y_train->clone();
      }
    if (options_.losses && options_.method != Method::gp_inference) losses();
    return std::move(result_);
  }

 private:
  void check() const {
    if (!can_stream(options_))
      refuse(
          "this inference needs whole kernels in memory, because it has finite times, several "
          "ridges, leave-one-out, or a covariance that reads more than one kernel");
    if (p_.train_train == nullptr || p_.y_train == nullptr)
      refuse("inference reads the train x train kernel and y_train");
    if (!std::isfinite(options_.diag_reg) || options_.diag_reg < 0)
      refuse("diag_reg must be a number of at least 0");
    const std::int64_t n = p_.train_train->rows(), outputs = p_.y_train->cols();
    const Kernel kernel = kernel_of(options_.kernel);
    if (n == 0 || p_.train_train->cols() != n)
      refuse("the train x train kernel is not square",
             {.kernel = kernel, .block = Block::train_train});
    expect_shape(p_.y_train, n, outputs, "y_train");
    expect_shape(p_.initial_train, n, outputs, "the initial outputs of the training samples");
    if (p_.test_train == nullptr) return;
    const std::int64_t m = p_.test_train->rows();
    if (p_.test_train->cols() != n)
      refuse("the test x train kernel has " + std::to_string(p_.test_train->cols()) +
                 " columns; expected one per training sample, " + std::to_string(n),
             {.kernel = kernel, .block = Block::test_train});
    expect_shape(p_.y_test, m, outputs, "y_test");
    expect_shape(p_.initial_test, m, outputs, "the initial outputs of the test samples");
    if (variances() &&
        (p_.test_diagonal == nullptr || static_cast<std::int64_t>(p_.test_diagonal->size()) != m))
      refuse("variances need the diagonal of the test x test kernel");
  }

  [[nodiscard]] bool variances() const {
    return options_.covariance == Covariance::diagonal && ensemble_;
  }

  void set_ridge() {
    const std::int64_t n = p_.train_train->rows();
    double trace = 0;
    Matrix square(panel_rows, panel_rows);
    for (std::int64_t row = 0; row < n; row += panel_rows) {
      const std::int64_t rows = std::min(panel_rows, n - row);
      p_.train_train->read(row, row, rows, rows, square.data(), panel_rows);
      for (std::int64_t i = 0; i < rows; ++i) trace += square(i, i);
    }
    if (!std::isfinite(trace))
      throw Error(ErrorCode::numeric, "the kernel has entries that are not finite", {},
                  {.kernel = kernel_of(options_.kernel), .block = Block::train_train});
    ridge_.mean_diagonal = trace / static_cast<double>(n);
    ridge_.absolute_scale = options_.diag_reg_absolute_scale;
    ridge_.absolute =
        options_.diag_reg * (ridge_.absolute_scale ? 1 : std::max(ridge_.mean_diagonal, 0.0));
    result_.ridge = ridge_.absolute;
  }

  [[nodiscard]] Factor factorise() const {
    try {
      Factor factor = solver_.factorise(*p_.train_train, result_.ridge, control_);
      require_above_rounding(factor);
      return factor;
    } catch (const Error& e) {
      if (e.code() != ErrorCode::numeric || e.facts().index < 0) throw;
      refuse_kernel(compute_extremes(), e.facts().index);
    }
  }

  // Success of the factorisation is not sufficient, as for kernels in memory (factors.cpp).
  void require_above_rounding(const Factor& factor) const {
    const std::int64_t n = p_.train_train->rows();
    if (factor.info().rcond > detail::eigenvalue_rounding(n, 1)) return;
    if (factor.uses_operator() && detail::is_definite_by_ridge(n, ridge_)) return;
    const double smallest = detail::smallest_by_factor(n, factor, control_);
    const double trace = static_cast<double>(n) * (ridge_.mean_diagonal + ridge_.absolute);
    if (detail::above_rounding(n, smallest, trace)) return;
    detail::Extremes extremes = compute_extremes();
    if (extremes.estimated) extremes.smallest = std::min(extremes.smallest, smallest);
    if (!detail::above_rounding(n, extremes.smallest, extremes.largest))
      refuse_kernel(extremes, -1);
  }

  [[nodiscard]] detail::Extremes compute_extremes() const {
    return detail::extremes_of_source(*p_.train_train, ridge_.absolute, solver_.threads(),
                                      control_);
  }

  // Kernels on disk may be float32. The suggested ridge must cover that, whatever the estimate of
  // the eigenvalues.
  [[noreturn]] void refuse_kernel(const detail::Extremes& extremes, std::int64_t pivot) const {
    const std::int64_t n = p_.train_train->rows();
    detail::throw_not_positive_definite(kernel_of(options_.kernel), n, ridge_, extremes, pivot,
                                        detail::float32_norm(n));
  }

  [[nodiscard]] double residual(const Matrix& b, const Matrix& x) const {
    double error = 0, norm = 0, size = 0;
    for (const double v : x.flat()) size = std::max(size, std::abs(v));
    for (std::int64_t row = 0; row < b.rows(); row += panel_rows) {
      Matrix panel = panel_of(*p_.train_train, row);
      for (std::int64_t i = 0; i < panel.rows(); ++i) {
        panel(i, row + i) += result_.ridge;
        double sum = 0;
        for (const double v : panel.row(i)) sum += std::abs(v);
        norm = std::max(norm, sum);
      }
      const Matrix ax = products_.multiply(detail::plain(panel), detail::plain(x));
      for (std::int64_t i = 0; i < ax.rows(); ++i)
        for (std::int64_t o = 0; o < ax.cols(); ++o)
          error = std::max(error, std::abs(ax(i, o) - b(row + i, o)));
      report("residual", row + panel.rows(), b.rows());
    }
    return size > 0 ? error / (norm * size) : 0;
  }

  void predict(const Factor& factor, const Matrix& alpha) {
    const std::int64_t m = p_.test_train->rows(), n = p_.test_train->cols();
    mean_ = Matrix(m, alpha.cols());
    const detail::CallControl of_solves(control_);
    for (std::int64_t row = 0; row < m; row += panel_rows) {
      const Matrix panel = panel_of(*p_.test_train, row);
      const Matrix block = products_.multiply(detail::plain(panel), detail::plain(alpha));
      std::copy(block.flat().begin(), block.flat().end(), mean_.row(row).begin());
      if (variances()) {
        Matrix b = detail::transpose(panel);
        SolveInfo info;
        factor.solve_in_place(b, &info);
        detail::add(result_.solve, info);
        for (std::int64_t i = 0; i < panel.rows(); ++i) {
          double v = (*p_.test_diagonal)[to_size(row + i)];
          for (std::int64_t k = 0; k < n; ++k) v -= panel(i, k) * b(k, i);
          variance_.push_back(std::max(v, 0.0));  // rounding may make it negative
        }
      }
      report("predictions", row + panel.rows(), m);
    }
    if (!ensemble_ && p_.initial_test != nullptr)
      for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t o = 0; o < mean_.cols(); ++o) mean_(i, o) += (*p_.initial_test)(i, o);
    for (const double v : mean_.flat())
      if (!std::isfinite(v))
        throw Error(ErrorCode::numeric,
                    "a prediction is not a finite number: a kernel has entries that are not "
                    "finite, or targets and kernel are of such size that the result overflows");
  }

  void losses() {
    LossCurves& curves = result_.losses;
    curves.time = times_;
    curves.train_mean.assign(times_.size(), 0.0);
    if (variances()) curves.train_expected.assign(times_.size(), 0.0);
    if (p_.test_train == nullptr || p_.y_test == nullptr) return;
    double squares = 0, variance = 0;
    const std::span<const double> f = mean_.flat(), y = p_.y_test->flat();
    for (std::size_t i = 0; i < f.size(); ++i) squares += (f[i] - y[i]) * (f[i] - y[i]);
    for (const double v : variance_) variance += v;
    const double mean = 0.5 * squares / static_cast<double>(f.size());
    curves.test_mean.assign(times_.size(), mean);
    if (variances())
      curves.test_expected.assign(times_.size(),
                                  mean + 0.5 * variance / static_cast<double>(mean_.rows()));
  }

  [[nodiscard]] static Matrix difference(const Matrix& a, const Matrix* b) {
    Matrix c = a.clone();
    for (std::size_t i = 0; b != nullptr && i < c.flat().size(); ++i) c.flat()[i] -= b->flat()[i];
    return c;
  }

  void report(const char* phase, std::int64_t done, std::int64_t total) const {
    if (control_ == nullptr) return;
    control_->check();
    control_->report({phase, done, total});
  }

  const StreamedProblem& p_;
  const InferenceOptions& options_;
  const Solver& solver_;
  Control* control_;
  detail::Products products_;
  bool ensemble_;
  std::vector<double> times_;
  detail::Ridge ridge_;
  InferenceResult result_;
  Matrix mean_;
  std::vector<double> variance_;
};

}  // namespace

InferenceCost cost_of_streamed(const InferenceSize& size, const Solver& solver) {
  constexpr double f64 = sizeof(double);
  const auto n = static_cast<double>(size.train), m = static_cast<double>(size.test),
             outputs = static_cast<double>(size.outputs);
  InferenceCost cost;
  cost.factor_bytes = static_cast<double>(solver.factor_bytes(size.train));
  // Two panels of the kernel and two operands of the same size; means and targets.
  cost.working_bytes = f64 * (4 * panel_rows * n + 3 * outputs * (n + m));
  cost.flops = factor_flops(size.train) + 2 * n * n * m;
  return cost;
}

bool can_stream(const InferenceOptions& options) {
  const bool infinite = options.method == Method::gp_inference ||
                        std::all_of(options.times.begin(), options.times.end(),
                                    [](double t) { return std::isinf(t); });
  const bool covariance =
      options.covariance != Covariance::none && options.method != Method::gradient_descent_mse;
  const bool one_kernel = !covariance || (options.covariance == Covariance::diagonal &&
                                          options.kernel != DrivingKernel::ntk);
  return infinite && one_kernel && options.diag_reg_path.empty() && !options.leave_one_out;
}

InferenceResult infer_streamed(const StreamedProblem& problem, const InferenceOptions& options,
                               const Solver& solver, Control* control) {
  return StreamedInference(problem, options, solver, control).run();
}

}  // namespace widelimit
