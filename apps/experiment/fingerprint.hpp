// What kernels are made from, as one number: two runs with equal fingerprints have equal kernels.
// Thread safety: pure functions.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/store.hpp>

#include <cstdint>
#include <string>

namespace widelimit::experiment {

/// 16 hexadecimal digits from the layers (types, versions of their meaning, parameters, branches),
/// the samples as the network sees them, and the precision. Names, targets, and everything that
/// comes after the kernels do not count. It recognises accidents, not forgeries.
[[nodiscard]] std::string fingerprint(const Experiment& experiment, const Catalogue& catalogue,
                                      const TrainTest& data);

/// The same of one block, part by part, so that a store can tell what changed: every layer, and the
/// first `n_rows` and `n_cols` samples of its sides (`cols` NULL: those of the rows).
[[nodiscard]] StoreOrigin origin(const Experiment& experiment, const Catalogue& catalogue,
                                 const Samples& rows, std::int64_t n_rows, const Samples* cols,
                                 std::int64_t n_cols);

}  // namespace widelimit::experiment
