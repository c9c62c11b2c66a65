// Leave-one-out predictions of all training samples from the inverse of the whole kernel.
#pragma once

#include "inference/setting.hpp"

#include <span>
#include <vector>

namespace widelimit::detail {

/// `solved` is A^-1 Y, `inverse_diagonal` the diagonal of A^-1, both of the regularised kernel.
[[nodiscard]] LeaveOneOut leave_one_out(const Setting& setting, const Matrix& solved,
                                        std::span<const double> inverse_diagonal, double logdet);

/// The number of stored numbers of leave-one-out results for each prediction.
[[nodiscard]] inline double leave_one_out_numbers(const InferenceSize& size) noexcept {
  return static_cast<double>(size.outputs) * 2 * static_cast<double>(size.train);
}

/// The diagonal of A^-1 from a factor: n solves, in blocks, whose reports are added to `reports`.
[[nodiscard]] std::vector<double> inverse_diagonal(const Factor& factor, const Setting& setting,
                                                   SolveInfo& reports);

}  // namespace widelimit::detail
