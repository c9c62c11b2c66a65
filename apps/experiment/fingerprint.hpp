// What kernels are computed from, and its fingerprint: two runs with equal fingerprints have equal
// kernels.
// Thread safety: pure functions.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/network.hpp>
#include <widelimit/store.hpp>

#include <cstdint>
#include <string>

namespace widelimit::experiment {

/// Refers to objects of a run.
struct KernelInputs {
  const Network& network;
  /// Knows the versions of the network's layers.
  const Catalogue& catalogue;
  Precision precision = Precision::float64;
  /// As the network sees them.
  const TrainTest& data;
};

/// 16 hexadecimal digits from the layers (types, versions of their meaning, parameters, branches),
/// the samples and the precision. Names, targets, and everything that comes after the kernels do
/// not count. It detects accidents, not forgeries.
[[nodiscard]] std::string fingerprint(const KernelInputs& inputs);

/// The inputs of one block, part by part, so that a store can tell what changed: every layer, and
/// the first `n_rows` and `n_cols` samples of its sides (`cols` NULL: those of the rows).
[[nodiscard]] StoreOrigin block_origin(const KernelInputs& inputs, const Samples& rows,
                                       std::int64_t n_rows, const Samples* cols,
                                       std::int64_t n_cols);

}  // namespace widelimit::experiment
