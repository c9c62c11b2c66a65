// Two taps along one axis, with weights of variance 1 each: the window of the kernel starts one
// site too early.
#include <widelimit/sdk/linear.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct WrongWindow {
  static constexpr auto name = "wrong_window", version = "1.0.0",
                        doc =
                            "z[i] = (w0 x[i] + w1 x[i + 1]) / sqrt(2 n), and a kernel of x[i - 1]";
  static constexpr auto params = std::tuple{};

  static sdk::Linear linear(const sdk::Shape& in) {
    if (in.spatial().size() != 1) throw sdk::unsupported("needs an input with one spatial axis");
    sdk::Linear answer{.map = sdk::LinearMap::ntk(1, 0), .channels = 5, .weights = true};
    answer.map.axes[0] = {.window = 2, .pad_low = 1};
    return answer;
  }

  static std::int64_t theta_size(const sdk::Shape& in) { return 2 * in.channels() * 5; }
  static void init(const sdk::Shape&, const sdk::Random& random, std::span<double> theta) {
    random.normals(0, theta);
  }
  static void forward(const sdk::Pass& pass) {
    for (double& y : pass.y()) y = 0;
    each(pass, [&](std::size_t y, std::size_t w, std::size_t x, double f) {
      pass.y()[y] += f * pass.theta()[w] * pass.x()[x];
    });
  }
  static void jvp(const sdk::Pass& pass) {
    for (double& y : pass.y_dot()) y = 0;
    each(pass, [&](std::size_t y, std::size_t w, std::size_t x, double f) {
      pass.y_dot()[y] += f * pass.theta()[w] * pass.x_dot()[x];
      if (!pass.theta_dot().empty()) pass.y_dot()[y] += f * pass.theta_dot()[w] * pass.x()[x];
    });
  }
  static void vjp(const sdk::Pass& pass) {
    each(pass, [&](std::size_t y, std::size_t w, std::size_t x, double f) {
      if (!pass.theta_bar().empty()) pass.theta_bar()[w] += f * pass.y_bar()[y] * pass.x()[x];
      if (!pass.x_bar().empty()) pass.x_bar()[x] += f * pass.y_bar()[y] * pass.theta()[w];
    });
  }

 private:
  /// f(index of y, of the weight, of x, factor) for every product.
  template <class F>
  static void each(const sdk::Pass& pass, F f) {
    const auto n = static_cast<std::size_t>(pass.in().sites()),
               c = static_cast<std::size_t>(pass.in().channels());
    const double factor = 1 / std::sqrt(2.0 * static_cast<double>(c));
    for (std::size_t s = 0; s < static_cast<std::size_t>(pass.batch()); ++s)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t t = 0; t < 2 && i + t < n; ++t)
          for (std::size_t in = 0; in < c; ++in)
            for (std::size_t out = 0; out < 5; ++out)
              f((s * n + i) * 5 + out, (t * c + in) * 5 + out, (s * n + i + t) * c + in, factor);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_window", "1.0.0", WrongWindow)
