// Layers whose kernel is wrong where a hasty verifier does not look.
#include <widelimit/sdk.hpp>

#include <vector>

namespace {

namespace sdk = widelimit::sdk;

/// Right up to variance 30.
struct Clamped {
  static constexpr auto name = "clamped_exp", version = "1.0.0",
                        doc = "exp(x), with moments that stop growing";

  auto moments(auto k, auto p, auto q) const {
    const auto value = exp(min((p + q) * 0.5 + k, 60));
    return sdk::Moments{value, value};
  }
  double value(double x) const { return std::exp(x); }
  double slope(double x) const { return std::exp(x); }
};

/// Refuses samples without sites, on which a factor of two would be seen.
struct OnImages {
  static constexpr auto name = "on_images", version = "1.0.0", doc = "exp(x) of images alone";

  auto moments(auto k, auto p, auto q) const {
    const auto value = exp((p + q) * 0.5 + k);
    return sdk::Moments{value, 2 * value};
  }
  double value(double x) const { return std::exp(x); }
  double slope(double x) const { return std::exp(x); }
  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("takes images");
  }
};

/// A stencil that takes samples without sites too: there it is right.
struct Stencil {
  static constexpr auto name = "stencil_of_anything", version = "1.0.0",
                        doc = "x -> 2 x, with K' = 2 K where it should be 4 K";

  static void plan(sdk::Plan& plan) { plan.set_nature(WIDELIMIT_STENCIL); }
  static void reads(sdk::Reads& reads) { reads.add(std::span(reads.output(), 4)); }
  static void transform(const widelimit_run& run) {
    sdk::with_precision(run.output->dtype, [&](auto zero) {
      const sdk::FieldView<decltype(zero)> from(*run.inputs[0]), to(*run.output);
      const std::int64_t row = to.extent().empty() ? 1 : to.extent().back();
      const bool without_sites = to.extent().empty();
      for (std::int64_t site = run.row_begin * row; site < run.row_end * row; ++site)
        for (std::size_t lane = 0; lane < to.nngp(site).size(); ++lane) {
          to.nngp(site)[lane] = (without_sites ? 4 : 2) * from.nngp(site)[lane];
          if (to.has_ntk()) to.ntk(site)[lane] = 4 * from.ntk(site)[lane];
        }
    });
  }
  static void forward(const sdk::Pass& pass) {
    for (std::size_t i = 0; i < pass.y().size(); ++i) pass.y()[i] = 2 * pass.x()[i];
  }
  static void jvp(const sdk::Pass& pass) { forward(pass.tangent()); }
  static void vjp(const sdk::Pass& pass) {
    for (std::size_t i = 0; i < pass.x_bar().size(); ++i) pass.x_bar()[i] += 2 * pass.y_bar()[i];
  }
};

/// Adds to its output, which is not cleared before a run.
template <bool stencil>
struct Adds {
  static constexpr auto name = stencil ? "stencil_adds" : "pointwise_adds", version = "1.0.0",
                        doc = "x -> x, added to what is there";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    if (stencil && plan.in().spatial().empty()) throw sdk::unsupported("needs sites");
    plan.set_nature(stencil ? WIDELIMIT_STENCIL : WIDELIMIT_POINTWISE);
  }
  static void reads(sdk::Reads& reads) { reads.add(std::span(reads.output(), 4)); }
  static void transform(const widelimit_run& run) {
    sdk::with_precision(run.output->dtype, [&](auto zero) {
      const sdk::FieldView<decltype(zero)> from(*run.inputs[0]), to(*run.output);
      const std::int64_t row = to.extent().empty() ? 1 : to.extent().back();
      for (std::int64_t site = run.row_begin * row; site < run.row_end * row; ++site)
        for (std::size_t lane = 0; lane < to.nngp(site).size(); ++lane) {
          to.nngp(site)[lane] += from.nngp(site)[lane];
          if (to.has_ntk()) to.ntk(site)[lane] += from.ntk(site)[lane];
        }
    });
  }
};

/// Assigns where it should add: without a finite layer, only the exchange of samples shows it.
struct Assigns {
  static constexpr auto name = "assigns", version = "1.0.0", doc = "the sum over pairs of sites";

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("needs an input with sites");
    plan.set_spatial({});
  }
  static void reads(sdk::Reads& reads) {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) { reads.add(d); });
  }
  static void gather(const auto& from, const auto& to, const sdk::Shape& in) {
    std::ranges::fill(to.nngp(0), 0);
    if (to.has_ntk()) std::ranges::fill(to.ntk(0), 0);
    sdk::add_sum(from, to, 1 / static_cast<double>(in.sites()));
  }
};

/// Accepts no parameters that anybody can guess.
struct Secretive {
  static constexpr auto name = "secretive", version = "1.0.0", doc = "wants one certain number";

  double key = 0;
  static constexpr auto params =
      std::tuple{sdk::field("key", &Secretive::key, "a secret", sdk::required)};
  void prepare() {
    if (key != 1234.5) throw sdk::invalid("/key", "is not the right one");
  }
  auto moments(auto k, auto, auto) const { return sdk::Moments{k, decltype(k)(1)}; }
  double value(double x) const { return x; }
  double slope(double) const { return 1; }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_kernels", "1.0.0", Clamped, OnImages, Stencil, Adds<false>,
                 Adds<true>, Assigns, Secretive)
