// A catalogue with the types of the contract, as the plugins describe them: configuration is tested
// without loading anything.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::test {

/// Layers from four plugins and the solvers cholesky and eigh.
[[nodiscard]] const Catalogue& catalogue();

/// A layer of its own plugin: for types that only one test needs.
[[nodiscard]] TypeInfo layer(const std::string& plugin, const std::string& name,
                             const std::string& schema, unsigned min_inputs = 1,
                             unsigned max_inputs = 1);
/// The above with `more` types in it.
[[nodiscard]] Catalogue catalogue_with(std::vector<TypeInfo> more);
/// The above with convolutions and pools.
[[nodiscard]] Catalogue catalogue_with_images();

/// The problems of an experiment, one a line; empty: it is fine.
[[nodiscard]] std::string problems_of(std::string_view text,
                                      const std::vector<std::string>& overrides = {});
[[nodiscard]] std::string problems_of(const std::function<void()>& reading);

/// An experiment around one section, e.g. R"("kernel": {"compute": ["ntk"]})".
[[nodiscard]] std::string experiment_with(const std::string& section);
/// Around one network.
[[nodiscard]] std::string experiment_of(const std::string& network);

/// Parsed and validated; throws what validation throws.
[[nodiscard]] Experiment read(std::string_view text,
                              const std::vector<std::string>& overrides = {});

}  // namespace widelimit::test
