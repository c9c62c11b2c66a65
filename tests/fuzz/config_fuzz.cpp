// Any bytes as an experiment file: a valid configuration, or problems that can be found in it.
// Input: the text, then overrides of --set, separated by claims.hpp's separator.
#include "claims.hpp"

#include "config/overrides.hpp"
#include "core/config/catalogue.hpp"

#include <widelimit/experiment.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using fuzz::claim;

/// The document after its overrides, as ExperimentText has it.
std::optional<detail::Value> document(const std::string& text,
                                      const std::vector<std::string>& overrides) {
  detail::Value root;
  if (fuzz::parsed(text, root) == nullptr) return std::nullopt;
  detail::SourceTexts texts;
  detail::Report report;
  for (const std::string& argument : overrides)
    detail::apply_override(argument, root, texts, report);
  return root;
}

template <class Reading>
void claim_of(const Reading& reading, const detail::Value& root) {
  try {
    reading();
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "what is wrong with a file is an error of usage", e.what());
    fuzz::claim_pointers(e.problems(), root);
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

  const auto root = document(text, overrides);
  std::optional<ExperimentText> read;
  try {
    read.emplace(ExperimentText::parse(text, overrides));
  } catch (const Error& e) {
    claim(e.code() == ErrorCode::usage, "what is no JSON is an error of usage", e.what());
    if (root) fuzz::claim_pointers(e.problems(), *root);
    return 0;
  }
  claim(root.has_value(), "a text is read only if it parses", text);
  static_cast<void>(read->plugins());
  claim_of([&] { claim_stable(read->validate(test::catalogue())); }, *root);

  detail::Value network = *root;
  if (root->array() != nullptr)  // pointers of a bare list begin with /network
    network = {.data = detail::Value::Object{{"network", {}, *root}}};
  claim_of([&] { static_cast<void>(read->validate_network(test::catalogue())); }, network);
  claim_of([&] { static_cast<void>(read->validate_solver(test::catalogue())); }, *root);
  return 0;
}
