// What core itself understands in an experiment file, described like the parameters of a plugin:
// one text that validates, fills in defaults, and becomes part of `widelimit schema`.
#pragma once

#include "json/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// The whole text: an object of schemas by name, "experiment" first. A "$ref" leads to what is
/// checked elsewhere: the network, a time, ...
[[nodiscard]] const Value& own_schemas();

/// A value that core's own source code writes as JSON.
[[nodiscard]] Value literal(std::string_view json);

/// One of them, e.g. "kernel".
[[nodiscard]] const Value& own_schema(std::string_view name);

/// Objects of several kinds that one key tells apart: its value names the schema.
struct Variants {
  std::string_view noun;  ///< "data source"
  std::string_view key;   ///< "type"
  const Value* schemas;   ///< an object of schemas by name

  [[nodiscard]] std::vector<std::string> names() const;
};
[[nodiscard]] Variants data_sources();
[[nodiscard]] Variants preprocess_steps();
[[nodiscard]] Variants inference_methods();

}  // namespace widelimit::detail
