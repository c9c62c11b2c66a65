// widelimit schema: one JSON Schema for whole experiment files, for editors.
#include "verbs.hpp"

#include <widelimit/experiment/experiment.hpp>

#include <iostream>
#include <memory>

namespace widelimit::program {

Verb add_schema(const Parser& program) {
  auto plugins = std::make_shared<PluginOptions>();
  const Parser verb = program.verb(
      "schema", "Print the JSON Schema of experiment files, with every type of the loaded plugins");
  plugins->add_to(verb);
  verb.footer(
      "With it an editor completes and checks experiment files:\n"
      "  widelimit schema > widelimit.schema.json\n"
      "and in the experiment, as its first key,\n"
      "  \"$schema\": \"./widelimit.schema.json\",\n"
      "Visual Studio Code and other editors with a JSON language server read this key; widelimit\n"
      "ignores it. Types of plugins in --plugin-dir become part of the schema.");
  return {verb, [plugins] {
            const std::string schema = experiment_schema(Runtime(plugins->runtime()).catalogue());
            std::cout << schema << (schema.ends_with('\n') ? "" : "\n");
            return done;
          }};
}

}  // namespace widelimit::program
