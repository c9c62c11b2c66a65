// Twice the activations, with a kernel that is twice instead of four times what it was.
#include <widelimit/sdk/layer.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct WrongStencil {
  static constexpr auto name = "wrong_stencil", version = "1.0.0",
                        doc = "x -> 2 x, with K' = 2 K where it should be 4 K";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("needs an input with sites");
    plan.set_nature(WIDELIMIT_STENCIL);
  }
  static void reads(sdk::Reads& reads) { reads.add(std::span(reads.output(), 4)); }
  static void transform(const widelimit_run& run) {
    sdk::with_precision(run.output->dtype, [&](auto zero) {
      using T = decltype(zero);
      const sdk::FieldView<T> from(*run.inputs[0]), to(*run.output);
      const std::int64_t row = to.extent().back();
      for (std::int64_t site = run.row_begin * row; site < run.row_end * row; ++site)
        for (std::size_t lane = 0; lane < to.nngp(site).size(); ++lane) {
          to.nngp(site)[lane] = 2 * from.nngp(site)[lane];
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

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_stencil", "1.0.0", WrongStencil)
