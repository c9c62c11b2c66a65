// Finds the columns of a CSV file that an experiment names, and those of the training table in a
// test table.
#pragma once

#include "data/source.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::detail {

/// What the first lines of a CSV file say about it.
struct TableHeader {
  std::filesystem::path file;
  std::vector<std::string> names;  ///< empty: without a header
  std::size_t width = 0;
  bool first_is_index = false;  ///< the first column only counts or names the rows
};

/// Positions of the columns chosen by name or index. Throws Error(usage) with the columns that
/// exist; of a name that differs in blanks or quotes alone it says so.
[[nodiscard]] std::vector<std::size_t> positions_of(const ColumnChoice& choice,
                                                    const TableHeader& header);

/// Which columns are targets and features: of a test table, those of the `training` table (else
/// NULL), by name where both have names, else by position. Throws Error(usage) if a column is
/// missing, or is more than the training table has.
[[nodiscard]] TableColumns table_columns(const DataSource& spec, const TableHeader& header,
                                         const TableColumns* training);

}  // namespace widelimit::detail
