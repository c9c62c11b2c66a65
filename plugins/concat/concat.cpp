// concat: branches side by side along the channels.
#include <widelimit/sdk/combine.hpp>

#include <algorithm>

namespace {

namespace sdk = widelimit::sdk;

/// A kernel is a mean over channels, so each branch weighs as much as it has channels C_b:
/// K' = sum of K_b C_b / C, Theta' likewise, C = sum of C_b.
struct Concat {
  static constexpr auto name = "concat", version = "1.0.0",
                        summary = "the inputs' channels side by side";
  static constexpr auto doc =
      R"(The inputs' channels side by side. With C_b channels of input b and C in total: K' = sum
of C_b/C K_b, Theta' = sum of C_b/C Theta_b. So the kernel depends on the widths of the branches.
Each input is a network that is applied to the input of this layer; [] is that input itself:

    {"type": "concat", "inputs": [[], ["relu", {"type": "dense", "width": 64}]]})";
  static constexpr bool linear = true;

  static void plan(sdk::Plan& plan) {
    std::int64_t channels = 0;
    for (std::size_t b = 0; b < plan.inputs(); ++b)
      if (__builtin_add_overflow(channels, plan.in(b).channels(), &channels))
        throw sdk::unsupported("the inputs have more channels together than 64 bits can count");
    plan.set_channels(channels);
  }
  static auto enter(auto x, auto share) {
    x.nngp *= share;
    x.ntk *= share;
    return x;
  }
  static auto join(auto a, auto b) {
    a.nngp += b.nngp;
    a.ntk += b.ntk;
    return a;
  }

  static void forward(const sdk::Pass& pass) {
    for_each_piece(pass, [&](std::size_t b, std::size_t in, std::size_t out, std::size_t n) {
      const auto x = pass.x(b).subspan(in, n);
      std::copy(x.begin(), x.end(), pass.y().subspan(out, n).begin());
    });
  }
  static void vjp(const sdk::Pass& pass) {
    for_each_piece(pass, [&](std::size_t b, std::size_t in, std::size_t out, std::size_t n) {
      const auto x_bar = pass.x_bar(b);
      if (x_bar.empty()) return;
      for (std::size_t i = 0; i < n; ++i) x_bar[in + i] += pass.y_bar()[out + i];
    });
  }

 private:
  /// f(input, where its channels of a site begin there, where in the output, how many).
  template <class F>
  static void for_each_piece(const sdk::Pass& pass, F f) {
    const auto all = static_cast<std::size_t>(pass.out().channels());
    const auto rows = static_cast<std::size_t>(pass.batch() * pass.in().sites());
    std::size_t before = 0;
    for (std::size_t b = 0; b < pass.inputs(); ++b) {
      const auto n = static_cast<std::size_t>(pass.in(b).channels());
      for (std::size_t row = 0; row < rows; ++row) f(b, row * n, row * all + before, n);
      before += n;
    }
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.concat", "0.1.0", Concat)
