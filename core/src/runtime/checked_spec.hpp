// Specifications that a program wrote, checked as those of files are.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/network_spec.hpp>

namespace widelimit::detail {

/// The specification with parameters validated against the schemas of their types and defaults
/// filled in. Empty parameters are those of `{}`. Types that the catalogue does not find stay as
/// they are. Throws Error(usage) with all problems; pointers begin with those of the layers.
[[nodiscard]] NetworkSpec checked(NetworkSpec spec, const Catalogue& catalogue);
[[nodiscard]] SolverSpec checked(SolverSpec spec, const Catalogue& catalogue);

}  // namespace widelimit::detail
