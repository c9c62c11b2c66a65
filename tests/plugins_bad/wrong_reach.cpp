// The sum over pairs of sites at most one apart, all with the same weight: no positive definite
// function of the displacement, so no network has this kernel.
#include <widelimit/sdk/gathering.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct WrongReach {
  static constexpr auto name = "wrong_reach", version = "1.0.0",
                        doc = "the sum over pairs of sites at most one apart";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("needs an input with sites");
    plan.set_spatial({});
  }
  static void reads(sdk::Reads& reads) {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) {
      if (near(d)) reads.add(d);
    });
  }
  static void gather(const auto& from, const auto& to, const sdk::Shape& in) {
    sdk::add_sum(from, to, 1 / static_cast<double>(in.sites()));
  }

 private:
  static bool near(std::span<const std::int64_t> d) {
    return std::all_of(d.begin(), d.end(), [](std::int64_t x) { return std::abs(x) <= 1; });
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_reach", "1.0.0", WrongReach)
