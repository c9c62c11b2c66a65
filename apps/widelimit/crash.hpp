// Says so if a plugin's code crashes or ends the program.
// Thread safety: called once, at the beginning of the program.
#pragma once

namespace widelimit::program {

/// From now on, a fatal signal in a call of a plugin prints a line with the plugin's file or the
/// name of its layer or solver before it ends the program. If a plugin calls exit(), the program
/// says so and fails, whatever status the plugin gave.
void watch_plugins();

}  // namespace widelimit::program
