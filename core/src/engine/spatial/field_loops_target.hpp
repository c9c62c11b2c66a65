// The names of the loops of every instruction set.
#pragma once

#include "engine/spatial/field_loops.hpp"

// CMakeLists.txt sets this to the instruction set that a file is compiled for.
#if !defined(WIDELIMIT_LOOPS_TARGET)
#define WIDELIMIT_LOOPS_TARGET baseline
#endif
#define WIDELIMIT_LOOPS_JOIN(type, target) loops_##type##_##target
#define WIDELIMIT_LOOPS_NAME(type, target) WIDELIMIT_LOOPS_JOIN(type, target)
#define WIDELIMIT_LOOPS(type) WIDELIMIT_LOOPS_NAME(type, WIDELIMIT_LOOPS_TARGET)

namespace widelimit::detail {

extern const FieldLoops<float> loops_f32_baseline, loops_f32_avx2, loops_f32_avx512;
extern const FieldLoops<double> loops_f64_baseline, loops_f64_avx2, loops_f64_avx512;

}  // namespace widelimit::detail
