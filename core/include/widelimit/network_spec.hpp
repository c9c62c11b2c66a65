// Validated descriptions of networks and solvers, from which a Runtime creates them.
// Thread safety: values.
#pragma once

#include <string>
#include <vector>

namespace widelimit {

/// The position of a value in its file, for later messages (planning, data).
struct Place {
  std::string pointer = {};
  int line = 0, column = 0;
};

/// One layer: its type and its parameters, validated against the plugin's schema, with defaults
/// filled in.
struct LayerSpec {
  Place place = {};
  std::string type = {};  ///< as written
  std::string name =
      {};  ///< the key "name", or empty; with suffixes ".1", ".2", ... inside `repeat`
  std::string params = {};  ///< the parameters as JSON text, without type, name and inputs
  std::vector<std::vector<LayerSpec>> inputs = {};
};

/// A list of layers, with repetitions unrolled. Pointers refer to the file, so unrolled layers can
/// have the same pointer.
using NetworkSpec = std::vector<LayerSpec>;

struct SolverSpec {
  Place place = {};
  std::string type = {};
  std::string params = {};
};

}  // namespace widelimit
