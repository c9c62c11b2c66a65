// See schedule.hpp.
#include "finite/schedule.hpp"

#include <widelimit/finite.hpp>

#include <cmath>

namespace widelimit::detail {

std::vector<std::int64_t> recorded_steps(std::int64_t steps, bool all) {
  std::vector<std::int64_t> recorded{0};
  if (all) {
    for (std::int64_t s = 1; s <= steps; ++s) recorded.push_back(s);
    return recorded;
  }
  constexpr double per_decade = 32;
  for (int i = 0;; ++i) {
    const double s = std::pow(10.0, i / per_decade);
    if (!(s < static_cast<double>(steps))) break;
    if (const auto step = static_cast<std::int64_t>(std::llround(s)); step > recorded.back())
      recorded.push_back(step);
  }
  if (recorded.back() != steps) recorded.push_back(steps);
  return recorded;
}

}  // namespace widelimit::detail

namespace widelimit {

std::int64_t loss_count(const TrainOptions& options) {
  return options.record_all ? options.steps + 1
                            : std::ssize(detail::recorded_steps(options.steps, false));
}

}  // namespace widelimit
