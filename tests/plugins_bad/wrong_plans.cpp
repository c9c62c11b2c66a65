// Layers whose plan has one member that no host can use.
#include <widelimit/sdk/layer.hpp>

#include <cmath>
#include <limits>

namespace {

namespace sdk = widelimit::sdk;

/// The identity, as a linear map, and then one member changed.
template <class Mistake>
struct Planned {
  static constexpr auto name = Mistake::name, version = "1.0.0",
                        doc = "the identity, with a wrong plan";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    plan.set_nature(WIDELIMIT_LINEAR);
    Mistake::make(plan.raw());
  }
};

#define WRONG_PLAN(Struct, wrong_name, ...)                 \
  struct Struct {                                           \
    static constexpr auto name = wrong_name;                \
    static void make(widelimit_plan& plan) { __VA_ARGS__; } \
  };
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
WRONG_PLAN(StrideZero, "stride_zero", plan.linear->stride[0] = 0)
WRONG_PLAN(NegativePadding, "negative_padding", plan.linear->pad_low[0] = -1)
WRONG_PLAN(WrongExtent, "wrong_extent", plan.linear->window[0] = 2)
WRONG_PLAN(HugeWindow, "huge_window", plan.linear->window[0] = 1'000'000'000;
           plan.linear->pad_low[0] = 999'999'999)
WRONG_PLAN(RankSeven, "rank_seven", plan.linear->rank = 7)
WRONG_PLAN(NanScale, "nan_scale", plan.linear->scale = nan)
WRONG_PLAN(NegativeScale, "negative_scale", plan.linear->scale = -1)
WRONG_PLAN(UnknownTrait, "unknown_trait", plan.traits |= 1ULL << 40)
WRONG_PLAN(NegativeChannels, "negative_channels", plan.output->channels = -5)
WRONG_PLAN(NoNature, "no_nature", plan.nature = 9)

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_plans", "1.0.0", Planned<StrideZero>, Planned<NegativePadding>,
                 Planned<WrongExtent>, Planned<HugeWindow>, Planned<RankSeven>, Planned<NanScale>,
                 Planned<NegativeScale>, Planned<UnknownTrait>, Planned<NegativeChannels>,
                 Planned<NoNature>)
