// The gallery: the documentation of every type as Markdown, for plugins/README.md.
// Thread safety: pure functions.
#pragma once

#include <widelimit/catalogue.hpp>

#include <string>

namespace widelimit::program {

/// Every type of the catalogue: those of one plugin together, in the plugin's order.
[[nodiscard]] std::string gallery(const Catalogue& catalogue);

}  // namespace widelimit::program
