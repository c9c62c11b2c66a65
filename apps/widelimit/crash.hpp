// Names the plugin in a message if its code crashes the program while it is loaded.
// Thread safety: plugins are loaded by one thread at a time.
#pragma once

#include <widelimit/runtime.hpp>

#include <string_view>

namespace widelimit::program {

/// For the runtime's log. From the message that a plugin is being loaded until the next message on
/// plugins, a fatal signal prints a line with the name of the plugin before it ends the program.
void watch_plugin_loading(LogLevel level, std::string_view component, std::string_view message);

}  // namespace widelimit::program
