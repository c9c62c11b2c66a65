// Candidates from several places, tried one after the other.
#include "parameters.hpp"

#include "common/json.hpp"
#include "common/sizes.hpp"

#include <widelimit/examine/params.hpp>

#include <algorithm>
#include <utility>

namespace widelimit::conformance {
namespace {

/// `json` with some members, at least one, as they are in `other`.
std::string exchanged(const std::string& json, const std::string& other, Random& random) {
  const apps::Json from = apps::Json::parse(other, "parameters");
  apps::Json::Object mixed(apps::Json::parse(json, "parameters"));
  const auto members = from.members();
  if (members.empty()) return json;
  const auto one = to_size(random.below(static_cast<std::int64_t>(members.size())));
  for (std::size_t i = 0; i < members.size(); ++i)
    if (i == one || random.below(4) == 0) mixed.set(members[i].first, members[i].second);
  return mixed.one_line();
}

}  // namespace

std::string schema_of(const widelimit_type_info& info) {
  return info.params_schema != nullptr ? info.params_schema : "{\"type\": \"object\"}";
}

AcceptedParameters::AcceptedParameters(Context& context, const widelimit_type_info& info,
                                       std::string name, Maker make)
    : context_(context), schema_(schema_of(info)), name_(std::move(name)), make_(std::move(make)) {}

std::string AcceptedParameters::candidate() {
  const std::uint64_t turn = turn_++;
  if (!context_.options().params.empty()) return turn == 0 ? context_.options().params : "";
  constexpr std::uint64_t most_draws = 400;
  if (turn == 0) return "{}";
  if (turn > most_draws) return {};
  const std::string drawn = draw_valid_params(schema_, context_.seed() * 1000 + turn - 1);
  if (accepted_.empty() || turn % 3 != 0) return drawn;
  Random random = context_.random(1000 + turn);
  const auto base = to_size(random.below(static_cast<std::int64_t>(accepted_.size())));
  return exchanged(accepted_[base], validate_params(schema_, drawn).json, random);
}

bool AcceptedParameters::accepts(const std::string& json) {
  context_.set_activity("creating " + name_ + " " + json);
  const Params params(json);
  const Answer answer = make_(params.abi());
  if (answer.ok()) return true;
  ++refusals_;
  last_refusal_ = name_ + " " + json + ": create answers " + answer.text();
  return false;
}

std::string AcceptedParameters::next() {
  // A schema of few values gives the same again and again.
  constexpr int most_repeats = 40;
  for (int repeats = 0; repeats < most_repeats; ++repeats) {
    const std::string json = candidate();
    if (json.empty()) return {};
    const ValidatedParams validated = validate_params(schema_, json);
    if (!validated.problems.empty() ||
        std::find(seen_.begin(), seen_.end(), validated.json) != seen_.end())
      continue;
    repeats = 0;
    seen_.push_back(validated.json);
    if (!accepts(validated.json)) continue;
    accepted_.push_back(validated.json);
    return validated.json;
  }
  return {};
}

std::string AcceptedParameters::refused() const {
  return refusals_ == 0 ? std::string()
                        : std::to_string(refusals_) +
                              " sets of parameters were refused, the last: " + last_refusal_;
}

}  // namespace widelimit::conformance
