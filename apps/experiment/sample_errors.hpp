// Errors about samples, in the words of the experiment.
// Thread safety: pure functions.
#pragma once

#include "plan.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>

namespace widelimit::experiment {

/// What the two arguments of a call to core were: each the training set or the test set.
struct SampleSides {
  SampleSet x1 = SampleSet::train, x2 = SampleSet::train;
};
[[nodiscard]] SampleSides sides_of(Block block);

/// `error`, which names samples of x1 and x2, with the names of their sets and the file and row
/// that the first is from; unchanged where it is about no sample.
[[nodiscard]] Error with_sample_source(const Error& error, const SampleSides& sides,
                                       const DataSpec& data);

}  // namespace widelimit::experiment
