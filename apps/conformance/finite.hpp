// Passing batches through the finite face of a layer.
// Thread safety: a Batch belongs to one thread; the layer may be shared.
#pragma once

#include "layers.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace widelimit::conformance {

/// A layer's inputs, weights and the sizes of everything. Every array ends at an unmapped page, and
/// outputs are full of NaN before a call. Throws std::runtime_error where the layer refuses a call
/// that it must support, Finding where it does not write what it must, or writes anything else.
class Batch {
 public:
  using Vector = std::vector<double>;
  /// [input]
  using Vectors = std::vector<Vector>;
  static constexpr double poison = std::numeric_limits<double>::quiet_NaN();

  Batch(const Subject& subject, std::int64_t samples);

  [[nodiscard]] std::int64_t theta_size() const noexcept { return theta_size_; }
  [[nodiscard]] std::int64_t out_size() const noexcept {
    return samples_ * numbers_in(subject_->plan.output);
  }
  [[nodiscard]] std::int64_t in_size(std::size_t input) const noexcept {
    return samples_ * numbers_in(subject_->shapes[input]);
  }
  /// Initial weights.
  [[nodiscard]] Vector init(std::uint64_t seed) const;
  /// `before`: what is in y before the call.
  [[nodiscard]] Vector forward(const Vector& theta, const Vectors& x, double before = poison) const;
  [[nodiscard]] Vector jvp(const Vector& theta, const Vector& theta_dot, const Vectors& x,
                           const Vectors& x_dot) const;
  /// Adds to theta_bar and x_bar, NULL where not wanted.
  void vjp(const Vector& theta, const Vectors& x, const Vector& y_bar, Vector* theta_bar,
           Vectors* x_bar) const;
  /// x [input] of normals, kept away from zero where nonlinearities have their kinks.
  [[nodiscard]] Vectors draw_inputs(Random& random, double away_from_zero = 0) const;

 private:
  using Function = widelimit_status (*)(const widelimit_layer*, const widelimit_pass*,
                                        widelimit_error*);
  /// The arrays of one call.
  class Arrays;
  void run(const char* what, Function function, Arrays& arrays) const;
  /// Calls `call` with what is in the output before; throws Finding where that makes a difference.
  template <class F>
  Vector written(const char* what, const char* output, double before, F call) const;

  const Subject* subject_;
  std::int64_t samples_, theta_size_ = 0;
};

/// Does the finite face act on each channel separately, without weights? It is then a nonlinearity,
/// whose kernel is a two-dimensional Gaussian integral.
[[nodiscard]] bool is_elementwise(const Subject& subject);

/// The function a nonlinearity applies, and its derivative, at many points at once.
using Curve = std::function<void(const std::vector<double>& x, std::vector<double>& value,
                                 std::vector<double>& slope)>;
[[nodiscard]] Curve curve_of(const Subject& subject);

}  // namespace widelimit::conformance
