// Writes numbers, shapes and amounts for messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace widelimit::detail {

/// The fewest digits that read back as the same number, always with a point or an exponent: "0.1",
/// "2.0", "1e+300", "nan".
[[nodiscard]] std::string real_text(double value);

/// The same without ".0" after whole numbers: "0.1", "2".
[[nodiscard]] std::string number_text(double value);

/// Three significant digits, as C prints them with %.3g.
[[nodiscard]] std::string rounded_text(double value);

/// "28 x 28 x 3".
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> sizes);
/// Of one sample: its sites, then its channels.
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> sites, std::int64_t channels);
/// Of a matrix.
[[nodiscard]] std::string shape_text(std::int64_t rows, std::int64_t cols);

}  // namespace widelimit::detail
