// The layer and solver types of the loaded plugins.
// Thread safety: values; a Runtime creates its catalogue once.
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
  std::string name = {};       ///< the name that users write as "type"
  std::string qualified = {};  ///< "plugin.id/name", for two plugins with the same name
  std::string version = {}, summary = {}, doc = {}, params_schema = {};
  std::string plugin_id = {}, plugin_version = {},
              file = {};                    ///< file: empty if the plugin was added in code
  unsigned min_inputs = 1, max_inputs = 1;  ///< layers only; max 0: no upper limit
  bool infinite = false, finite = false;    ///< the faces that a layer has
  bool eigen = false;                       ///< whether a solver computes eigenpairs
};

class WIDELIMIT_EXPORT Catalogue {
 public:
  Catalogue() = default;
  explicit Catalogue(std::vector<TypeInfo> types) : types_(std::move(types)) {}
  [[nodiscard]] std::span<const TypeInfo> types() const noexcept { return types_; }
  /// Finds a type by its name or qualified name; NULL if there is none. Sets `ambiguous` if two
  /// plugins offer the name.
  [[nodiscard]] const TypeInfo* find(TypeKind kind, std::string_view name,
                                     bool* ambiguous = nullptr) const noexcept;
  [[nodiscard]] std::vector<std::string> names(TypeKind kind) const;
  /// The most similar name of a type of either kind, for misspelt names; empty if none is similar.
  [[nodiscard]] std::string nearest(std::string_view name) const;

 private:
  std::vector<TypeInfo> types_;
};

}  // namespace widelimit
