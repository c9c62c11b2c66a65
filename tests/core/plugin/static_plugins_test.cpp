// Plugins that are linked into the program, each with copies for several processors: several at
// once, beside the same plugins as files.
#include <widelimit/error.hpp>
#include <widelimit/runtime.hpp>
#include <widelimit/version.hpp>

#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace widelimit;
using namespace widelimit::test;

extern "C" const widelimit_plugin* WIDELIMIT_STATIC_PLUGIN(static_dense)(void);
extern "C" const widelimit_plugin* WIDELIMIT_STATIC_PLUGIN(static_erf)(void);

namespace {

constexpr const char* network = R"([
    {"type": "dense", "W_std": 1.5, "b_std": 0.3}, {"type": "erf", "a": 1.2}, {"type": "dense"}])";

Samples samples() {
  Matrix x(20, 7);
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = std::sin(1.7 * static_cast<double>(i));
  return x;
}

Runtime with_static_plugins(Runtime runtime) {
  runtime.add(WIDELIMIT_STATIC_PLUGIN(static_dense)());
  runtime.add(WIDELIMIT_STATIC_PLUGIN(static_erf)());
  return runtime;
}

}  // namespace

TEST_CASE("two static plugins in one program compute what the same plugins compute as files") {
  const Runtime linked = with_static_plugins(Runtime(only({})));
  const Runtime loaded(only({WIDELIMIT_TEST_PLUGINS}));
  const Matrix a = linked.network(network).ntk(samples()),
               b = loaded.network(network).ntk(samples());
  REQUIRE(a.size() == b.size());
  for (std::int64_t i = 0; i < a.size(); ++i) REQUIRE(a.data()[i] == b.data()[i]);
  CHECK(linked.catalogue().find(TypeKind::layer, "relu") == nullptr);
}

TEST_CASE("static plugins run the copy for this processor, or the requested one") {
#if defined(WIDELIMIT_TEST_BETTER_COPIES)
  const std::string simd = build_info().simd;
  const std::string copy = simd == "avx512" ? "AVX-512" : simd == "avx2" ? "AVX2" : "baseline";
#else
  const std::string copy = "baseline";
#endif
  const Runtime runtime = with_static_plugins(Runtime(only({})));
  REQUIRE(runtime.plugins().size() == 2);
  for (const PluginInfo& plugin : runtime.plugins()) {
    CHECK_MESSAGE(plugin.build.ends_with(", " + copy), plugin.build);
    CHECK(plugin.file.empty());
  }
}

TEST_CASE("static plugins win over files with the same ids, and the other files stay") {
  const Runtime runtime = with_static_plugins(Runtime(only({WIDELIMIT_TEST_PLUGINS})));
  CHECK(last_outcome(runtime, "erf.so") ==
        "org.widelimit.erf is shadowed by a plugin of the program");
  CHECK(runtime.catalogue().find(TypeKind::layer, "erf")->file.empty());
  CHECK_FALSE(runtime.catalogue().find(TypeKind::layer, "relu")->file.empty());
  CHECK(runtime.network(R"(["dense", "erf", "dense", "relu", "dense"])").ntk(samples())(0, 0) > 0);
}
