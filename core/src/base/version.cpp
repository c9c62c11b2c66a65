// What this build is, and what it found on this machine.
#include <widelimit/version.hpp>

#include <cblas.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace widelimit {

namespace {

// The flags of each target are those its copies of the plugins are compiled with.
int best_of_processor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  return avx512 ? 2 : avx2 ? 1 : 0;
#else
  return 0;
#endif
}

// A plugin never runs a target that the processor lacks, whatever the environment asks for.
std::string simd_target() {
  constexpr std::string_view names[] = {"baseline", "avx2", "avx512"};
  int target = best_of_processor();
  if (const char* forced = std::getenv("WIDELIMIT_FORCE_ISA"); forced != nullptr) {
    const auto at = std::find(std::begin(names), std::end(names), forced);
    if (at != std::end(names)) target = std::min(target, static_cast<int>(at - std::begin(names)));
  }
  return std::string(names[target]);
}

// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": name and version.
std::string blas_name() {
  const std::string_view all = openblas_get_config();
  const auto space = all.find(' ');
  return std::string(all.substr(0, space == all.npos ? space : all.find(' ', space + 1)));
}

}  // namespace

BuildInfo build_info() {
  BuildInfo b;
  b.release = WIDELIMIT_RELEASE;
  b.abi = std::to_string(WIDELIMIT_ABI_MAJOR) + "." + std::to_string(WIDELIMIT_ABI_MINOR);
#if defined(__clang__)
  b.compiler = "Clang " __clang_version__;
  b.compiler.erase(b.compiler.find_last_not_of(' ') + 1);
#else
  b.compiler = "GCC " __VERSION__;
#endif
  b.blas = blas_name();
  b.blas_kernel = openblas_get_corename();
  b.simd = simd_target();
  b.executor = WIDELIMIT_EXECUTOR_NAME;
  return b;
}

std::string other_boundary(std::string_view symbol) {
  constexpr std::string_view prefix = "widelimit_plugin_v", own = WIDELIMIT_ENTRY_SYMBOL;
  static_assert(own.starts_with(prefix));
  if (!symbol.starts_with(prefix)) return {};
  int major = 0;
  const std::string_view digits = symbol.substr(prefix.size());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), major);
  if (error != std::errc() || end != digits.data() + digits.size() || major == WIDELIMIT_ABI_MAJOR)
    return {};
  const std::string built = "a plugin built for " +
                            std::string(major == 0 ? "the draft of the " : "the ") +
                            "plugin boundary, version " + std::to_string(major),
                    ours = std::to_string(WIDELIMIT_ABI_MAJOR);
  if (major < WIDELIMIT_ABI_MAJOR)
    return built + "; this program speaks version " + ours + ": rebuild it with this release's SDK";
  return built + ", newer than this program, which speaks version " + ours +
         ": use a newer release of widelimit, or rebuild it with this release's SDK";
}

}  // namespace widelimit
