// Networks and solvers as validated values: what a Runtime makes them from.
// Thread safety: values.
#pragma once

#include <string>
#include <vector>

namespace widelimit {

/// Where a value stands in its file, for messages that come later (planning, data).
struct Place {
  std::string pointer;
  int line = 0, column = 0;
};

/// One layer or solver: its type and its parameters, validated against the plugin's schema,
/// defaults filled in.
struct LayerSpec {
  Place place;
  std::string type;    ///< as written
  std::string name;    ///< the key "name", or empty; inside `repeat` with ".1", ".2", ...
  std::string params;  ///< the parameters alone as JSON text: no type, name, inputs
  std::vector<std::vector<LayerSpec>> inputs;
};

/// `repeat` is unrolled: every entry is one layer. Pointers of unrolled layers name the place in
/// the file, so several entries may share one.
using NetworkSpec = std::vector<LayerSpec>;

struct SolverSpec {
  Place place;
  std::string type;
  std::string params;
};

}  // namespace widelimit
