// Options that several verbs share.
#include "verbs.hpp"

namespace widelimit::program {

void PluginOptions::add_to(const Parser& parser) {
  parser.directories("--plugin-dir", directories,
                     "Directory to search for plugins first (repeatable); further ones are in "
                     "WIDELIMIT_PLUGIN_PATH");
}

void PluginOptions::add_permission_to(const Parser& parser) {
  parser.flag("--allow-plugin-files", allow_files,
              "Let the experiment name plugin files; loading one runs its code");
}

RuntimeOptions PluginOptions::runtime() const {
  RuntimeOptions options;
  options.plugin_path.assign(directories.begin(), directories.end());
  options.allow_config_plugins = allow_files;
  return options;
}

}  // namespace widelimit::program
