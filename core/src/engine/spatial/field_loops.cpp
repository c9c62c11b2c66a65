// Which target's loops run here.
#include "engine/spatial/field_loops_target.hpp"

namespace widelimit::detail {

namespace {

template <class T>
struct Choice {
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
const Choice<float> of_f32{&loops_f32_baseline, &loops_f32_avx2, &loops_f32_avx512};
const Choice<double> of_f64{&loops_f64_baseline, &loops_f64_avx2, &loops_f64_avx512};
#else
const Choice<float> of_f32{&loops_f32_baseline, nullptr, nullptr};
const Choice<double> of_f64{&loops_f64_baseline, nullptr, nullptr};
#endif

}  // namespace

template <>
const FieldLoops<float>& field_loops() noexcept {
  static const FieldLoops<float>& chosen = of_f32.best();
  return chosen;
}
template <>
const FieldLoops<double>& field_loops() noexcept {
  static const FieldLoops<double>& chosen = of_f64.best();
  return chosen;
}

}  // namespace widelimit::detail
