// WIDELIMIT_PLUGIN(id, version, Types...) defines the tables of a plugin's layers and solvers, and
// the entry function that returns them.
//
// widelimit_add_plugin() compiles the file with this macro once for any processor and, if possible,
// once each for AVX2 and AVX-512. The copy for any processor contains the exported entry function,
// which selects the best copy that this processor supports. The environment variable
// WIDELIMIT_FORCE_ISA=baseline|avx2|avx512 limits the selection. widelimit_add_static_plugin() does
// the same for a plugin that is linked into a program; its entry function has a name of its own.
//
// Thread safety: the entry may be called from any thread, any number of times.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/layer_table.hpp>
#include <widelimit/sdk/detail/schema.hpp>
#include <widelimit/sdk/target.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

// Other members of the descriptor; widelimit_add_plugin() sets these macros.
#if !defined(WIDELIMIT_SDK_VENDOR)
#define WIDELIMIT_SDK_VENDOR ""
#endif
#if !defined(WIDELIMIT_SDK_LICENSE)
#define WIDELIMIT_SDK_LICENSE ""
#endif
#if !defined(WIDELIMIT_SDK_SUMMARY)
#define WIDELIMIT_SDK_SUMMARY ""
#endif
#if defined(WIDELIMIT_SDK_RESIDENT)
#define WIDELIMIT_SDK_PLUGIN_FLAGS WIDELIMIT_PLUGIN_RESIDENT
#else
#define WIDELIMIT_SDK_PLUGIN_FLAGS 0
#endif

namespace widelimit::sdk {

template <class T>
concept NamedType = requires {
  std::string_view{T::name};
  std::string_view{T::version};
};
template <class T>
concept DocumentedType = requires {
  std::string_view{T::doc};
}
|| requires { std::string_view{T::summary}; };

namespace detail {

/// solver.hpp specialises this for solvers, and defines their table.
template <class T>
inline constexpr bool is_solver = false;
template <class S>
struct SolverTable;

template <class T>
constexpr const char* summary_of() {
  if constexpr (requires { T::summary; })
    return T::summary;
  else
    return T::doc;
}
template <class T>
constexpr const char* doc_of() {
  if constexpr (requires { T::doc; })
    return T::doc;
  else
    return T::summary;
}

/// One layer or solver type: its texts and its table, created at the first call of the entry.
template <class T>
struct Type {
  static_assert(NamedType<T>,
                "a type needs `static constexpr auto name = \"...\", version = \"1.0.0\";`");
  static_assert(DocumentedType<T>,
                "a type needs `static constexpr auto doc = \"...\";`, a summary, or both");

  static constexpr auto table_of(const widelimit_type_info* info) {
    if constexpr (is_solver<T>)
      return SolverTable<T>::table(info);
    else
      return LayerTable<T>::table(info);
  }

  std::string schema = schema_text<T>();
  widelimit_type_info info{sizeof(widelimit_type_info),
                           T::name,
                           T::version,
                           summary_of<T>(),
                           doc_of<T>(),
                           schema.c_str()};
  decltype(table_of(nullptr)) table = table_of(&info);

  Type() = default;
  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;
};

template <class... Types>
struct Tables {
  static constexpr std::size_t n_solvers = (std::size_t{0} + ... + std::size_t{is_solver<Types>});
  static constexpr std::size_t n_layers = sizeof...(Types) - n_solvers;

  std::tuple<Type<Types>...> types;
  std::array<const widelimit_layer_type*, n_layers> layers{};
  std::array<const widelimit_solver_type*, n_solvers> solvers{};
  widelimit_plugin plugin{};

  Tables(const char* id, const char* version) {
    std::size_t layer = 0, solver = 0;
    const auto enter = [&](const auto& type) {
      if constexpr (std::is_same_v<decltype(type.table), widelimit_solver_type>)
        solvers[solver++] = &type.table;
      else
        layers[layer++] = &type.table;
    };
    std::apply([&](const auto&... type) { (enter(type), ...); }, types);
    plugin.struct_size = sizeof plugin;
    plugin.abi_minor = WIDELIMIT_ABI_MINOR;
    plugin.flags = WIDELIMIT_SDK_PLUGIN_FLAGS;
    plugin.id = id;
    plugin.version = version;
    plugin.vendor = WIDELIMIT_SDK_VENDOR;
    plugin.license = WIDELIMIT_SDK_LICENSE;
    plugin.summary = WIDELIMIT_SDK_SUMMARY;
    plugin.build = build_text;
    plugin.n_layers = static_cast<std::uint32_t>(n_layers);
    plugin.n_solvers = static_cast<std::uint32_t>(n_solvers);
    plugin.layers = layers.data();
    plugin.solvers = solvers.data();
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;
};

/// The descriptor of the copy that contains this function.
template <class... Types>
const widelimit_plugin* descriptor(const char* id, const char* version) noexcept {
  try {
    static const Tables<Types...> tables(id, version);
    return &tables.plugin;
  } catch (...) {
    return nullptr;  // out of memory: the plugin cannot run
  }
}

}  // namespace detail
}  // namespace widelimit::sdk

#if defined(WIDELIMIT_SDK_ENTRY)

// The AVX2 or AVX-512 copy: an entry function of its own, which the exported one calls.
#define WIDELIMIT_PLUGIN(id, version, ...)                                 \
  extern "C" const widelimit_plugin* WIDELIMIT_SDK_ENTRY(void);            \
  extern "C" const widelimit_plugin* WIDELIMIT_SDK_ENTRY(void) {           \
    return ::widelimit::sdk::detail::descriptor<__VA_ARGS__>(id, version); \
  }

#else

#if defined(WIDELIMIT_SDK_BETTER_COPIES)
extern "C" const widelimit_plugin* widelimit_plugin_avx2(void);
extern "C" const widelimit_plugin* widelimit_plugin_avx512(void);

namespace widelimit::sdk::detail {
inline const widelimit_plugin* better_descriptor() noexcept {
  static const Isa isa = best_isa();
  if (isa == Isa::avx512) return widelimit_plugin_avx512();
  if (isa == Isa::avx2) return widelimit_plugin_avx2();
  return nullptr;
}
}  // namespace widelimit::sdk::detail
#else
namespace widelimit::sdk::detail {
inline const widelimit_plugin* better_descriptor() noexcept { return nullptr; }
}  // namespace widelimit::sdk::detail
#endif

#if defined(WIDELIMIT_SDK_STATIC)
#define WIDELIMIT_SDK_STATIC_ENTRY_(name) WIDELIMIT_STATIC_PLUGIN(name)
#define WIDELIMIT_SDK_MAIN_ENTRY WIDELIMIT_SDK_STATIC_ENTRY_(WIDELIMIT_SDK_STATIC)
#else
#define WIDELIMIT_SDK_MAIN_ENTRY WIDELIMIT_ENTRY
#endif

#define WIDELIMIT_PLUGIN(id, version, ...)                                                 \
  extern "C" const widelimit_plugin* WIDELIMIT_SDK_MAIN_ENTRY(void);                       \
  extern "C" const widelimit_plugin* WIDELIMIT_SDK_MAIN_ENTRY(void) {                      \
    if (const auto* better = ::widelimit::sdk::detail::better_descriptor()) return better; \
    return ::widelimit::sdk::detail::descriptor<__VA_ARGS__>(id, version);                 \
  }

#endif
