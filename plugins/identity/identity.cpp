// identity: nothing happens; a named place in a network, or a branch that passes its input on.
#include <widelimit/sdk/linear.hpp>

#include <algorithm>

namespace {

namespace sdk = widelimit::sdk;

struct Identity {
  static constexpr auto name = "identity", version = "1.0.0", summary = "x -> x",
                        doc = "x -> x. K' = K, Theta' = Theta.";

  [[nodiscard]] static sdk::Linear linear(const sdk::Shape& in) {
    sdk::Linear answer;
    answer.channels = in.channels();
    return answer;
  }
  static void forward(const sdk::Pass& pass) {
    std::copy(pass.x().begin(), pass.x().end(), pass.y().begin());
  }
  static void vjp(const sdk::Pass& pass) {
    const auto y_bar = pass.y_bar();
    const auto x_bar = pass.x_bar();
    for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += y_bar[i];
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.identity", "0.1.0", Identity)
