// What is said where a plugin's code takes the program down while it is loaded.
// Thread safety: plugins are loaded by one thread at a time.
#pragma once

#include <widelimit/runtime.hpp>

#include <string_view>

namespace widelimit::program {

/// A listener of the runtime's log: from the message that a plugin is being loaded to that on what
/// became of it, a signal that ends the program is preceded by a line that names the plugin.
void hear_of_loading(LogLevel level, std::string_view component, std::string_view message);

}  // namespace widelimit::program
