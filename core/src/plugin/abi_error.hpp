// From the boundary's status and error struct to widelimit::Error, for everything that calls a
// plugin.
#pragma once

#include <widelimit/abi.h>

#include <string_view>

namespace widelimit::detail {

/// An empty error to hand to a plugin: sized, index -1.
[[nodiscard]] widelimit_error make_abi_error() noexcept;

/// Returns where `status` is WIDELIMIT_OK and throws what it stands for otherwise. `context` is the
/// JSON pointer of the object whose function was called (the plugin's own pointer is relative to
/// it); `who` names that object in messages about misbehaviour, e.g. "solver cholesky".
void check_status(widelimit_status status, const widelimit_error& error, std::string_view context,
                  std::string_view who);

}  // namespace widelimit::detail
