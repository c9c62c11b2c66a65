// Finds plugin files in order of precedence, and reports the outcome for each.
//
// Sources: plugins that the program adds; files that a configuration names (only when allowed); the
// directories of the options; WIDELIMIT_PLUGIN_PATH; the installed plugins. If two files have the
// same plugin id, the earlier one is used and the later one is listed as shadowed. Sub-folders are
// not searched, and there is no cache: a probe costs a tenth of a millisecond.
#pragma once

#include <widelimit/runtime_options.hpp>

#include "boundary/host_state.hpp"
#include "plugin/library.hpp"

#include <memory>
#include <vector>

namespace widelimit::detail {

struct Discovery {
  std::vector<std::shared_ptr<Library>> libraries;
  std::vector<SearchStep> steps;
};

/// Opens the plugins that it finds with the host's services. Throws Error(usage) with every plugin
/// in `options.plugins` that cannot be loaded.
[[nodiscard]] Discovery discover(const RuntimeOptions& options,
                                 const std::shared_ptr<HostState>& host);

/// Puts a plugin of the program before all files; it replaces a file with its id. Throws
/// Error(usage) as Runtime::add does.
void add_program_plugin(Discovery& found, const widelimit_plugin* plugin,
                        const std::shared_ptr<HostState>& host);

}  // namespace widelimit::detail
