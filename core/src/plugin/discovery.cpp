// The search for plugins.
#include "plugin/discovery.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/params.hpp>

#include <cstdlib>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace widelimit::detail {

namespace {

namespace fs = std::filesystem;

// A bare name is looked up on the path; anything that could be a path is a file.
bool names_a_file(const std::string& entry) {
  return entry.find('/') != std::string::npos || entry.ends_with(".so");
}

// Throws Error if the schema of a type is not valid.
void check_schemas(const Library& library) {
  const auto check = [&](const std::vector<widelimit_type_info>& infos) {
    for (const widelimit_type_info& info : infos)
      if (const std::vector<Problem> problems = check_schema(info.params_schema); !problems.empty())
        throw Error(ErrorCode::usage, (library.file().empty() ? "plugin of the program: " : "") +
                                          std::string("the parameter schema of type \"") +
                                          info.name + "\": " + problems.front().text());
  };
  check(library.layer_infos());
  check(library.solver_infos());
}

void open(Library& library, const std::shared_ptr<HostState>& host) {
  check_schemas(library);
  library.open(host->table, host);
}

std::string loaded_text(const Library& library) {
  return std::string("loaded ") + library.plugin().id + " " + library.plugin().version;
}

class Search {
 public:
  Search(const RuntimeOptions& options, const std::shared_ptr<HostState>& host)
      : options_(options), host_(host) {}

  Discovery run() {
    if (options_.plugins) named_files();
    for (const fs::path& dir : options_.plugin_path) directory(dir, "plugin path");
    if (options_.use_environment) environment();
    if (options_.use_install) {
      const fs::path dir = install_plugin_directory();
      std::error_code ignored;
      if (fs::exists(dir, ignored))
        directory(dir, "installed");
      else
        found_.steps.push_back({dir.string() + " (installed)", "does not exist", false});
    }
    if (options_.plugins) missing_names();
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    return std::move(found_);
  }

 private:
  /// Adds a problem with entry `index` of the list of plugins.
  void problem(std::size_t index, const std::string& message, Remedy remedy = Remedy::none) {
    problems_.push_back({.file = {},
                         .line = 0,
                         .column = 0,
                         .pointer = "/plugins/" + std::to_string(index),
                         .message = message,
                         .remedy = remedy});
  }

  void add(std::shared_ptr<Library> library, const std::string& where) {
    const std::string id = library->plugin().id;
    for (const auto& earlier : found_.libraries) {
      if (earlier->plugin().id != id) continue;
      found_.steps.push_back({where, id + " is shadowed by " + earlier->file().string(), false});
      return;
    }
    open(*library, host_);
    found_.steps.push_back({where, loaded_text(*library), false});
    found_.libraries.push_back(std::move(library));
  }

  // Tells the host which plugin is being loaded, in case its code ends the process.
  void announce(const std::string& message) const {
    if (options_.log) options_.log(LogLevel::debug, "plugins", message);
  }

  // Loads a file. Returns the reason if it cannot be used, else an empty text.
  std::string file(const fs::path& path) {
    std::string reason;
    if (const Probe p = probe(path); !p.is_plugin) {
      reason = p.reason;
    } else {
      announce("loading " + path.string());
      try {
        add(load_library(path, options_.unload), path.string());
      } catch (const Error& e) {
        reason = e.what();
      }
      announce((reason.empty() ? "done with " : "refused ") + path.string());
    }
    if (!reason.empty()) found_.steps.push_back({path.string(), reason, true});
    return reason;
  }

  void named_files() {
    for (std::size_t i = 0; i < options_.plugins->size(); ++i) {
      const std::string& entry = (*options_.plugins)[i];
      if (!names_a_file(entry)) continue;
      if (!options_.allow_config_plugins) {
        problem(i,
                "\"" + entry +
                    "\" names a plugin file, and loading a file is running its code: allow that, "
                    "or put "
                    "the file on the plugin path and name it \"" +
                    fs::path(entry).stem().string() + "\"",
                Remedy::allow_plugin_files);
        continue;
      }
      const std::string why = file(options_.config_directory / entry);
      if (!why.empty()) problem(i, "\"" + entry + "\": " + why);
    }
  }

  void directory(const fs::path& dir, const char* source) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
      if (it->path().extension() == ".so") files.push_back(it->path());
    const std::string where = dir.string() + " (" + source + ")";
    if (error) {
      found_.steps.push_back({where, "cannot be read: " + error.message(), true});
      return;
    }
    std::sort(files.begin(), files.end());  // the same order on every file system
    found_.steps.push_back({where, std::to_string(files.size()) + " files", false});
    for (const fs::path& f : files) {
      const std::string stem = f.stem().string();
      if (options_.plugins && std::find(options_.plugins->begin(), options_.plugins->end(), stem) ==
                                  options_.plugins->end())
        continue;
      const std::string why = file(f);
      if (why.empty())
        names_found_.insert(stem);
      else
        failures_.try_emplace(stem, why);
    }
  }

  void environment() {
    const char* path = secure_getenv("WIDELIMIT_PLUGIN_PATH");
    if (path == nullptr) return;
    std::string_view rest = path;
    while (!rest.empty()) {
      const auto colon = rest.find(':');
      if (const auto dir = rest.substr(0, colon); !dir.empty())
        directory(fs::path(dir), "WIDELIMIT_PLUGIN_PATH");
      rest = colon == rest.npos ? std::string_view{} : rest.substr(colon + 1);
    }
  }

  void missing_names() {
    for (std::size_t i = 0; i < options_.plugins->size(); ++i) {
      const std::string& entry = (*options_.plugins)[i];
      if (names_a_file(entry) || names_found_.contains(entry)) continue;
      if (const auto failed = failures_.find(entry); failed != failures_.end())
        problem(i, "plugin \"" + entry + "\": " + failed->second);
      else
        problem(i, "no plugin \"" + entry + "\" on the plugin path", Remedy::show_search);
    }
  }

  const RuntimeOptions& options_;
  const std::shared_ptr<HostState>& host_;
  Discovery found_;
  std::vector<Problem> problems_;
  std::set<std::string> names_found_;            // stems of files in use
  std::map<std::string, std::string> failures_;  // the first reason, by stem
};

}  // namespace

Discovery discover(const RuntimeOptions& options, const std::shared_ptr<HostState>& host) {
  return Search(options, host).run();
}

void add_program_plugin(Discovery& found, const widelimit_plugin* plugin,
                        const std::shared_ptr<HostState>& host) {
  const char* const where = "the program";
  std::shared_ptr<Library> library = program_library(plugin);
  const std::string id = library->plugin().id;
  const auto same = std::find_if(found.libraries.begin(), found.libraries.end(),
                                 [&](const auto& other) { return other->plugin().id == id; });
  if (same != found.libraries.end() && (*same)->file().empty())
    throw Error(ErrorCode::usage,
                "plugin of the program: a plugin \"" + id + "\" was added already");
  open(*library, host);
  found.steps.push_back({where, loaded_text(*library), false});
  if (same != found.libraries.end()) {
    found.steps.push_back(
        {(*same)->file().string(), id + " is shadowed by a plugin of the program", false});
    found.libraries.erase(same);
  }
  const auto first_file = std::find_if(found.libraries.begin(), found.libraries.end(),
                                       [](const auto& other) { return !other->file().empty(); });
  found.libraries.insert(first_file, std::move(library));
}

}  // namespace widelimit::detail
