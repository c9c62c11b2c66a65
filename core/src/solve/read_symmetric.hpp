// A symmetric kernel into the memory that a solver factorises in place.
#pragma once

#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>
#include <functional>

namespace widelimit::detail {

using RowsRead = std::function<void(std::int64_t done, std::int64_t total)>;

/// a + ridge 1, both triangles. `progress` may be empty.
[[nodiscard]] Matrix read_whole(const KernelSource& a, double ridge, const RowsRead& progress);
/// The same in rectangular full packed format (abi.h), one row of the matrix a column of the
/// format.
[[nodiscard]] Matrix read_packed(const KernelSource& a, double ridge, const RowsRead& progress);

}  // namespace widelimit::detail
