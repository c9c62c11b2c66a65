// See sample_shape.hpp.
#include <widelimit/sample_shape.hpp>

#include "text/numbers.hpp"

namespace widelimit {

std::int64_t SampleShape::features() const noexcept {
  std::int64_t n = channels;
  for (const std::int64_t s : sites) n *= s;
  return n;
}

std::string SampleShape::text() const { return detail::shape_text(sites, channels); }

}  // namespace widelimit
