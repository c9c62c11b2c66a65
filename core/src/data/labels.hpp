// Labels: integers 0 .. classes - 1 as targets, one output a class.
#pragma once

#include <widelimit/experiment/experiment.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit::detail {

/// One more than the largest label of y [n, 1]. Throws Error(usage) at the step's place unless
/// every target is an integer from 0 on and there are at least two classes.
[[nodiscard]] std::int64_t count_classes(const Matrix& y, const PreprocessStep& step);

/// [n, classes]: 1 at the label, else 0; minus 1 / classes where the step says so. `which` names
/// the set in messages.
[[nodiscard]] Matrix one_hot(const Matrix& y, std::int64_t classes, const PreprocessStep& step,
                             const char* which);

}  // namespace widelimit::detail
