// Layers that other libraries have and the gallery lacks.
#pragma once

#include <string>
#include <string_view>

namespace widelimit::detail {

struct KnownLayer {
  std::string_view nearest;  ///< the type that comes nearest; empty: none does
  std::string_view words;    ///< what to know about it; empty: it is the same layer
};

/// NULL for a name of no such layer. Letter case, separators and the number of dimensions ("2d") do
/// not count.
[[nodiscard]] const KnownLayer* known_layer(std::string_view name);

/// "; "erf" comes nearest: ...", or "; here it is called "dense"".
[[nodiscard]] std::string advice(const KnownLayer& layer);

}  // namespace widelimit::detail
