// What the build says of itself.
#include <widelimit/version.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using widelimit::build_info;
using widelimit::other_boundary;

TEST_CASE("the build names its release, ABI, compiler, BLAS and executor") {
  const auto b = build_info();
  CHECK(b.release == "0.1.0");
  CHECK(b.abi == "draft 2");
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

TEST_CASE(
    "entries of older and newer boundaries are distinguished, and other symbols are ignored") {
  const auto says = [](const char* symbol, const char* text) {
    CAPTURE(symbol);
    CHECK(other_boundary(symbol).find(text) != std::string::npos);
  };
  says("widelimit_plugin_draft1", "draft 1 of the plugin boundary; this program speaks draft 2");
  says("widelimit_plugin_draft3", "draft 3 of the plugin boundary, newer than draft 2");
  says("widelimit_plugin_v1", "version 1 of the plugin boundary, newer than draft 2");
  says("widelimit_plugin_v23", "version 23 of the plugin boundary, newer than draft 2");
  for (const char* const none :
       {WIDELIMIT_ENTRY_SYMBOL, "widelimit_plugin_draft", "widelimit_plugin_draft2b",
        "widelimit_plugin_v", "widelimit_plugin_vx", "widelimit_plugin_v2b",
        "widelimit_plugin_avx2", ""})
    CHECK(other_boundary(none).empty());
}
