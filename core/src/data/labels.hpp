// Labels: integers 0 .. classes - 1 as targets, one output a class.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit::detail {

/// One more than the largest label of y [n, 1], the training targets. Throws Error(usage) unless
/// every target is an integer from 0 on and there are at least two classes.
[[nodiscard]] std::int64_t count_classes(const Matrix& y);

/// [n, classes]: 1 at the label, else 0; minus 1 / classes where `centered`. `set` (train or test)
/// appears in messages.
[[nodiscard]] Matrix one_hot(const Matrix& y, std::int64_t classes, bool centered, SampleSet set);

}  // namespace widelimit::detail
