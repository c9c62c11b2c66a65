// Learns a table's encoding from its training rows and applies it to rows of all kinds.
#pragma once

#include "data/source.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/table_encoding.hpp>

#include <string>
#include <vector>

namespace widelimit::detail {

/// From the training rows of `source`; of a source that is no table without columns. Throws
/// Error(usage) for a column of words and numbers that is not listed as a category, and one without
/// a value. Appends warnings.
[[nodiscard]] TableEncoding learn_encoding(const SourceRows& train, const Source& source,
                                           MissingValues missing,
                                           std::vector<std::string>& warnings);

/// The words of the targets, sorted; empty: the targets are numbers.
[[nodiscard]] std::vector<std::string> learn_labels(const SourceRows& train);

/// Words, gaps and numbers to numbers alone. Throws Error(usage) with the position of a word that
/// the encoding does not have, unless `unknown` says what to do with it.
[[nodiscard]] Dataset encoded(SourceRows rows, const TableEncoding& encoding, const Source& source,
                              UnknownWords unknown, SampleSet set,
                              std::vector<std::string>& warnings);

/// The rows of the list `chosen`, which counts from 0 within `all`.
[[nodiscard]] SourceRows chosen_rows(const SourceRows& all,
                                     const std::vector<std::int64_t>& chosen);

/// Whether row `i` of `rows` has a gap.
[[nodiscard]] bool has_gap(const SourceRows& rows, std::int64_t i);

}  // namespace widelimit::detail
