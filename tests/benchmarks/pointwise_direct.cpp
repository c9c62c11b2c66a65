// Compiled once per instruction set, as WIDELIMIT_BENCH_COPY says; the baseline's copy also
// chooses.
#include "pointwise_direct.hpp"

#include <widelimit/sdk/arc_cosine.hpp>
#include <widelimit/sdk/target.hpp>

#include <cstdint>
#include <type_traits>

namespace {

template <class T>
void relu(const widelimit::bench::Arrays<T>& a, T scale, T bias) {
  using V = widelimit::sdk::Vec<T>;
  using Terms = widelimit::sdk::ArcCosineTerms<V>;
  constexpr std::int64_t sites = 16, lanes = 128, width = std::int64_t{V::lanes};
  const V s = scale, b = bias;
  Terms second[lanes / width];
  for (std::int64_t lane = 0; lane < lanes; lane += width)
    second[lane / width] = Terms(V::load(a.second + lane));
  for (std::int64_t site = 0; site < sites; ++site) {
    const Terms first(V(a.first[site]));
    for (std::int64_t lane = 0; lane < lanes; lane += width) {
      const std::int64_t at = site * lanes + lane;
      const V k = V::load(a.k + at) * s + b;
      const auto [step, ramp] = widelimit::sdk::arc_cosine(k, first, second[lane / width]);
      (step * fma(s, V::load(a.theta + at), k)).store(a.ntk + at);
      ramp.store(a.value + at);
    }
  }
}

}  // namespace

#define WIDELIMIT_BENCH_NAME(copy, type) WIDELIMIT_BENCH_JOIN(copy, type)
#define WIDELIMIT_BENCH_JOIN(copy, type) direct_relu_##copy##_##type

namespace widelimit::bench {

DirectRelu<float> WIDELIMIT_BENCH_NAME(WIDELIMIT_BENCH_COPY, float)();
DirectRelu<float> WIDELIMIT_BENCH_NAME(WIDELIMIT_BENCH_COPY, float)() { return relu<float>; }
DirectRelu<double> WIDELIMIT_BENCH_NAME(WIDELIMIT_BENCH_COPY, double)();
DirectRelu<double> WIDELIMIT_BENCH_NAME(WIDELIMIT_BENCH_COPY, double)() { return relu<double>; }

#if defined(WIDELIMIT_BENCH_BETTER_COPIES)
DirectRelu<float> direct_relu_avx2_float();
DirectRelu<float> direct_relu_avx512_float();
DirectRelu<double> direct_relu_avx2_double();
DirectRelu<double> direct_relu_avx512_double();
#endif

#if defined(WIDELIMIT_BENCH_CHOOSES)
template <class T>
DirectRelu<T> direct_relu() {
#if defined(WIDELIMIT_BENCH_BETTER_COPIES)
  const auto isa = sdk::detail::best_isa();
  if constexpr (std::is_same_v<T, float>) {
    if (isa == sdk::detail::Isa::avx512) return direct_relu_avx512_float();
    if (isa == sdk::detail::Isa::avx2) return direct_relu_avx2_float();
  } else {
    if (isa == sdk::detail::Isa::avx512) return direct_relu_avx512_double();
    if (isa == sdk::detail::Isa::avx2) return direct_relu_avx2_double();
  }
#endif
  return relu<T>;
}
template DirectRelu<float> direct_relu();
template DirectRelu<double> direct_relu();
#endif

}  // namespace widelimit::bench
