// Functions that the checks of layers that map sites share.
// Thread safety: free functions; a Context belongs to one thread.
#pragma once

#include "finite.hpp"
#include "sites.hpp"

#include <string>
#include <vector>

namespace widelimit::conformance {

/// Of a bundle: one pair a lane.
inline constexpr std::size_t lanes = 16;

/// "conv {...} on 7 x 6".
[[nodiscard]] std::string text_of(const Subject& s);
/// "K'[3, 5]": which pair of output sites an entry belongs to.
[[nodiscard]] std::string entry_text(const Subject& s, std::size_t entry, bool ntk);
/// Layers whose kernel is code: fields of displacements go through them.
[[nodiscard]] std::vector<Subject> coded_subjects(Context& context);
[[nodiscard]] double largest(const std::vector<double>& v);
/// Pushes pairs through the layer; false, and the check fails, where it refuses them.
[[nodiscard]] bool run_or_fail(Context& context, const Subject& s,
                               const std::vector<SitePair>& pairs, const SiteLayout& layout,
                               SitesTransformed& out);
/// Is the layer's forward linear in x?
[[nodiscard]] bool is_linear(const Batch& batch, const Batch::Vector& theta, Random& random);

}  // namespace widelimit::conformance
