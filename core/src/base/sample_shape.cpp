// See sample_shape.hpp.
#include <widelimit/sample_shape.hpp>

#include "text/numbers.hpp"

#include <limits>

namespace widelimit {

std::int64_t SampleShape::features() const noexcept {
  std::int64_t n = channels;
  for (const std::int64_t s : sites)
    if (__builtin_mul_overflow(n, s, &n)) return std::numeric_limits<std::int64_t>::max();
  return n;
}

std::string SampleShape::text() const { return detail::shape_text(sites, channels); }

}  // namespace widelimit
