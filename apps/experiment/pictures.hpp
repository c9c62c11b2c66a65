// Samples that are pictures: some of the training set as the network sees them, and the test
// samples with the worst predictions, as they are in their source.
// Thread safety: one thread at a time.
#pragma once

#include "infer.hpp"

#include <cstdint>

namespace widelimit::experiment {

/// Are the samples pictures: rows and columns of one channel, or of three?
[[nodiscard]] bool shows_pictures(const Samples& x);

/// data/pictures.npy [picture, row, column, channel] of training samples after preprocessing, and
/// data/pictures.csv: their numbers in the training set with their class, the first ones of each of
/// at most 20 classes, or with their targets in original units, the first ones.
void write_samples(const Dataset& train, const TargetTransform& targets, RunDirectory& directory);

/// predictions/ID.mistakes.npy [mistake, row, column, channel], in the order of ID.mistakes.csv.
void write_pictures(const DataSpec& data, std::uint64_t seed, const MistakesById& mistakes,
                    RunDirectory& directory);

}  // namespace widelimit::experiment
