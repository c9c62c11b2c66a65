// widelimit --version: what a bug report needs to say.
#include "verbs.hpp"

#include <widelimit/version.hpp>

namespace widelimit::program {

std::string version_text() {
  const BuildInfo build = build_info();
  return "widelimit " + build.release + "\nplugin ABI " + build.abi + "\ncompiler " +
         build.compiler + "\nBLAS " + build.blas + ", kernel " + build.blas_kernel + "\nSIMD " +
         build.simd + "\nthreads " + build.executor;
}

}  // namespace widelimit::program
