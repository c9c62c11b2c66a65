// Types by name.
#include <widelimit/catalogue.hpp>

#include "text/names.hpp"

#include <algorithm>

namespace widelimit {

const TypeInfo* Catalogue::find(TypeKind kind, std::string_view name,
                                bool* ambiguous) const noexcept {
  if (ambiguous != nullptr) *ambiguous = false;
  const TypeInfo* bare = nullptr;
  for (const TypeInfo& type : types_) {
    if (type.kind != kind) continue;
    if (type.qualified == name) return &type;
    if (type.name != name) continue;
    if (bare != nullptr && bare->plugin_id != type.plugin_id) {
      if (ambiguous != nullptr) *ambiguous = true;
      return nullptr;
    }
    if (bare == nullptr) bare = &type;
  }
  return bare;
}

std::vector<std::string> Catalogue::names(TypeKind kind) const {
  std::vector<std::string> all;
  for (const TypeInfo& type : types_)
    if (type.kind == kind && std::find(all.begin(), all.end(), type.name) == all.end())
      all.push_back(type.name);
  return all;
}

std::string Catalogue::nearest(std::string_view name) const {
  std::vector<std::string> all = names(TypeKind::layer);
  const std::vector<std::string> solvers = names(TypeKind::solver);
  all.insert(all.end(), solvers.begin(), solvers.end());
  return detail::nearest_name(name, all);
}

}  // namespace widelimit
