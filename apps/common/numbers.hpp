// Numbers as people write and read them in a terminal, in messages and in files. (A report sets its
// numbers in type, with true minus signs and powers of ten: report/typeset.hpp.)
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::apps {

/// The fewest digits that read back the same; "nan", "inf", "-inf".
[[nodiscard]] std::string number_text(double value);

/// Four significant digits: "0.8967", "1e+12".
[[nodiscard]] std::string rounded_text(double value);

/// "8G", "500 MiB", "2.5GB", "1048576": bytes; K, M, G, T and KiB ... are powers of 1024, KB ...
/// powers of 1000; letters in either case. Throws Error(usage) that shows what is accepted.
[[nodiscard]] std::int64_t parse_bytes(std::string_view text);

/// "1.4 GiB"
[[nodiscard]] std::string bytes_text(double bytes);
/// "0.35 s", "12 s", "3 min 20 s", "2 h 05 min", "3.5 days", "1,200 years"
[[nodiscard]] std::string seconds_text(double seconds);
/// "12,345"
[[nodiscard]] std::string count_text(std::int64_t count);
/// `one` where the count is 1, else `many`.
[[nodiscard]] std::string_view noun(std::int64_t count, std::string_view one,
                                    std::string_view many);
/// "1 sample", "2 samples", "3 classes"
[[nodiscard]] std::string count_text(std::int64_t count, std::string_view one,
                                     std::string_view many);
/// Of an array, as NumPy writes it: "[3, 4]".
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);
/// Of an image or a block, as people say it: "28 x 28 x 3"; empty for no extents.
[[nodiscard]] std::string extents_text(std::span<const std::int64_t> extents);
/// "a, b, c"
[[nodiscard]] std::string join(const std::vector<std::string>& parts,
                               std::string_view between = ", ");

}  // namespace widelimit::apps
