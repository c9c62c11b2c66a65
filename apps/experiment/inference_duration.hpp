// How long the inference of an experiment will take, from trials on small matrices.
// Thread safety: one thread at a time.
#pragma once

#include "setup.hpp"

namespace widelimit::experiment {

/// Seconds of all entries of "inference" together on this machine: each is tried on
/// well-conditioned random matrices of up to two thousand rows, in samples of `enough` seconds.
[[nodiscard]] double inference_seconds(const Setup& setup, double enough);

}  // namespace widelimit::experiment
