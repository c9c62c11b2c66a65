// The results as a table for people and as JSON for programs.
#include "common/sizes.hpp"
#include "conformance.hpp"

#include "common/json.hpp"
#include "common/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace widelimit::conformance {
namespace {

using apps::Json;

constexpr std::array names{"pass", "warn", "fail", "skip", "crash", "timeout"};
constexpr std::array all_results{Result::pass, Result::warn,  Result::fail,
                                 Result::skip, Result::crash, Result::timeout};

std::size_t longest_name() {
  std::size_t longest = 0;
  for (const Check& check : checks()) longest = std::max(longest, check.name.size());
  return longest;
}

Json::Object description_of(const Check& check) {
  return {{"name", check.name}, {"group", check.group}, {"description", check.description}};
}

/// "31 pass, 2 skip".
template <class F>
std::string counts(F count) {
  std::string text;
  for (const Result result : all_results)
    if (const std::size_t n = count(result); n > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(to_string(result));
  return text;
}

Json::Object description_of(const TypeId& type) {
  return {{"kind", to_string(type.kind)}, {"type", type.name}};
}

bool is_shown(const CheckOutcome& seen, bool only_failed) {
  return !only_failed ||
         (seen.outcome.result != Result::pass && seen.outcome.result != Result::skip);
}

}  // namespace

std::string_view to_string(Result result) noexcept {
  return names[static_cast<std::size_t>(result)];
}

std::string as_row(const CheckOutcome& seen) {
  const std::string indent(longest_name() + 12, ' ');
  std::string row = "  " + apps::padded(to_string(seen.outcome.result), 8) +
                    apps::padded(seen.check->name, longest_name()) + "  ";
  const bool quiet = seen.outcome.message.empty();
  for (const char c : quiet ? std::string(seen.check->description) : seen.outcome.message) {
    row += c;
    if (c == '\n') row += indent;
  }
  return row + "\n";
}

std::string as_table(const Report& report, bool only_failed) {
  std::string table;
  std::string_view group;
  for (const CheckOutcome& seen : report.outcomes) {
    if (!is_shown(seen, only_failed)) continue;
    if (seen.check->group != group) table += std::string(seen.check->group) + "\n";
    group = seen.check->group;
    table += as_row(seen);
  }
  return table;
}

std::string as_summary(const Report& report) {
  std::string text;
  if (report.types.size() > 1)
    for (const TypeId& type : report.types)
      text += std::string(to_string(type.kind)) + " " + type.name + ": " +
              counts([&](Result result) { return report.count(result, type); }) + "\n";
  text += report.file.string() + ": " +
          counts([&](Result result) { return report.count(result); }) + " (seed " +
          std::to_string(report.seed) + ")\n";
  if (!report.examined()) text += "Nothing was examined, so nothing is known of this plugin.\n";
  const auto failed =
      std::find_if(report.outcomes.begin(), report.outcomes.end(),
                   [](const CheckOutcome& seen) { return is_failure(seen.outcome.result); });
  if (failed != report.outcomes.end())
    text += "In a debugger: widelimit verify " + report.file.string() + " --in-process --check " +
            std::string(failed->check->name) + " --seed " + std::to_string(report.seed) + "\n";
  return text;
}

std::string as_json(const Report& report, bool only_failed) {
  Json::Object summary;
  for (const Result result : all_results) summary.set(to_string(result), report.count(result));
  Json::Array checks;
  for (const CheckOutcome& seen : report.outcomes) {
    if (!is_shown(seen, only_failed)) continue;
    Json::Object check = description_of(*seen.check);
    check.set("result", to_string(seen.outcome.result));
    check.set("message", seen.outcome.message);
    check.set("seconds", std::round(1e6 * seen.outcome.seconds) / 1e6);
    Json::Array of_types;
    for (const TypeOutcome& of : seen.types) {
      Json::Object one = description_of(of.type);
      one.set("result", to_string(of.outcome.result));
      one.set("message", of.outcome.message);
      of_types.push_back(one);
    }
    check.set("types", of_types);
    checks.push_back(check);
  }
  Json::Array types;
  for (const TypeId& type : report.types) {
    Json::Object one = description_of(type);
    Json::Object results;
    for (const Result result : all_results)
      results.set(to_string(result), report.count(result, type));
    one.set("summary", results);
    types.push_back(one);
  }
  const Json all = Json::Object{{"file", report.file.string()},
                                {"seed", report.seed},
                                {"loaded", report.loaded},
                                {"examined", report.examined()},
                                {"ok", report.ok()},
                                {"summary", summary},
                                {"types", types},
                                {"checks", checks}};
  return all.indented(2) + "\n";
}

std::string list_as_table() {
  std::string table;
  std::string_view group;
  for (const Check& check : checks()) {
    if (check.group != group) table += std::string(check.group) + "\n";
    group = check.group;
    table += "  " + apps::padded(check.name, longest_name()) + "  " +
             std::string(check.description) + "\n";
  }
  return table;
}

std::string list_as_json() {
  Json::Array all;
  for (const Check& check : checks()) all.push_back(description_of(check));
  return all.indented(1) + "\n";
}

}  // namespace widelimit::conformance
