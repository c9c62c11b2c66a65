// The version of this build, for bug reports and for `widelimit --version`.
// Thread safety: pure functions.
#pragma once

#include <widelimit/abi.h>

#include <string>
#include <string_view>

namespace widelimit {

struct BuildInfo {
  std::string release = {};      ///< "0.1.0"
  std::string abi = {};          ///< the plugin boundary: "draft 2", or major and minor, "1.0"
  std::string compiler = {};     ///< "GCC 12.2.0"
  std::string blas = {};         ///< "OpenBLAS 0.3.21"
  std::string blas_kernel = {};  ///< the processor family that OpenBLAS selected, e.g. "SkylakeX"
  std::string simd = {};  ///< the copy of plugins on this processor: "baseline", "avx2", "avx512"
  std::string executor = {};  ///< "oneTBB", or "std::thread"
};
[[nodiscard]] WIDELIMIT_EXPORT BuildInfo build_info();

/// Returns a clause that says why this build cannot use a plugin whose entry symbol has this name.
/// It is empty for this build's own entry symbol, and for names of other symbols. Call it for
/// plugins without this build's entry symbol.
[[nodiscard]] WIDELIMIT_EXPORT std::string other_boundary(std::string_view symbol);

}  // namespace widelimit
