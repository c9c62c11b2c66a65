// Reads a symmetric kernel into the memory in which a solver factorises it.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit::detail {

/// a + ridge 1, both triangles. `control` may be NULL; it receives the number of rows that have
/// been read as the phase "read kernel".
[[nodiscard]] Matrix read_whole(const KernelSource& a, double ridge, Control* control);
/// The same in rectangular full packed format (abi.h), in which a row of the matrix becomes a
/// column.
[[nodiscard]] Matrix read_packed(const KernelSource& a, double ridge, Control* control);

}  // namespace widelimit::detail
