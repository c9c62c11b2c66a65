// The mean over all sites, with a kernel that divides by their number once, where the mean of
// products goes over pairs of them; with LEAVES_OUT instead with one that does not read the sites
// furthest apart.
#include <widelimit/sdk/gathering.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct WrongPool {
  static constexpr auto name = "wrong_pool", version = "1.0.0",
                        doc = "the mean over all sites, with a kernel that is too large";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("needs an input with sites");
    plan.set_spatial({});
  }
  static void reads(sdk::Reads& reads) {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) {
      if (!leaves_out || std::abs(d[0]) + 1 < reads.in().spatial()[0]) reads.add(d);
    });
  }
  static void gather(const auto& from, const auto& to, const sdk::Shape& in) {
    const double n = static_cast<double>(in.sites());
    sdk::add_sum(from, to, leaves_out ? 1 / (n * n) : 1 / n);
  }

  static void forward(const sdk::Pass& pass) {
    for (double& y : pass.y()) y = 0;
    for (std::size_t i = 0; i < pass.x().size(); ++i)
      pass.y()[to(pass, i)] += pass.x()[i] / sites(pass);
  }
  static void vjp(const sdk::Pass& pass) {
    for (std::size_t i = 0; i < pass.x_bar().size(); ++i)
      pass.x_bar()[i] += pass.y_bar()[to(pass, i)] / sites(pass);
  }

 private:
#ifdef LEAVES_OUT
  static constexpr bool leaves_out = true;
#else
  static constexpr bool leaves_out = false;
#endif
  static double sites(const sdk::Pass& pass) { return static_cast<double>(pass.in().sites()); }
  /// Where number i of the input goes: same sample, same channel.
  static std::size_t to(const sdk::Pass& pass, std::size_t i) {
    const auto channels = static_cast<std::size_t>(pass.in().channels());
    return i / static_cast<std::size_t>(pass.in().size()) * channels + i % channels;
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_pool", "1.0.0", WrongPool)
