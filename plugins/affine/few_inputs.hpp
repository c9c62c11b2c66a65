// Products of a dense layer that takes a handful of numbers and makes many: GEMM would spend its
// time on packing and on further sweeps for the bias. Everything here stands in an unnamed
// namespace, so that each instruction set's copy of the plugin has its own.
//
// Thread safety: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace {

inline constexpr int most_few_inputs = 4, least_outputs_for_few = 16;

/// y = factor x W + bias_factor b for x [rows, in], W [in, out], b [out] or NULL; in one sweep.
template <int in>
void forward_few(std::int64_t rows, std::int64_t out, double factor, double bias_factor,
                 const double* __restrict x, const double* __restrict w, const double* __restrict b,
                 double* __restrict y) {
  for (std::int64_t row = 0; row < rows; ++row, x += in, y += out) {
    std::array<double, in> a;
    for (std::size_t k = 0; k < in; ++k) a[k] = factor * x[k];
    if (b != nullptr) {
      for (std::int64_t j = 0; j < out; ++j) {
        double sum = bias_factor * b[j];
        for (std::size_t k = 0; k < in; ++k)
          sum += a[k] * w[static_cast<std::int64_t>(k) * out + j];
        y[j] = sum;
      }
    } else {
      for (std::int64_t j = 0; j < out; ++j) {
        double sum = a[0] * w[j];
        for (std::size_t k = 1; k < in; ++k)
          sum += a[k] * w[static_cast<std::int64_t>(k) * out + j];
        y[j] = sum;
      }
    }
  }
}

/// w_bar += factor x' y_bar and, where b_bar is given, b_bar += bias_factor times the sum of the
/// rows of y_bar; `together` rows a sweep over what is added to.
template <int in, int together>
void gradient_rows(std::int64_t out, double factor, double bias_factor, const double* __restrict x,
                   const double* __restrict y_bar, double* __restrict w_bar,
                   double* __restrict b_bar) {
  std::array<std::array<double, together>, in> a;
  for (std::size_t k = 0; k < in; ++k)
    for (std::size_t r = 0; r < together; ++r) a[k][r] = factor * x[r * in + k];
  for (std::size_t k = 0; k < in; ++k) {
    double* __restrict const to = w_bar + static_cast<std::int64_t>(k) * out;
    for (std::int64_t j = 0; j < out; ++j) {
      double sum = 0;
      for (std::size_t r = 0; r < together; ++r)
        sum += a[k][r] * y_bar[static_cast<std::int64_t>(r) * out + j];
      to[j] += sum;
    }
  }
  if (b_bar == nullptr) return;
  for (std::int64_t j = 0; j < out; ++j) {
    double sum = 0;
    for (std::size_t r = 0; r < together; ++r) sum += y_bar[static_cast<std::int64_t>(r) * out + j];
    b_bar[j] += bias_factor * sum;
  }
}
template <int in>
void gradient_few(std::int64_t rows, std::int64_t out, double factor, double bias_factor,
                  const double* x, const double* y_bar, double* w_bar, double* b_bar) {
  constexpr int together = 8;
  std::int64_t row = 0;
  for (; row + together <= rows; row += together)
    gradient_rows<in, together>(out, factor, bias_factor, x + row * in, y_bar + row * out, w_bar,
                                b_bar);
  for (; row < rows; ++row)
    gradient_rows<in, 1>(out, factor, bias_factor, x + row * in, y_bar + row * out, w_bar, b_bar);
}

/// Calls `body` with the number of inputs as a constant, where they are few and the outputs many;
/// false where they are not.
template <class F>
bool with_few_inputs(int in, int out, F&& body) {
  if (out < least_outputs_for_few) return false;
  switch (in) {
    case 1:
      body(std::integral_constant<int, 1>{});
      return true;
    case 2:
      body(std::integral_constant<int, 2>{});
      return true;
    case 3:
      body(std::integral_constant<int, 3>{});
      return true;
    case most_few_inputs:
      body(std::integral_constant<int, most_few_inputs>{});
      return true;
    default:
      return false;
  }
}

}  // namespace
