// Chooses the loops for this processor.
#include "engine/spatial/field_loops_target.hpp"

namespace widelimit::detail {

namespace {

template <class T>
struct Targets {
  const FieldLoops<T>*baseline, *avx2, *avx512;

  [[nodiscard]] const FieldLoops<T>& best() const {
#if defined(WIDELIMIT_BETTER_LOOPS)
    if (__builtin_cpu_supports("avx512f")) return *avx512;
    if (__builtin_cpu_supports("avx2")) return *avx2;
#endif
    return *baseline;
  }
};

#if defined(WIDELIMIT_BETTER_LOOPS)
const Targets<float> f32_loops{&loops_f32_baseline, &loops_f32_avx2, &loops_f32_avx512};
const Targets<double> f64_loops{&loops_f64_baseline, &loops_f64_avx2, &loops_f64_avx512};
#else
const Targets<float> f32_loops{&loops_f32_baseline, nullptr, nullptr};
const Targets<double> f64_loops{&loops_f64_baseline, nullptr, nullptr};
#endif

}  // namespace

template <>
const FieldLoops<float>& field_loops() noexcept {
  static const FieldLoops<float>& best = f32_loops.best();
  return best;
}
template <>
const FieldLoops<double>& field_loops() noexcept {
  static const FieldLoops<double>& best = f64_loops.best();
  return best;
}

}  // namespace widelimit::detail
