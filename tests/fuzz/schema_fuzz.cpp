// Any bytes as a plugin's schema and as parameters for it: what a schema accepts is stable, what it
// refuses is refused with the place, what is drawn from it is what it says.
// Input: the schema, then parameters, separated by claims.hpp's separator.
#include "claims.hpp"

#include <widelimit/examine/params.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using fuzz::claim;

void examine_getters(const std::string& json) {
  const Params params(json);
  const widelimit_params* p = params.abi();
  for (const char* pointer : {"", "/", "/a", "/p/0", "/~", "p"}) {
    double number = 0;
    std::int64_t integer = 0;
    std::uint64_t length = 0;
    const char* text = nullptr;
    static_cast<void>(p->number(p->ctx, pointer, &number));
    static_cast<void>(p->integer(p->ctx, pointer, &integer));
    static_cast<void>(p->length(p->ctx, pointer, &length));
    if (p->string(p->ctx, pointer, &text, &length) == WIDELIMIT_OK)
      claim(std::string(text).size() == length, "strings of parameters hold no zero byte", json);
  }
}

void examine_draws(const std::string& schema) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::string drawn = draw_valid_params(schema, seed);
    claim(validate_params(schema, drawn).problems.empty(), "what is drawn is accepted", drawn);
    for (const InvalidParams& wrong : draw_invalid_params(schema, seed)) {
      const auto problems = validate_params(schema, wrong.json).problems;
      claim(std::any_of(problems.begin(), problems.end(),
                        [&](const Problem& p) { return p.pointer == wrong.pointer; }),
            "what is spoilt is refused at its place", wrong.pointer + " of " + wrong.json);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> parts = fuzz::parts({reinterpret_cast<const char*>(data), size});
  const std::string& schema = parts.front();
  const std::string json = parts.size() > 1 ? parts[1] : "{}";

  if (const auto problems = check_schema(schema); !problems.empty()) {
    if (const auto root = fuzz::parsed(schema)) fuzz::claim_pointers(problems, {*root});
    return 0;
  }
  const ValidatedParams validated = validate_params(schema, json);
  if (validated.problems.empty()) {
    const ValidatedParams again = validate_params(schema, validated.json);
    claim(again.problems.empty() && again.json == validated.json,
          "parameters with their defaults are valid and complete", validated.json);
    examine_getters(validated.json);
  } else if (const auto root = fuzz::parsed(json)) {
    fuzz::claim_pointers(validated.problems, {*root});
  }
  examine_draws(schema);
  return 0;
}
