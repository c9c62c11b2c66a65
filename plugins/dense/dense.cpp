// dense: the fully connected layer, in NTK parameterization (arXiv:1806.07572) and in the standard
// one (arXiv:2001.07301).
#include "../affine/affine.hpp"

namespace {

/// An affine layer whose every site is a row of its own: the same W and b at all of them.
struct Dense : Affine {
  static constexpr auto name = "dense", version = "1.0.0",
                        summary = "fully connected layer, at every site of its input";
  static constexpr auto doc =
      R"(z = W x + b at every site, with N inputs. "ntk": z = W_std / sqrt(N) W x + b_std b with
W, b ~ N(0, 1); "standard": z = W x + b with W ~ N(0, W_std^2 / N), b ~ N(0, b_std^2). K' =
W_std^2 K + b_std^2. Theta' = K' + W_std^2 Theta (ntk, arXiv:1806.07572), or N K + W_std^2 Theta,
plus 1 if there is a bias (standard, arXiv:2001.07301), or W_std^2 Theta if the layer is not
trainable.)";

  std::optional<std::int64_t> width;
  static constexpr auto params = std::tuple_cat(
      std::tuple{sdk::field(
          "width", &Dense::width,
          "outputs at finite width; the kernel depends on it only if a layer in standard "
          "parameterization or a concat follows",
          sdk::between(1, most_channels))},
      affine_params);

  // ---- infinite width ----

  [[nodiscard]] sdk::Linear linear(const sdk::Shape& in) const {
    return {.map = rule(in, 1, "width"), .channels = width.value_or(0), .weights = true};
  }

  // ---- finite width ----

  [[nodiscard]] std::int64_t theta_size(const sdk::Shape& in) const {
    return weights(in.channels(), finite_width(), "/width");
  }

  void init(const sdk::Shape& in, const sdk::Random& random, std::span<double> theta) const {
    initialise(in.channels(), finite_width(), random, theta);
  }

  void forward(const sdk::Pass& pass) const {
    affine(sizes(pass), pass.x().data(), pass.theta(), pass.y().data());
  }

  void jvp(const sdk::Pass& pass) const {
    const Sizes n = sizes(pass);
    double kept = 0;
    if (trainable && !pass.theta_dot().empty()) {
      affine(n, pass.x().data(), pass.theta_dot(), pass.y_dot().data());
      kept = 1;
    }
    multiply(n, pass.x_dot().data(), pass.theta().data(), kept, pass.y_dot().data());
  }

  void vjp(const sdk::Pass& pass) const {
    const Sizes n = sizes(pass);
    const double* const y_bar = pass.y_bar().data();
    if (trainable && !pass.theta_bar().empty())
      add_gradient(n, pass.x().data(), y_bar, pass.theta_bar().data());
    if (!pass.x_bar().empty()) multiply_back(n, y_bar, pass.theta().data(), 1, pass.x_bar().data());
  }

 private:
  [[nodiscard]] static Sizes sizes(const sdk::Pass& pass) {
    return {blas_size(pass.batch() * pass.in().sites()), blas_size(pass.in().channels()),
            blas_size(pass.out().channels())};
  }
  [[nodiscard]] std::int64_t finite_width() const {
    if (!width) throw sdk::invalid("/width", "is missing: a finite network needs it");
    return *width;
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.dense", "0.1.0", Dense)
