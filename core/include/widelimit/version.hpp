// What this build is: for bug reports and for `widelimit --version`.
// Thread safety: pure functions.
#pragma once

#include <widelimit/abi.h>

#include <string>
#include <string_view>

namespace widelimit {

struct BuildInfo {
  std::string release;      ///< "0.1.0"
  std::string abi;          ///< "1.0": major and minor of the plugin boundary
  std::string compiler;     ///< "GCC 12.2.0"
  std::string blas;         ///< "OpenBLAS 0.3.21"
  std::string blas_kernel;  ///< the processor family OpenBLAS chose, e.g. "SkylakeX"
  std::string simd;         ///< what plugins use here: "baseline", "avx2", "avx512"
  std::string executor;     ///< "oneTBB", or "std::thread"
};
[[nodiscard]] WIDELIMIT_EXPORT BuildInfo build_info();

/// Why a plugin whose exported entry has this name cannot be used here, one clause; empty where the
/// name is that of this build's own entry, or of none. Say it of plugins that lack our own.
[[nodiscard]] WIDELIMIT_EXPORT std::string other_boundary(std::string_view symbol);

}  // namespace widelimit
