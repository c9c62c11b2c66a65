// What dense and convolutional layers have in common: a matrix W and a bias b in NTK
// parameterization (arXiv:1806.07572) or in the standard one (arXiv:2001.07301), their rule for
// kernels, and the products of finite networks. Everything here stands in an unnamed namespace, so
// that each instruction set's copy of a plugin has its own.
//
// Thread safety: as the SDK's layer.hpp says.
#pragma once

#include "few_inputs.hpp"

#include <widelimit/sdk/linear.hpp>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace {

namespace sdk = widelimit::sdk;

/// What BLAS with 32-bit integers counts with.
constexpr int most_channels = std::numeric_limits<int>::max();

int blas_size(std::int64_t n) {
  if (n > most_channels)
    throw sdk::unsupported("BLAS with 32-bit integers takes matrices of up to " +
                           std::to_string(most_channels) + " rows, not " + std::to_string(n));
  return static_cast<int>(n);
}

/// Rows of numbers in, rows of numbers out.
struct Sizes {
  int rows, in, out;
};

/// With N numbers in, W of [N, out] and b of [out] one after the other in theta:
///   ntk:       z = W_std / sqrt(N) x W + b_std b,   W, b ~ N(0, 1)
///   standard:  z = x W + b,   W ~ N(0, W_std^2 / N), b ~ N(0, b_std^2).
/// Both give K' = W_std^2 K + b_std^2; the NTK becomes
///   ntk:       K' + W_std^2 Theta
///   standard:  N K + W_std^2 Theta + 1 if there is a bias.
/// A layer that is not trained adds nothing of its own: W_std^2 Theta.
struct Affine {
  enum class Parameterization { ntk, standard };

  double W_std = 1;
  std::optional<double> b_std;
  Parameterization parameterization = Parameterization::ntk;
  bool trainable = true;
  static constexpr auto affine_params = std::tuple{
      sdk::field("W_std", &Affine::W_std, "standard deviation of the weights", sdk::non_negative),
      sdk::field("b_std", &Affine::b_std,
                 "standard deviation of the bias; left out or null: no bias", sdk::non_negative),
      sdk::field("parameterization", &Affine::parameterization,
                 "where the factor 1 / sqrt(N) is: in the function (ntk) or in the weights "
                 "(standard)",
                 sdk::one_of("ntk", "standard")),
      sdk::field("trainable", &Affine::trainable,
                 "false: the layer keeps its random initial weights and adds nothing to the NTK")};

  /// The rule for kernels of a layer whose every output number is made from `taps` sites of `in`.
  /// `width` is the name of the parameter that says how many channels a layer has.
  [[nodiscard]] sdk::LinearMap rule(const sdk::Shape& in, std::int64_t taps,
                                    std::string_view width) const {
    const double scale = W_std * W_std, bias = b_std.value_or(0) * b_std.value_or(0);
    if (!trainable) return sdk::LinearMap::fixed(scale, bias);
    if (!is_standard()) return sdk::LinearMap::ntk(scale, bias);
    if (in.channels() > 0)
      return sdk::LinearMap::standard(scale, bias, static_cast<double>(in.channels() * taps),
                                      has_bias());
    throw sdk::Error(WIDELIMIT_E_UNSUPPORTED,
                     "in standard parameterization the NTK depends on the width of the layer "
                     "before, which is not given: write its \"" +
                         std::string(width) + "\", or use parameterization \"ntk\"",
                     "/parameterization");
  }

  [[nodiscard]] bool is_standard() const { return parameterization == Parameterization::standard; }
  /// In NTK parameterization a bias of deviation 0 is none.
  [[nodiscard]] bool has_bias() const { return b_std && (is_standard() || *b_std > 0); }
  /// Numbers in theta; `width` is the pointer to the parameter that says how many channels come
  /// out.
  [[nodiscard]] std::int64_t weights(std::int64_t in, std::int64_t out, const char* width) const {
    std::int64_t size = 0;
    if (__builtin_add_overflow(in, has_bias() ? 1 : 0, &size) ||
        __builtin_mul_overflow(size, out, &size))
      throw sdk::invalid(width, "gives more weights than 64 bits can count: " + std::to_string(in) +
                                    " inputs to each of " + std::to_string(out) + " outputs");
    return size;
  }

  void initialise(std::int64_t in, std::int64_t out, const sdk::Random& random,
                  std::span<double> theta) const {
    const std::span<double> w = theta.first(static_cast<std::size_t>(in * out));
    random.normals(0, w);
    random.normals(1, theta.subspan(w.size()));
    if (!is_standard()) return;
    const double deviation = W_std / std::sqrt(static_cast<double>(in));
    for (double& x : w) x *= deviation;
    for (double& x : theta.subspan(w.size())) x *= *b_std;
  }

  /// y = factor x W + bias_factor b, of any W and b one after the other in theta.
  void affine(const Sizes& n, const double* x, std::span<const double> theta, double* y) const {
    const double* const w = theta.data();
    const double* const b = has_bias() ? w + weights_of(n) : nullptr;
    if (with_few_inputs(n.in, n.out, [&](auto in) {
          forward_few<in>(n.rows, n.out, weight_factor(n), b == nullptr ? 0 : bias_factor(), x, w,
                          b, y);
        }))
      return;
    if (b != nullptr && n.rows > 0) {
      for (std::int64_t j = 0; j < n.out; ++j) y[j] = bias_factor() * b[j];
      for (std::int64_t row = 1; row < n.rows; ++row) std::copy_n(y, n.out, y + row * n.out);
    }
    multiply(n, x, w, b == nullptr ? 0 : 1, y);
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

  /// x_bar = kept x_bar + factor y_bar W'.
  void multiply_back(const Sizes& n, const double* y_bar, const double* w, double kept,
                     double* x_bar) const {
    if (n.out == 1 && kept == 1)
      cblas_dger(CblasRowMajor, n.rows, n.in, weight_factor(n), y_bar, 1, w, 1, x_bar, n.in);
    else
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n.rows, n.in, n.out, weight_factor(n),
                  y_bar, n.out, w, n.out, kept, x_bar, n.in);
  }

 private:
  [[nodiscard]] double weight_factor(const Sizes& n) const {
    return is_standard() ? 1 : W_std / std::sqrt(static_cast<double>(n.in));
  }
  [[nodiscard]] double bias_factor() const { return is_standard() ? 1 : *b_std; }
  [[nodiscard]] static std::int64_t weights_of(const Sizes& n) {
    return std::int64_t{n.in} * n.out;
  }
};

}  // namespace
