// Numbers set in type, the same in HTML and in pictures: true minus signs, powers of ten, "±".
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace widelimit::report {

/// A setting: up to `digits` significant digits, no trailing zeros: 0.25, 10,000, 1.5 × 10⁻⁶, ∞.
std::string number(double value, int digits = 6);
/// A measurement: exactly `digits` significant digits: 0.2500, 1.500 × 10⁻⁶; an en dash for NaN.
std::string measured(double value, int digits = 4);
/// An estimate with its standard error, to two digits of that: 0.412 ± 0.081; the first alone, as
/// measured, where the error is not known.
std::string estimated(double value, double error);
/// A correlation or a share: four decimals, up to eight where it is so close to 1 or -1.
std::string share(double value);
/// 10⁻⁶, or the plain number where that is as short: 0.1, 1, 10, 100.
std::string power_of_ten(int exponent);
/// 10,000
std::string count(std::int64_t value);
/// "1 sample", "12 samples"
std::string count_text(std::int64_t value, std::string_view noun);
/// 840 µs, 21 ms, 1.25 s, 3 min 12 s, 2 h 5 min
std::string duration(double seconds);
/// 94.2 MiB
std::string bytes(double value);

}  // namespace widelimit::report
