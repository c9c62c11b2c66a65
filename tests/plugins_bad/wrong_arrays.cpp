// Layers whose finite face treats its arrays wrongly in one place each.
#include <widelimit/sdk/layer.hpp>

#include <cstdio>
#include <iostream>

namespace {

namespace sdk = widelimit::sdk;

enum class Mistake {
  adds_to_y,
  skips_y,
  behind_y,
  before_y,
  behind_y_dot,
  behind_x_bar,
  behind_theta,
  behind_theta_bar,
  writes_x,
  prints,
  prints_errors
};

/// y = w x with one weight, as a linear map of variance 1.
template <Mistake mistake>
struct Scaled {
  static constexpr auto version = "1.0.0", doc = "y = w x, with a mistake about its arrays";

  static void plan(sdk::Plan& plan) {
    if (!plan.in().spatial().empty()) throw sdk::unsupported("takes no spatial axes");
    plan.set_nature(WIDELIMIT_LINEAR);
    plan.add_traits(WIDELIMIT_TRAIT_HAS_WEIGHTS);
    plan.raw().linear->ntk_nngp = 1;
  }
  static std::int64_t theta_size(const sdk::Shape&) { return 1; }
  static void init(const sdk::Shape&, const sdk::Random& random, std::span<double> theta) {
    random.normals(0, theta);
    if constexpr (mistake == Mistake::behind_theta) theta.data()[theta.size()] = 1;
  }
  static void forward(const sdk::Pass& pass) {
    if constexpr (mistake == Mistake::prints) std::printf("forward of %zu\n", pass.y().size());
    if constexpr (mistake == Mistake::prints_errors) std::cerr << "forward\n";
    const std::size_t n = pass.y().size() - (mistake == Mistake::skips_y ? 1 : 0);
    for (std::size_t i = 0; i < n; ++i) {
      const double product = pass.theta()[0] * pass.x()[i];
      if constexpr (mistake == Mistake::adds_to_y)
        pass.y()[i] += product;
      else
        pass.y()[i] = product;
    }
    if constexpr (mistake == Mistake::behind_y) pass.y().data()[pass.y().size()] = 0;
    if constexpr (mistake == Mistake::before_y) pass.y().data()[-1] = 0;
    if constexpr (mistake == Mistake::writes_x) const_cast<double&>(pass.x()[0]) = 0;
  }
  static void jvp(const sdk::Pass& pass) {
    for (std::size_t i = 0; i < pass.y_dot().size(); ++i) {
      pass.y_dot()[i] = pass.theta()[0] * pass.x_dot()[i];
      if (!pass.theta_dot().empty()) pass.y_dot()[i] += pass.theta_dot()[0] * pass.x()[i];
    }
    if constexpr (mistake == Mistake::behind_y_dot) pass.y_dot().data()[pass.y_dot().size()] = 0;
  }
  static void vjp(const sdk::Pass& pass) {
    for (std::size_t i = 0; i < pass.y_bar().size(); ++i) {
      if (!pass.theta_bar().empty()) pass.theta_bar()[0] += pass.y_bar()[i] * pass.x()[i];
      if (!pass.x_bar().empty()) pass.x_bar()[i] += pass.y_bar()[i] * pass.theta()[0];
    }
    if constexpr (mistake == Mistake::behind_x_bar)
      if (!pass.x_bar().empty()) pass.x_bar().data()[pass.x_bar().size()] = 0;
    if constexpr (mistake == Mistake::behind_theta_bar)
      if (!pass.theta_bar().empty()) pass.theta_bar().data()[pass.theta_bar().size()] = 0;
  }
};

// Names cannot be computed.
#define WITH_MISTAKE(Struct, mistake)            \
  struct Struct : Scaled<Mistake::mistake> {     \
    static constexpr auto name = #mistake;       \
    static constexpr auto params = std::tuple{}; \
  };
WITH_MISTAKE(AddsToY, adds_to_y)
WITH_MISTAKE(SkipsY, skips_y)
WITH_MISTAKE(BehindY, behind_y)
WITH_MISTAKE(BeforeY, before_y)
WITH_MISTAKE(BehindYDot, behind_y_dot)
WITH_MISTAKE(BehindXBar, behind_x_bar)
WITH_MISTAKE(BehindTheta, behind_theta)
WITH_MISTAKE(BehindThetaBar, behind_theta_bar)
WITH_MISTAKE(WritesX, writes_x)
#ifdef PRINTS
WITH_MISTAKE(Prints, prints)
#endif
#ifdef PRINTS_ERRORS
WITH_MISTAKE(PrintsErrors, prints_errors)
#endif

}  // namespace

#if defined(PRINTS)
WIDELIMIT_PLUGIN("org.example.prints", "1.0.0", Prints)
#elif defined(PRINTS_ERRORS)
WIDELIMIT_PLUGIN("org.example.prints_errors", "1.0.0", PrintsErrors)
#else
WIDELIMIT_PLUGIN("org.example.wrong_arrays", "1.0.0", AddsToY, SkipsY, BehindY, BeforeY, BehindYDot,
                 BehindXBar, BehindTheta, BehindThetaBar, WritesX)
#endif
