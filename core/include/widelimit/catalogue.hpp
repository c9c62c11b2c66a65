// What the loaded plugins offer.
// Thread safety: values, made once when a Runtime is built.
#pragma once

#include <widelimit/abi.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

enum class TypeKind { layer, solver };

struct TypeInfo {
  TypeKind kind = TypeKind::layer;
  std::string name;       ///< what users write in "type"
  std::string qualified;  ///< "plugin.id/name": the same type where two plugins use one name
  std::string version, summary, doc, params_schema;
  std::string plugin_id, plugin_version, file;  ///< file: empty for a plugin added in code
  unsigned min_inputs = 1, max_inputs = 1;      ///< of layers; max 0: no limit
  bool infinite = false, finite = false;        ///< faces offered by a layer
  bool eigen = false;                           ///< offered by a solver
};

class WIDELIMIT_EXPORT Catalogue {
 public:
  Catalogue() = default;
  explicit Catalogue(std::vector<TypeInfo> types) : types_(std::move(types)) {}
  [[nodiscard]] std::span<const TypeInfo> types() const noexcept { return types_; }
  /// By name or qualified name; NULL where there is none. `ambiguous` is set where two plugins
  /// offer the bare name.
  [[nodiscard]] const TypeInfo* find(TypeKind kind, std::string_view name,
                                     bool* ambiguous = nullptr) const noexcept;
  [[nodiscard]] std::vector<std::string> names(TypeKind kind) const;
  /// The name of a type, of either kind, that a misspelt one probably means; empty where none is
  /// near.
  [[nodiscard]] std::string nearest(std::string_view name) const;

 private:
  std::vector<TypeInfo> types_;
};

}  // namespace widelimit
