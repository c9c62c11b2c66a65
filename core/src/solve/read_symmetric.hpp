// A symmetric kernel into the memory that a solver factorises in place.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit::detail {

/// a + ridge 1, both triangles. `control` may be NULL; it hears of the rows
/// that were read as "read kernel".
[[nodiscard]] Matrix read_whole(const KernelSource& a, double ridge, Control* control);
/// The same in rectangular full packed format (abi.h), one row of the matrix a column of the
/// format.
[[nodiscard]] Matrix read_packed(const KernelSource& a, double ridge, Control* control);

}  // namespace widelimit::detail
