// See layer.hpp.
#include "boundary/layer.hpp"

namespace widelimit::detail {

std::mutex& layer_setup_mutex() noexcept {
  static std::mutex one_at_a_time;
  return one_at_a_time;
}

}  // namespace widelimit::detail
