// Which function of a plugin a thread is in, for programs that report crashes and exits.
// Thread safety: each thread sees its own calls.
#pragma once

#include <widelimit/error.hpp>

#include <string_view>

namespace widelimit {

/// A call that has not returned. The texts are valid until it does.
struct PluginCall {
  std::string_view kind;     ///< e.g. "layer"
  std::string_view name;     ///< e.g. "dense"
  std::string_view pointer;  ///< JSON pointer of the object; may be empty
};

/// The call that the calling thread is in; `kind` is empty outside of plugins. May be called from
/// signal handlers and while the process exits.
[[nodiscard]] WIDELIMIT_EXPORT PluginCall current_plugin_call() noexcept;

}  // namespace widelimit
