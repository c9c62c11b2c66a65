// x -> erf(x), right everywhere but on images: the terms that the host keeps of a variance are not
// those that the layer works with.
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

template <class V>
struct Terms {
  V spread;

  Terms() = default;
  explicit Terms(V variance) : spread(1 + 2 * variance) {}

  static constexpr std::uint32_t numbers = 1;
  template <class From>
  Terms(const sdk::scalar_t<V>* at, std::int64_t, From from) : spread(from(at)) {}
  void store(sdk::scalar_t<V>* at, std::int64_t) const { spread.store(at); }
};

struct WrongSiteTerms {
  static constexpr auto name = "wrong_site_terms", version = "1.0.0",
                        doc = "x -> erf(x), with its site terms kept wrongly";
  static constexpr auto params = std::tuple{};

  template <class V>
  auto site_terms(V variance) const {
    return Terms<V>(variance);
  }
  auto moments(auto k, const auto& p, const auto& q) const {
    const auto d = p.spread * q.spread;
    const double a = 2 / std::numbers::pi;
    return sdk::Moments{a * asin(2 * k / sqrt(d)), 2 * a / sqrt(d - 4 * k * k)};
  }
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

const widelimit_plugin* right_plugin() {
  return sdk::detail::descriptor<WrongSiteTerms>("org.example.wrong_site_terms", "1.0.0");
}

template <class T>
void subtract_one(const widelimit_site_terms& request) {
  T* const terms = static_cast<T*>(request.out);
  for (std::int64_t i = 0; i < request.sites * request.lanes; ++i) terms[i] -= 1;
}

widelimit_status keep_wrong_terms(const widelimit_layer* layer, const widelimit_site_terms* request,
                                  widelimit_error* error) {
  const widelimit_status status =
      right_plugin()->layers[0]->infinite->site_terms(layer, request, error);
  if (request->dtype == WIDELIMIT_F32)
    subtract_one<float>(*request);
  else
    subtract_one<double>(*request);
  return status;
}

/// The tables of the SDK with that function in place of its own.
struct WrongTables {
  widelimit_infinite_face infinite = *right_plugin()->layers[0]->infinite;
  widelimit_layer_type layer = *right_plugin()->layers[0];
  const widelimit_layer_type* layers[1] = {&layer};
  widelimit_plugin plugin = *right_plugin();

  WrongTables() {
    infinite.site_terms = keep_wrong_terms;
    layer.infinite = &infinite;
    plugin.layers = layers;
  }
};

}  // namespace

extern "C" const widelimit_plugin* WIDELIMIT_ENTRY(void) {
  static const WrongTables tables;
  return &tables.plugin;
}
