// dense: the fully connected layer, in NTK parameterization (arXiv:1806.07572) and in the standard
// one (arXiv:2001.07301).
#include "few_inputs.hpp"

#include <widelimit/sdk/linear.hpp>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace {

namespace sdk = widelimit::sdk;

/// What BLAS with 32-bit integers counts with.
constexpr int most_wide = std::numeric_limits<int>::max();

int blas_size(std::int64_t n) {
  if (n > most_wide)
    throw sdk::unsupported("BLAS with 32-bit integers takes matrices of up to " +
                           std::to_string(most_wide) + " rows, not " + std::to_string(n));
  return static_cast<int>(n);
}

/// With N numbers in, W of [N, width] and b of [width] one after the other in theta:
///   ntk:       z = W_std / sqrt(N) x W + b_std b,   W, b ~ N(0, 1)
///   standard:  z = x W + b,   W ~ N(0, W_std^2 / N), b ~ N(0, b_std^2).
/// Both give K' = W_std^2 K + b_std^2; the NTK becomes
///   ntk:       K' + W_std^2 Theta
///   standard:  N K + W_std^2 Theta + 1 if there is a bias.
/// A layer that is not trained adds nothing of its own: W_std^2 Theta.
struct Dense {
  static constexpr auto
      name = "dense",
      version = "1.0.0", summary = "fully connected layer, at every site of its input",
      doc =
          "z = W x + b at every site. With N numbers in: \"ntk\" z = W_std / sqrt(N) W x + b_std "
          "b with W, b ~ N(0, 1); \"standard\" z = W x + b with W ~ N(0, W_std^2 / N), b ~ N(0, "
          "b_std^2). K' = W_std^2 K + b_std^2. Theta' = K' + W_std^2 Theta (ntk, "
          "arXiv:1806.07572) or N K + W_std^2 Theta + 1 if there is a bias (standard, "
          "arXiv:2001.07301); not trained: W_std^2 Theta.";

  enum class Parameterization { ntk, standard };

  std::optional<std::int64_t> width;
  double W_std = 1;
  std::optional<double> b_std;
  Parameterization parameterization = Parameterization::ntk;
  bool trainable = true;
  static constexpr auto params = std::tuple{
      sdk::field("width", &Dense::width,
                 "numbers out at finite width; the kernel depends on it only through a standard "
                 "layer or a concat that follows",
                 sdk::between(1, most_wide)),
      sdk::field("W_std", &Dense::W_std, "standard deviation of the weights", sdk::non_negative),
      sdk::field("b_std", &Dense::b_std,
                 "standard deviation of the bias; left out or null: no bias", sdk::non_negative),
      sdk::field("parameterization", &Dense::parameterization,
                 "how the layer's size enters: into the function or into the weights",
                 sdk::one_of("ntk", "standard")),
      sdk::field("trainable", &Dense::trainable,
                 "false: initialised at random and frozen; adds nothing to the NTK")};

  // ---- infinite width ----

  [[nodiscard]] sdk::Linear linear(const sdk::Shape& in) const {
    const double scale = W_std * W_std, bias = b_std.value_or(0) * b_std.value_or(0);
    sdk::Linear answer;
    answer.channels = width.value_or(0);
    answer.weights = true;
    if (!trainable)
      answer.map = sdk::LinearMap::fixed(scale, bias);
    else if (!is_standard())
      answer.map = sdk::LinearMap::ntk(scale, bias);
    else if (in.channels() > 0)
      answer.map =
          sdk::LinearMap::standard(scale, bias, static_cast<double>(in.channels()), has_bias());
    else
      throw sdk::Error(WIDELIMIT_E_UNSUPPORTED,
                       "in standard parameterization the NTK depends on the width of the layer "
                       "before, which is not given: write its \"width\", or use parameterization "
                       "\"ntk\"",
                       "/parameterization");
    return answer;
  }

  // ---- finite width ----

  [[nodiscard]] std::int64_t theta_size(const sdk::Shape& in) const {
    std::int64_t size = 0;
    if (__builtin_add_overflow(in.channels(), has_bias() ? 1 : 0, &size) ||
        __builtin_mul_overflow(size, finite_width(), &size))
      throw sdk::invalid(
          "/width", "gives more weights than 64 bits can count: " + std::to_string(in.channels()) +
                        " inputs to each of " + std::to_string(finite_width()) + " outputs");
    return size;
  }

  void init(const sdk::Shape& in, const sdk::Random& random, std::span<double> theta) const {
    const std::span<double> w = theta.first(weights_in(in));
    random.normals(0, w);
    random.normals(1, theta.subspan(w.size()));
    if (!is_standard()) return;
    const double deviation = W_std / std::sqrt(static_cast<double>(in.channels()));
    for (double& x : w) x *= deviation;
    for (double& x : theta.subspan(w.size())) x *= *b_std;
  }

  void forward(const sdk::Pass& pass) const {
    const Sizes n(pass);
    affine(n, pass.x().data(), pass.theta(), pass.y());
  }

  void jvp(const sdk::Pass& pass) const {
    const Sizes n(pass);
    double kept = 0;
    if (trainable && !pass.theta_dot().empty()) {
      affine(n, pass.x().data(), pass.theta_dot(), pass.y_dot());
      kept = 1;
    }
    multiply(n, pass.x_dot().data(), pass.theta().data(), kept, pass.y_dot().data());
  }

  void vjp(const sdk::Pass& pass) const {
    const Sizes n(pass);
    const double* const y_bar = pass.y_bar().data();
    if (trainable && !pass.theta_bar().empty())
      add_gradient(n, pass.x().data(), y_bar, pass.theta_bar().data());
    if (!pass.x_bar().empty()) add_to_input(n, y_bar, pass.theta().data(), pass.x_bar().data());
  }

 private:
  /// A batch as matrices: every site of every sample is a row.
  struct Sizes {
    int rows, in, out;

    explicit Sizes(const sdk::Pass& pass)
        : rows(blas_size(pass.batch() * pass.in().sites())),
          in(blas_size(pass.in().channels())),
          out(blas_size(pass.out().channels())) {}
  };

  [[nodiscard]] bool is_standard() const { return parameterization == Parameterization::standard; }
  /// In NTK parameterization a bias of deviation 0 is none.
  [[nodiscard]] bool has_bias() const { return b_std && (is_standard() || *b_std > 0); }
  [[nodiscard]] double weight_factor(const Sizes& n) const {
    return is_standard() ? 1 : W_std / std::sqrt(static_cast<double>(n.in));
  }
  [[nodiscard]] double bias_factor() const { return is_standard() ? 1 : *b_std; }
  [[nodiscard]] std::int64_t finite_width() const {
    if (!width) throw sdk::invalid("/width", "is missing: a finite network needs it");
    return *width;
  }
  [[nodiscard]] std::size_t weights_in(const sdk::Shape& in) const {
    return static_cast<std::size_t>(in.channels() * finite_width());
  }

  [[nodiscard]] static std::int64_t weights_of(const Sizes& n) {
    return std::int64_t{n.in} * n.out;
  }

  /// y = factor x W + bias_factor b, of any W and b one after the other in theta.
  void affine(const Sizes& n, const double* x, std::span<const double> theta,
              std::span<double> y) const {
    const double* const w = theta.data();
    const double* const b = has_bias() ? w + weights_of(n) : nullptr;
    if (with_few_inputs(n.in, n.out, [&](auto in) {
          forward_few<in>(n.rows, n.out, weight_factor(n), b == nullptr ? 0 : bias_factor(), x, w,
                          b, y.data());
        }))
      return;
    if (b != nullptr && n.rows > 0) {
      for (std::int64_t j = 0; j < n.out; ++j)
        y[static_cast<std::size_t>(j)] = bias_factor() * b[j];
      for (std::int64_t row = 1; row < n.rows; ++row)
        std::copy_n(y.data(), n.out, y.data() + row * n.out);
    }
    multiply(n, x, w, b == nullptr ? 0 : 1, y.data());
  }

  /// theta_bar += the derivative of y_bar times y by theta.
  void add_gradient(const Sizes& n, const double* x, const double* y_bar, double* w_bar) const {
    double* const b_bar = has_bias() ? w_bar + weights_of(n) : nullptr;
    if (with_few_inputs(n.in, n.out, [&](auto in) {
          gradient_few<in>(n.rows, n.out, weight_factor(n), b_bar == nullptr ? 0 : bias_factor(), x,
                           y_bar, w_bar, b_bar);
        }))
      return;
    if (n.out == 1)
      cblas_dgemv(CblasRowMajor, CblasTrans, n.rows, n.in, weight_factor(n), x, n.in, y_bar, 1, 1,
                  w_bar, 1);
    else
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n.in, n.out, n.rows, weight_factor(n), x,
                  n.in, y_bar, n.out, 1, w_bar, n.out);
    for (std::int64_t row = 0; b_bar != nullptr && row < n.rows; ++row)
      cblas_daxpy(n.out, bias_factor(), y_bar + row * n.out, 1, b_bar, 1);
  }

  // One output is the rule in regression: then the matrices are vectors, and BLAS's routines for
  // those need no packing.

  /// y = factor x W + kept y.
  void multiply(const Sizes& n, const double* x, const double* w, double kept, double* y) const {
    if (n.out == 1)
      cblas_dgemv(CblasRowMajor, CblasNoTrans, n.rows, n.in, weight_factor(n), x, n.in, w, 1, kept,
                  y, 1);
    else
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n.rows, n.out, n.in, weight_factor(n),
                  x, n.in, w, n.out, kept, y, n.out);
  }

  /// x_bar += factor y_bar W'.
  void add_to_input(const Sizes& n, const double* y_bar, const double* w, double* x_bar) const {
    if (n.out == 1)
      cblas_dger(CblasRowMajor, n.rows, n.in, weight_factor(n), y_bar, 1, w, 1, x_bar, n.in);
    else
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n.rows, n.in, n.out, weight_factor(n),
                  y_bar, n.out, w, n.out, 1, x_bar, n.in);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.dense", "0.1.0", Dense)
