// The finite face of a layer on one batch.
//
// Thread safety: a Batch belongs to one thread.
#pragma once

#include "plugins/support/plugin_file.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace widelimit::plugin_tests {

using Numbers = std::vector<double>;

inline std::size_t size_of(const widelimit_shape& s) {
  return static_cast<std::size_t>(s.channels * s.spatial[0] * s.spatial[1] * s.spatial[2] *
                                  s.spatial[3]);
}

inline Numbers normal_numbers(std::uint64_t seed, std::size_t n) {
  Numbers x(n);
  host().normals(host().ctx, seed, 0, 0, n, x.data());
  return x;
}

inline double inner(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class Batch {
 public:
  Batch(const Layer& layer, std::int64_t samples)
      : layer_(&layer),
        samples_(samples),
        scratch_(static_cast<std::size_t>(layer.scratch_bytes / sizeof(double)) + 1) {
    std::int64_t n = 0;
    call([&](widelimit_error* e) {
      return face().theta_size(layer.get(), static_cast<std::uint32_t>(layer.inputs().size()),
                               layer.input_pointers().data(), &n, e);
    });
    theta_size = static_cast<std::size_t>(n);
  }

  std::size_t theta_size = 0;
  [[nodiscard]] std::size_t in_size(std::size_t i) const {
    return static_cast<std::size_t>(samples_) * size_of(layer_->inputs()[i]);
  }
  [[nodiscard]] std::size_t out_size() const {
    return static_cast<std::size_t>(samples_) * size_of(layer_->output);
  }

  [[nodiscard]] Numbers init(std::uint64_t seed) const {
    Numbers theta(theta_size);
    widelimit_init draw{};
    draw.struct_size = sizeof draw;
    draw.n_inputs = static_cast<std::uint32_t>(layer_->inputs().size());
    draw.in_shape = layer_->input_pointers().data();
    draw.seed = seed;
    draw.theta_size = static_cast<std::int64_t>(theta_size);
    draw.theta = theta.data();
    call([&](widelimit_error* e) { return face().init(layer_->get(), &draw, e); });
    return theta;
  }
  [[nodiscard]] Numbers forward(const Numbers& theta, const std::vector<Numbers>& x) const {
    Numbers y(out_size(), std::nan(""));
    widelimit_pass pass = make_pass();
    const auto inputs = pointers(x);
    pass.theta = theta.data();
    pass.x = inputs.data();
    pass.y = y.data();
    run(face().forward, pass);
    return y;
  }
  [[nodiscard]] Numbers jvp(const Numbers& theta, const Numbers& theta_dot,
                            const std::vector<Numbers>& x,
                            const std::vector<Numbers>& x_dot) const {
    Numbers y_dot(out_size(), std::nan(""));
    widelimit_pass pass = make_pass();
    const auto inputs = pointers(x), tangents = pointers(x_dot);
    pass.theta = theta.data();
    pass.theta_dot = theta_dot.empty() ? nullptr : theta_dot.data();
    pass.x = inputs.data();
    pass.x_dot = tangents.data();
    pass.y_dot = y_dot.data();
    run(face().jvp, pass);
    return y_dot;
  }
  /// Adds to theta_bar and x_bar; an empty one is not wanted.
  void vjp(const Numbers& theta, const std::vector<Numbers>& x, const Numbers& y_bar,
           Numbers& theta_bar, std::vector<Numbers>& x_bar) const {
    widelimit_pass pass = make_pass();
    const auto inputs = pointers(x);
    std::vector<double*> cotangents;
    for (Numbers& c : x_bar) cotangents.push_back(c.empty() ? nullptr : c.data());
    pass.theta = theta.data();
    pass.x = inputs.data();
    pass.y_bar = y_bar.data();
    pass.theta_bar = theta_bar.empty() ? nullptr : theta_bar.data();
    pass.x_bar = cotangents.data();
    run(face().vjp, pass);
  }

 private:
  [[nodiscard]] const widelimit_finite_face& face() const { return *layer_->type().finite; }
  static std::vector<const double*> pointers(const std::vector<Numbers>& arrays) {
    std::vector<const double*> list;
    for (const Numbers& array : arrays) list.push_back(array.data());
    return list;
  }
  [[nodiscard]] widelimit_pass make_pass() const {
    widelimit_pass pass{};
    pass.struct_size = sizeof pass;
    pass.n_inputs = static_cast<std::uint32_t>(layer_->inputs().size());
    pass.in_shape = layer_->input_pointers().data();
    pass.out_shape = &layer_->output;
    pass.batch = samples_;
    pass.scratch = scratch_.data();
    pass.theta_size = static_cast<std::int64_t>(theta_size);
    return pass;
  }
  template <class Function>
  void run(Function function, widelimit_pass& pass) const {
    call([&](widelimit_error* e) { return function(layer_->get(), &pass, e); });
  }

  const Layer* layer_;
  std::int64_t samples_;
  mutable Numbers scratch_;  // lent to one call at a time
};

}  // namespace widelimit::plugin_tests
