// widelimit plugins: the plugins that were found, what they offer, and where they were searched.
#include "common/json.hpp"
#include "common/numbers.hpp"
#include "common/table.hpp"
#include "verbs.hpp"

#include <iostream>
#include <memory>
#include <utility>

namespace widelimit::program {
namespace {

using apps::Json;

struct Options {
  PluginOptions plugins;
  bool why = false, json = false;
};

Json json_of(const Runtime& runtime) {
  Json::Array plugins, search;
  for (const PluginInfo& plugin : runtime.plugins())
    plugins.push_back(Json::Object{{"id", plugin.id},
                                   {"version", plugin.version},
                                   {"vendor", plugin.vendor},
                                   {"license", plugin.license},
                                   {"summary", plugin.summary},
                                   {"build", plugin.build},
                                   {"file", plugin.file},
                                   {"layers", plugin.layers},
                                   {"solvers", plugin.solvers}});
  for (const SearchStep& step : runtime.search())
    search.push_back(
        Json::Object{{"where", step.where}, {"outcome", step.outcome}, {"problem", step.problem}});
  return Json::Object{{"plugins", std::move(plugins)}, {"search", std::move(search)}};
}

void print_plugins(const Runtime& runtime) {
  apps::Table table({"plugin", "version", "layers", "solvers", "from"},
                    {apps::Align::left, apps::Align::left, apps::Align::left, apps::Align::left,
                     apps::Align::left});
  for (const PluginInfo& plugin : runtime.plugins())
    table.add({plugin.id, plugin.version, apps::join(plugin.layers), apps::join(plugin.solvers),
               std::filesystem::path(plugin.file).filename().string()});
  if (table.empty())
    std::cout
        << "No plugins were found; `widelimit plugins --why` shows where they were searched.\n";
  else
    std::cout << table.text();
}

void print_problems(const Runtime& runtime) {
  bool first = true;
  for (const SearchStep& step : runtime.search()) {
    if (!step.problem) continue;
    std::cout << (first ? "\nNot in use:\n" : "") << "  " << step.where << ": " << step.outcome
              << '\n';
    first = false;
  }
}

void print_search(const Runtime& runtime) {
  std::cout << "\nSearched, in this order:\n";
  for (const SearchStep& step : runtime.search())
    std::cout << (step.problem ? "! " : "  ") << step.where << ": " << step.outcome << '\n';
}

int run(const Options& options) {
  const Runtime runtime(options.plugins.runtime());
  if (options.json) {
    std::cout << json_of(runtime).indented(3) << '\n';
    return done;
  }
  print_plugins(runtime);
  if (options.why)
    print_search(runtime);
  else
    print_problems(runtime);
  return done;
}

}  // namespace

Verb add_plugins(const Parser& program) {
  auto options = std::make_shared<Options>();
  const Parser verb = program.verb("plugins", "List the plugins that were found, and their types");
  options->plugins.add_to(verb);
  verb.flag("--why", options->why,
            "Show where plugins were searched, and what became of each file");
  verb.flag("--json", options->json, "Print everything as JSON");
  return {verb, [options] { return run(*options); }};
}

}  // namespace widelimit::program
