// Schemas of the sections that core defines, in the form in which plugins describe parameters. They
// validate a file, fill in defaults and become part of `widelimit schema`.
#pragma once

#include "json/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// The whole text: an object of schemas by name, "experiment" first. A "$ref" refers to a part that
/// other code checks: the network, a time, ...
[[nodiscard]] const Value& own_schemas();

/// A value that core's own source code writes as JSON.
[[nodiscard]] Value literal(std::string_view json);

/// One of them, e.g. "kernel".
[[nodiscard]] const Value& own_schema(std::string_view name);

/// Objects of several kinds. The value of one key names the schema.
struct Variants {
  std::string_view noun;  ///< "data source"
  std::string_view key;   ///< "type"
  const Value* schemas;   ///< an object of schemas by name

  [[nodiscard]] std::vector<std::string> names() const;
};
[[nodiscard]] Variants data_sources();
/// The same without required targets.
[[nodiscard]] Variants test_sources();
[[nodiscard]] Variants preprocess_steps();
[[nodiscard]] Variants inference_methods();

}  // namespace widelimit::detail
