// What this build is: for bug reports and for `widelimit --version`.
// Thread-safety: pure functions.
#pragma once

#include <widelimit/abi.h>

#include <string>

namespace widelimit {

struct BuildInfo {
  std::string release;      ///< "0.1.0"
  std::string abi;          ///< "0.0"
  std::string compiler;     ///< "GCC 12.2.0"
  std::string blas;         ///< "OpenBLAS 0.3.21"
  std::string blas_kernel;  ///< the processor family OpenBLAS chose, e.g. "SkylakeX"
  std::string simd;         ///< what plugins use here: "baseline", "avx2", "avx512"
  std::string executor;     ///< "oneTBB", or "std::thread"
};
[[nodiscard]] WIDELIMIT_EXPORT BuildInfo build_info();

}  // namespace widelimit
