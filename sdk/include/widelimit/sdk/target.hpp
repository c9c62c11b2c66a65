// The processor that a copy of a plugin was compiled for, and the best copy for this processor.
//
// Thread safety: pure functions.
#pragma once

#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace widelimit::sdk::detail {

enum class Isa { baseline, avx2, avx512 };

#if defined(__AVX512F__)
#define WIDELIMIT_SDK_ISA_TEXT "AVX-512"
#elif defined(__AVX2__)
#define WIDELIMIT_SDK_ISA_TEXT "AVX2"
#else
#define WIDELIMIT_SDK_ISA_TEXT "baseline"
#endif
#if defined(__clang__)
#define WIDELIMIT_SDK_QUOTED_(x) #x
#define WIDELIMIT_SDK_QUOTED(x) WIDELIMIT_SDK_QUOTED_(x)
#define WIDELIMIT_SDK_COMPILER_TEXT \
  "Clang " WIDELIMIT_SDK_QUOTED(__clang_major__) "." WIDELIMIT_SDK_QUOTED(__clang_minor__)
#else
#define WIDELIMIT_SDK_COMPILER_TEXT "GCC " __VERSION__
#endif

/// The text about the build in a plugin's descriptor.
inline constexpr auto build_text = WIDELIMIT_SDK_COMPILER_TEXT ", " WIDELIMIT_SDK_ISA_TEXT;

/// The best copy for this processor, which must support all flags that the copy was compiled with.
inline Isa processor_isa() noexcept {
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  // Clang 14 does not know f16c here; where AVX2 is usable, so is F16C if the processor has it.
  const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & (1U << 29U)) != 0;
  const bool avx2 = f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  return avx512 ? Isa::avx512 : avx2 ? Isa::avx2 : Isa::baseline;
#else
  return Isa::baseline;
#endif
}

/// The same, limited by WIDELIMIT_FORCE_ISA.
inline Isa best_isa() noexcept {
  const Isa isa = processor_isa();
  const char* const forced = std::getenv("WIDELIMIT_FORCE_ISA");
  const std::string_view limit = forced == nullptr ? "" : forced;
  if (limit == "baseline") return Isa::baseline;
  if (limit == "avx2" && isa == Isa::avx512) return Isa::avx2;
  return isa;
}

}  // namespace widelimit::sdk::detail
