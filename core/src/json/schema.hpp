// The subset of JSON Schema in which plugins describe their parameters (sdk/docs/schema-subset.md),
// with checks of values, default values and messages. Core describes its own objects in it too
// (own_schemas.hpp).
#pragma once

#include "json/report.hpp"
#include "json/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace widelimit::detail {

/// What a message about an object says in parentheses.
struct Wording {
  std::string owner;                ///< the object that has these keys: "dense", "a data source"
  std::string see{};                ///< "see `widelimit describe dense`", or nothing
  std::vector<std::string> also{};  ///< keys that other code reads: suggestions for misspelt names
};

/// Checks `value` against `schema`, which has been checked itself, and returns it with the defaults
/// filled in. Every problem goes to `report`: a key that is missing is reported at the object.
[[nodiscard]] Value conform(const Value& schema, const Value& value, const std::string& pointer,
                            const Wording& wording, Report& report);

/// "   (number, default 1; see `widelimit describe erf`)", or nothing. Without the type if the
/// message already contains it.
[[nodiscard]] std::string expectation(const Value& schema, const Wording& wording,
                                      bool with_type = true);

/// Reads a schema from its text; unset if it has problems.
struct Schema {
  std::optional<Value> value;
  std::vector<Problem> problems;
};
[[nodiscard]] Schema read_schema(std::string_view text);

/// Whether the schema admits this JSON type ("number", "integer", "boolean", "string", "array",
/// "object", "null")? A schema without "type" admits all.
[[nodiscard]] bool admits(const Value& schema, std::string_view type);

/// The bounds of a number; infinite if there is none.
struct Bounds {
  double low, high;
  bool low_excluded = false, high_excluded = false;
};
[[nodiscard]] Bounds bounds_of(const Value& schema);

/// Random parameters that the schema accepts: moderate numbers, short lists.
[[nodiscard]] Value draw_params(const Value& schema, std::uint64_t seed);

/// Copies of `value`, which the schema accepts, each with one wrong value; and the pointers to
/// these values.
[[nodiscard]] std::vector<std::pair<Value, std::string>> spoil(const Value& schema,
                                                               const Value& value);

}  // namespace widelimit::detail
