// What copies.cpp offers once for every target it is compiled for: functions of vectors applied to
// arrays, and the tables of a few authors' types.
#pragma once

#include <widelimit/abi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace widelimit::test {

/// Functions of the SDK, on arrays whose length is a multiple of 16. y, z: second and third
/// argument.
enum class Function {
  exp,
  expm1,
  atan,
  atan2,  // (y: x, x: y): atan2(x, y)
  asin,
  acos,
  geometric_mean,          // of x and y
  difference_of_products,  // x y - z z
  arc_cosine_step,         // of k = x, p = y, q = z
  arc_cosine_ramp,
  erf
};

struct Copy {
  const char* name;
  void (*apply_f32)(Function, const float* x, const float* y, const float* z, float* out,
                    std::size_t n);
  void (*apply_f64)(Function, const double* x, const double* y, const double* z, double* out,
                    std::size_t n);
  const widelimit_plugin* (*plugin)();
};

/// The copies that this processor runs, the baseline first.
const std::vector<Copy>& copies();

}  // namespace widelimit::test
