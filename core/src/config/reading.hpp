// Shared by all sections: reads members of an object that conforms to its schema, and finds the
// variant or type with a name.
#pragma once

#include "config/own_schemas.hpp"
#include "json/report.hpp"
#include "json/schema.hpp"
#include "json/value.hpp"

#include <widelimit/catalogue.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

class Reading {
 public:
  Reading(const SourceTexts& texts, const Catalogue& catalogue, std::filesystem::path folder)
      : texts_(texts), catalogue_(catalogue), folder_(std::move(folder)) {}

  Report report;
  /// Of the times that ranges of all inferences may expand to.
  double times_left = 10e6;

  [[nodiscard]] const Catalogue& catalogue() const noexcept { return catalogue_; }

  [[nodiscard]] Place place(const Value& value, std::string pointer) const;
  /// A path, relative to the file's folder. An empty path is a problem. `what` names the expected
  /// value, such as "the path of a file".
  std::filesystem::path path(const Value& text, const std::string& pointer, const char* what);

  /// Fills in the defaults of `value`. False if it has problems.
  bool conforms(const Value& schema, Value& value, const std::string& pointer,
                const Wording& wording);

  /// The schema of the variant that `object` names; NULL after a problem.
  const Value* variant(const Variants& variants, const Value& object, const std::string& pointer);
  /// The member that names the kind of `object`; NULL after a problem. `what` names the expected
  /// value, such as "the name of a layer type".
  const std::string* naming_key(const Value& object, std::string_view key,
                                const std::string& pointer, const std::string& what);

  /// The type with this name, which is written at `at`; NULL after a problem.
  const TypeInfo* type(TypeKind kind, const std::string& name, const Value& at,
                       const std::string& pointer);
  /// Its schema, inspected; NULL after a problem.
  const Value* params_schema(const TypeInfo& type, const Value& at, const std::string& pointer);

  /// Whether a file or layer may have this name: letters, digits, '_', '-', '+' and '.', not first.
  bool usable_name(const Value& name, const std::string& pointer);

 private:
  const SourceTexts& texts_;
  const Catalogue& catalogue_;
  std::filesystem::path folder_;
  std::map<const TypeInfo*, std::optional<Value>> schemas_;
};

/// Members of an object that conforms to its schema, so they exist and have the right type.
[[nodiscard]] double number_of(const Value& object, std::string_view key);
[[nodiscard]] std::int64_t integer_of(const Value& object, std::string_view key);
[[nodiscard]] bool boolean_of(const Value& object, std::string_view key);
[[nodiscard]] const std::string& string_of(const Value& object, std::string_view key);
/// NULL if the member is null or missing.
[[nodiscard]] const Value* value_or_null(const Value& object, std::string_view key);

/// The same object with `key` in it, replaced or added at the end (in front: `first`).
void set_member(Value& object, std::string_view key, Value value, bool first = false);

/// A "name" or an object: turns the name into {"type": name}.
void name_to_object(Value& value);

/// "see `widelimit describe TYPE`"
[[nodiscard]] std::string see_type(const std::string& type);

}  // namespace widelimit::detail
