// widelimit schema: one JSON Schema for whole experiment files, for editors.
#include "verbs.hpp"

#include <widelimit/experiment.hpp>

#include <iostream>
#include <memory>

namespace widelimit::program {

Verb add_schema(CLI::App& app) {
  auto plugins = std::make_shared<PluginOptions>();
  CLI::App* verb = app.add_subcommand(
      "schema", "Print the JSON Schema of experiment files, with every type of the loaded plugins");
  plugins->add_to(*verb);
  return {verb, [plugins] {
            const std::string schema = experiment_schema(Runtime(plugins->runtime()).catalogue());
            std::cout << schema << (schema.ends_with('\n') ? "" : "\n");
            return done;
          }};
}

}  // namespace widelimit::program
