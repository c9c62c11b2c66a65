// Any bytes as an experiment file: a valid configuration, or problems that can be found in it.
// Input: the text, then overrides of --set, separated by claims.hpp's separator.
#include "claims.hpp"

#include "config/overrides.hpp"
#include "core/config/catalogue.hpp"

#include <widelimit/experiment/experiment.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using fuzz::claim;

using Documents = std::vector<detail::Value>;

/// The document as it was given and after its overrides: what is wrong with the text lies in the
/// one, the rest in the other. None where the text is no JSON.
Documents documents(const std::string& text, const std::vector<std::string>& overrides) {
  const auto given = fuzz::parsed(text);
  if (!given) return {};
  Documents both(2, *given);
  detail::SourceTexts texts;
  detail::Report report;
  for (const std::string& argument : overrides)
    detail::apply_override(argument, both[1], texts, report);
  return both;
}

/// Pointers of a bare list of layers begin with /network.
Documents as_networks(Documents both) {
  for (detail::Value& root : both)
    if (root.array() != nullptr)
      root = {.data = detail::Value::Object{{"network", {}, detail::Value(root)}}};
  return both;
}

template <class Reading>
void claim_of(const Reading& reading, const Documents& both) {
  try {
    reading();
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "what is wrong with a file is an error of usage", e.what());
    fuzz::claim_pointers(e.problems(), both);
  }
}

void claim_stable(const Experiment& experiment) {
  const Experiment again = ExperimentText::parse(experiment.resolved).validate(test::catalogue());
  claim(again.resolved == experiment.resolved, "what is resolved reads back as itself",
        experiment.resolved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> overrides = fuzz::parts({reinterpret_cast<const char*>(data), size});
  const std::string text = overrides.front();
  overrides.erase(overrides.begin());

  const Documents both = documents(text, overrides);
  std::optional<ExperimentText> read;
  try {
    read.emplace(ExperimentText::parse(text, overrides));
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "what is no JSON is an error of usage", e.what());
    if (!both.empty()) fuzz::claim_pointers(e.problems(), both);
    return 0;
  }
  claim(!both.empty(), "a text is read only if it parses", text);
  static_cast<void>(read->plugins());
  claim_of([&] { claim_stable(read->validate(test::catalogue())); }, both);
  claim_of([&] { static_cast<void>(read->validate_network(test::catalogue())); },
           as_networks(both));
  claim_of([&] { static_cast<void>(read->validate_solver(test::catalogue())); }, both);
  return 0;
}
