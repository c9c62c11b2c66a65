// What kernels are made from, as one number: two runs with equal fingerprints have equal kernels.
// Thread-safety: pure functions.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/data.hpp>
#include <widelimit/experiment.hpp>

#include <string>

namespace widelimit::experiment {

/// 16 hexadecimal digits from the layers (types, versions of their meaning, parameters, branches),
/// the samples as the network sees them, and the precision. Names, targets, and everything that
/// comes after the kernels do not count. It recognises accidents, not forgeries.
[[nodiscard]] std::string fingerprint(const Experiment& experiment, const Catalogue& catalogue,
                                      const TrainTest& data);

}  // namespace widelimit::experiment
