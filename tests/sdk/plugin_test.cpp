// The descriptor that WIDELIMIT_PLUGIN makes, in every copy.
#include "copies.hpp"
#include "types.hpp"

#include <widelimit/sdk/target.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

TEST_CASE("every copy describes the same types, and says for which processor it was compiled") {
  const char* const isa_text[] = {"baseline", "AVX2", "AVX-512"};
  for (std::size_t i = 0; i < widelimit::test::copies().size(); ++i) {
    const widelimit_plugin& p = *widelimit::test::copies()[i].plugin();
    CHECK(p.struct_size == sizeof p);
    CHECK(p.abi_minor == WIDELIMIT_ABI_MINOR);
    CHECK(p.needs_host_minor == 0);
    CHECK(p.flags == 0);
    CHECK(std::string(p.id) == "org.widelimit.test");
    CHECK(std::string(p.version) == "1.0.0");
    const std::string build = p.build;
    CHECK(build.substr(build.rfind(", ") + 2) == isa_text[i]);
    CHECK(p.n_solvers == 0);
    REQUIRE(p.n_layers == 7);
    const char* const names[] = {"erf",     "relu",  "erf_by_quadrature", "scalar", "sum",
                                 "product", "concat"};
    for (std::uint32_t l = 0; l < 7; ++l) {
      const widelimit_layer_type& type = *p.layers[l];
      CHECK(type.struct_size == sizeof type);
      CHECK(std::string(type.info->name) == names[l]);
      CHECK(std::string(type.info->summary) == type.info->doc);
      CHECK(type.infinite->struct_size == sizeof *type.infinite);
      CHECK((type.infinite->begin == nullptr));
      CHECK((type.create != nullptr));
      CHECK((type.destroy != nullptr));
      CHECK((type.plan != nullptr));
    }
    CHECK((p.layers[3]->finite == nullptr));
    CHECK((p.layers[5]->finite == nullptr));
    REQUIRE((p.layers[4]->finite != nullptr));
    CHECK((p.layers[4]->finite->jvp != nullptr));
    CHECK(std::string(p.layers[0]->info->params_schema) ==
          R"({"type": "object", "properties": {"scale": {"type": "number", )"
          R"("exclusiveMinimum": 0, "default": 1, "description": "output scale"}}, )"
          R"("additionalProperties": false})");
    CHECK(widelimit::test::copies()[i].plugin() == &p);
  }
}

TEST_CASE("WIDELIMIT_FORCE_ISA lowers what is chosen and never raises it") {
  using widelimit::sdk::detail::best_isa;
  using widelimit::sdk::detail::Isa;
  using widelimit::sdk::detail::processor_isa;
  const Isa processor = processor_isa();
  const char* const before = std::getenv("WIDELIMIT_FORCE_ISA");
  const std::string saved = before == nullptr ? "" : before;
  ::unsetenv("WIDELIMIT_FORCE_ISA");
  CHECK(best_isa() == processor);
  ::setenv("WIDELIMIT_FORCE_ISA", "baseline", 1);
  CHECK(best_isa() == Isa::baseline);
  ::setenv("WIDELIMIT_FORCE_ISA", "avx2", 1);
  CHECK(best_isa() == std::min(processor, Isa::avx2));
  ::setenv("WIDELIMIT_FORCE_ISA", "avx512", 1);
  CHECK(best_isa() == processor);
  ::setenv("WIDELIMIT_FORCE_ISA", saved.c_str(), 1);
}
