// The version of this build, and the libraries and processor that it runs with.
#include <widelimit/version.hpp>

#include <cblas.h>

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstdlib>
#include <optional>
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

// The version of the boundary, in which plugin and host must agree. All drafts precede version 1.
struct Boundary {
  int major = 0, draft = 0;

  friend auto operator<=>(const Boundary&, const Boundary&) = default;
};

constexpr Boundary ours{WIDELIMIT_ABI_MAJOR, WIDELIMIT_ABI_DRAFT};

std::string name_of(const Boundary& b) {
  return b.major == 0 ? "draft " + std::to_string(b.draft) : "version " + std::to_string(b.major);
}

// The number after `prefix`, if nothing follows it.
std::optional<int> number_after(std::string_view prefix, std::string_view symbol) {
  if (!symbol.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = symbol.substr(prefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<Boundary> boundary_of(std::string_view symbol) {
  if (const auto draft = number_after("widelimit_plugin_draft", symbol)) return Boundary{0, *draft};
  if (const auto major = number_after("widelimit_plugin_v", symbol)) return Boundary{*major, 0};
  return std::nullopt;
}

}  // namespace

BuildInfo build_info() {
  BuildInfo b;
  b.release = WIDELIMIT_RELEASE;
  b.abi = ours.major == 0 ? name_of(ours)
                          : std::to_string(ours.major) + "." + std::to_string(WIDELIMIT_ABI_MINOR);
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
  const std::optional<Boundary> built = boundary_of(symbol);
  if (!built || *built == ours) return {};
  if (*built < ours)
    return "a plugin built for " + name_of(*built) +
           " of the plugin boundary; this program speaks " + name_of(ours) +
           ": rebuild the plugin with this release's SDK";
  return "a plugin built for " + name_of(*built) + " of the plugin boundary, newer than " +
         name_of(ours) +
         ", which this program speaks: use a newer release of widelimit, or rebuild the plugin "
         "with "
         "this release's SDK";
}

}  // namespace widelimit
