// The numbers of an .npy file as rows in C order, whatever their type and order in the file.
#pragma once

#include "base/work_done.hpp"
#include "files/npy_header.hpp"

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::detail {

/// Samples [begin, begin + count) of the array as a matrix [count, features], rounded or widened to
/// T. Fortran order becomes C order. `numbers` counts what has been read, a few MiB at a time, and
/// stops the call between these.
template <class T>
[[nodiscard]] BasicMatrix<T> read_npy_rows(const ByteSource& file, const NpyHeader& header,
                                           std::int64_t begin, std::int64_t count,
                                           WorkDone& numbers);

/// An array of any shape in C order; `data` holds the product of `shape` numbers. `control`, which
/// may be NULL, receives "write".
template <class T>
void write_npy_array(const std::filesystem::path& file, const T* data,
                     const std::vector<std::int64_t>& shape, const Control* control);

/// Throws Error(usage) with file, row, column (both counted from 0) of the first number of an array
/// that is not finite; `first_row` is the row of the file that row 0 of `values` was.
template <class T>
void require_finite(const BasicMatrix<T>& values, const ByteSource& file, std::int64_t first_row);

}  // namespace widelimit::detail
