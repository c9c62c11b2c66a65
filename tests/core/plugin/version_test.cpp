// What the build says of itself.
#include <widelimit/version.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using widelimit::build_info;

TEST_CASE("the build names its release, ABI, compiler, BLAS and executor") {
  const auto b = build_info();
  CHECK(b.release == "0.1.0");
  CHECK(b.abi == "0.0");
  CHECK((b.compiler.find("GCC ") == 0 || b.compiler.find("Clang ") == 0));
  CHECK(b.blas.find("OpenBLAS 0.") == 0);
  CHECK_FALSE(b.blas_kernel.empty());
  CHECK((b.executor == "oneTBB" || b.executor == "std::thread"));
}

TEST_CASE("the SIMD target can be forced down, never up, and nonsense is ignored") {
  unsetenv("WIDELIMIT_FORCE_ISA");
  const std::string best = build_info().simd;
  setenv("WIDELIMIT_FORCE_ISA", "baseline", 1);
  CHECK(build_info().simd == "baseline");
  setenv("WIDELIMIT_FORCE_ISA", "avx2", 1);
  CHECK(build_info().simd == (best == "baseline" ? "baseline" : "avx2"));
  setenv("WIDELIMIT_FORCE_ISA", "avx512", 1);
  CHECK(build_info().simd == best);
  setenv("WIDELIMIT_FORCE_ISA", "fastest", 1);
  CHECK(build_info().simd == best);
  unsetenv("WIDELIMIT_FORCE_ISA");
}
