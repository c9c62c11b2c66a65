// The samples that were most wrong, as they stand in their source, for pictures of them.
// Thread-safety: one thread at a time.
#pragma once

#include "infer.hpp"

namespace widelimit::experiment {

/// Are the samples pictures: rows and columns of one channel, or of three?
[[nodiscard]] bool shows_pictures(const Samples& x);

/// predictions/ID.mistakes.npy [mistake, row, column, channel], in the order of ID.mistakes.csv.
void write_pictures(const Setup& setup, const MistakesById& mistakes, RunDirectory& directory);

}  // namespace widelimit::experiment
