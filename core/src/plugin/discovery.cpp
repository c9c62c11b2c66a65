// The search for plugins.
#include "plugin/discovery.hpp"

#include <widelimit/error.hpp>

#include <cstdlib>

#include <algorithm>
#include <set>
#include <string>

namespace widelimit::detail {

namespace {

namespace fs = std::filesystem;

// A bare name is looked up on the path; anything that could be a path is a file.
bool names_a_file(const std::string& entry) {
  return entry.find('/') != std::string::npos || entry.ends_with(".so");
}

struct Search {
  const RuntimeOptions& options;
  Discovery found;
  std::set<std::string> names_found;

  void add(std::shared_ptr<Library> library, const std::string& where) {
    const std::string id = library->plugin().id;
    for (const auto& earlier : found.libraries) {
      if (earlier->plugin().id != id) continue;
      const std::string by = earlier->file().empty() ? "a built-in" : earlier->file().string();
      found.steps.push_back({where, id + " is shadowed by " + by, false});
      return;
    }
    found.steps.push_back({where, "loaded " + id + " " + library->plugin().version, false});
    found.libraries.push_back(std::move(library));
  }

  // Returns the reason why the file is not in use; empty where it is.
  std::string file(const fs::path& path) {
    const Probe p = probe(path);
    if (!p.is_plugin) {
      found.steps.push_back({path.string(), p.reason, true});
      return p.reason;
    }
    try {
      add(load_library(path, options.unload), path.string());
    } catch (const Error& e) {
      found.steps.push_back({path.string(), e.what(), true});
      return e.what();
    }
    return {};
  }

  void directory(const fs::path& dir, const char* source) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
      if (it->path().extension() == ".so") files.push_back(it->path());
    const std::string where = dir.string() + " (" + source + ")";
    if (error) {
      found.steps.push_back({where, "cannot be read: " + error.message(), true});
      return;
    }
    std::sort(files.begin(), files.end());  // the same order on every file system
    found.steps.push_back({where, std::to_string(files.size()) + " files", false});
    for (const fs::path& f : files) {
      const std::string stem = f.stem().string();
      if (options.plugins && std::find(options.plugins->begin(), options.plugins->end(), stem) ==
                                 options.plugins->end())
        continue;
      const std::string why = file(f);
      if (why.empty())
        names_found.insert(stem);
      else if (options.plugins && !names_found.contains(stem))
        failures.push_back("plugin \"" + stem + "\": " + why);
    }
  }

  std::vector<std::string> failures;
};

}  // namespace

Discovery discover(const RuntimeOptions& options) {
  Search search{options, {}, {}, {}};
  for (const widelimit_plugin* p : options.built_in) search.add(built_in_library(p), "built in");
  std::vector<Problem> problems;
  const auto problem = [&](const std::string& message) {
    problems.push_back(
        {.file = {}, .line = 0, .column = 0, .pointer = "/plugins", .message = message});
  };
  if (options.plugins) {
    for (const std::string& entry : *options.plugins) {
      if (!names_a_file(entry)) continue;
      if (!options.allow_config_plugins) {
        problem("\"" + entry +
                "\" names a plugin file, and loading a file is running its code: allow it with "
                "--allow-plugin-files (RuntimeOptions::allow_config_plugins), or put the file on "
                "the plugin path and name it \"" +
                fs::path(entry).stem().string() + "\"");
        continue;
      }
      const std::string why = search.file(options.config_directory / entry);
      if (!why.empty()) problem("\"" + entry + "\": " + why);
    }
  }
  for (const fs::path& dir : options.plugin_path) search.directory(dir, "plugin path");
  if (options.use_environment) {
    if (const char* path = secure_getenv("WIDELIMIT_PLUGIN_PATH"); path != nullptr) {
      std::string_view rest = path;
      while (!rest.empty()) {
        const auto colon = rest.find(':');
        if (const auto dir = rest.substr(0, colon); !dir.empty())
          search.directory(fs::path(dir), "WIDELIMIT_PLUGIN_PATH");
        rest = colon == rest.npos ? std::string_view{} : rest.substr(colon + 1);
      }
    }
  }
  if (options.use_install) search.directory(install_plugin_directory(), "installed");
  if (options.plugins) {
    for (const std::string& entry : *options.plugins) {
      if (names_a_file(entry) || search.names_found.contains(entry)) continue;
      const bool tried = std::any_of(
          search.failures.begin(), search.failures.end(),
          [&](const std::string& f) { return f.starts_with("plugin \"" + entry + "\": "); });
      if (!tried)
        problem("no plugin \"" + entry +
                "\" on the plugin path; `widelimit plugins --why` shows where was looked");
    }
  }
  for (const std::string& f : search.failures) problem(f);
  if (!problems.empty()) throw Error(ErrorCode::usage, std::move(problems));
  return std::move(search.found);
}

}  // namespace widelimit::detail
