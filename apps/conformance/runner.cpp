// Running the checks one after the other, each once for every type it examines.
#include "child.hpp"
#include "common/sizes.hpp"
#include "conformance.hpp"
#include "context.hpp"
#include "parameters.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/params.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

namespace widelimit::conformance {
namespace {

void require_file(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (!std::filesystem::exists(status))
    throw Error(ErrorCode::usage, file.string() + ": no such file");
  if (!std::filesystem::is_regular_file(status))
    throw Error(ErrorCode::usage, file.string() + ": not a file; name one plugin, e.g. ./relu.so");
  if (::access(file.c_str(), R_OK) != 0)
    throw Error(ErrorCode::usage, file.string() + ": cannot be read (permission denied)");
}

// The check that only reads the file, those that find out whether it is a plugin at all, and the
// one whose finding comes from all others.
constexpr std::string_view symbols_check = "exports-one-symbol", loading_check = "loads-now-local",
                           entry_check = "entry-same-pointer-from-two-threads",
                           opening_check = "opens", printing_check = "prints-nothing";

/// Decides when further checks would only repeat a failure: the file cannot be used, its descriptor
/// cannot be used, or it hangs again and again.
class SkipRule {
 public:
  /// Empty: go on. Of a type, or of the library where there is none.
  [[nodiscard]] std::string reason(const TypeId* type) const {
    if (!reason_.empty()) return reason_;
    const auto found = timeouts_.find(key(type));
    return found != timeouts_.end() && found->second >= most_timeouts
               ? "skipped, because two checks have run out of time"
               : "";
  }
  /// Can the library be loaded, and used?
  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  void observe(const Check& check, const TypeId* type, const Outcome& seen) {
    if (!is_failure(seen.result)) return;
    if (check.name == loading_check) not_loaded("the plugin was not loaded", check);
    // Several descriptors are one too many, and good enough to go on.
    if (check.name == entry_check &&
        (seen.result != Result::fail ||
         seen.message.find("different descriptors") == std::string::npos))
      not_loaded("the plugin gives no descriptor", check);
    if (check.name == opening_check) not_loaded("the plugin does not open", check);
    for (const std::string_view needed : {"fields-present", "schema-in-subset"})
      if (check.name == needed)
        reason_ = "the descriptor cannot be used: see " + std::string(needed);
    if (seen.result == Result::timeout) ++timeouts_[key(type)];
  }

 private:
  static constexpr int most_timeouts = 2;
  static std::string key(const TypeId* type) {
    return type == nullptr ? std::string()
                           : std::string(to_string(type->kind)) + " " + std::to_string(type->index);
  }
  void not_loaded(const char* what, const Check& check) {
    reason_ = std::string(what) + ": see " + std::string(check.name);
    loaded_ = false;
  }

  std::string reason_;
  bool loaded_ = true;
  std::map<std::string, int> timeouts_;
};

// The types of a plugin as lines "layer relu", found out in a child; or why what the user asks for
// does not go with them.
constexpr char usage_mark = '!';

Outcome list_types(const Options& options, const OnActivity& on_activity) {
  Outcome list{Result::pass, "", 0};
  try {
    Context context(options, nullptr, on_activity);
    const Plugin& plugin = context.plugin();
    std::vector<const widelimit_type_info*> chosen;
    std::string known;
    const auto add = [&](const auto& types, TypeId::Kind kind) {
      for (std::size_t i = 0; i < types.size(); ++i) {
        known += (known.empty() ? "" : ", ") + types[i].name;
        if (!options.types.empty() && std::find(options.types.begin(), options.types.end(),
                                                types[i].name) == options.types.end())
          continue;
        list.message +=
            std::string(to_string(kind)) + " " + std::to_string(i) + " " + types[i].name + "\n";
        chosen.push_back(&types[i].info);
      }
    };
    add(plugin.layers(), TypeId::Kind::layer);
    add(plugin.solvers(), TypeId::Kind::solver);
    const auto usage = [](const std::string& what) {
      return Outcome{Result::pass, usage_mark + what, 0};
    };
    for (const std::string& name : options.types)
      if (list.message.find(" " + name + "\n") == std::string::npos)
        return usage("the plugin has no type \"" + name + "\"; it has " + known);
    if (options.params.empty()) return list;
    if (chosen.size() != 1)
      return usage("--params are those of one type: name it with --type; the plugin has " + known);
    const ValidatedParams given = validate_params(schema_of(*chosen.front()), options.params);
    if (!given.problems.empty()) return usage("--params: " + given.problems.front().text());
  } catch (const std::exception& e) {
    return {Result::fail, e.what(), 0};
  }
  return list;
}

std::vector<TypeId> types_of(const Options& options) {
  const Outcome list =
      run_in_child([&](const OnActivity& said) { return list_types(options, said); }, options.limit)
          .outcome;
  // Checks that find out why it crashes are about the library.
  if (list.result != Result::pass) return {};
  if (!list.message.empty() && list.message[0] == usage_mark)
    throw Error(ErrorCode::usage, options.file.string() + ": " + list.message.substr(1));
  std::vector<TypeId> types;
  std::istringstream lines(list.message);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    TypeId type;
    std::string kind;
    words >> kind >> type.index >> std::ws;
    std::getline(words, type.name);
    type.kind = kind == to_string(TypeId::Kind::layer) ? TypeId::Kind::layer : TypeId::Kind::solver;
    types.push_back(type);
  }
  return types;
}

bool examines(Scope scope, TypeId::Kind kind) {
  return scope == Scope::types || (scope == Scope::layers && kind == TypeId::Kind::layer) ||
         (scope == Scope::solvers && kind == TypeId::Kind::solver);
}

/// From good to bad.
constexpr std::array by_weight{Result::skip, Result::pass,    Result::warn,
                               Result::fail, Result::timeout, Result::crash};

/// "skipped: conv, pool: offers no finite face", one line for each reason.
std::string skipped_text(const std::vector<TypeOutcome>& types) {
  std::vector<std::pair<std::string, std::string>> reasons;  // and who has it
  for (const TypeOutcome& seen : types) {
    if (seen.outcome.result != Result::skip) continue;
    const std::string& name = seen.type.name;
    std::string why = seen.outcome.message;
    if (why.starts_with(name + " ")) why.erase(0, name.size() + 1);
    const auto known = std::find_if(reasons.begin(), reasons.end(),
                                    [&](const auto& reason) { return reason.first == why; });
    if (known == reasons.end())
      reasons.emplace_back(why, name);
    else
      known->second += ", " + name;
  }
  std::string text;
  for (const auto& [why, names] : reasons)
    text += (text.empty() ? "" : "\n") + std::string("skipped: ") + names + ": " + why;
  return text;
}

/// The worst of the outcomes of types. A type that was skipped is named, whatever the others are.
Outcome join(const std::vector<TypeOutcome>& types) {
  if (types.size() == 1) return types.front().outcome;
  Outcome all;
  for (const TypeOutcome& seen : types) all.seconds += seen.outcome.seconds;
  all.message = skipped_text(types);
  for (const Result result : by_weight) {
    std::string lines;
    for (const TypeOutcome& seen : types) {
      if (seen.outcome.result != result) continue;
      all.result = result;
      if (result == Result::skip || seen.outcome.message.empty()) continue;
      const bool named = seen.outcome.message.find(seen.type.name) != std::string::npos;
      lines +=
          (lines.empty() ? "" : "\n") + (named ? "" : seen.type.name + ": ") + seen.outcome.message;
    }
    if (!lines.empty()) all.message = lines + (all.message.empty() ? "" : "\n") + all.message;
  }
  return all;
}

/// Runs checks and keeps what the plugin prints meanwhile.
class Runner {
 public:
  explicit Runner(const Options& options) : options_(options) {}

  [[nodiscard]] const SkipRule& skip_rule() const noexcept { return skip_rule_; }
  [[nodiscard]] CheckOutcome run(const Check& check, const std::vector<TypeId>& types) {
    CheckOutcome seen{&check, {}, {}};
    for (const TypeId& type : types)
      if (examines(check.scope, type.kind)) seen.types.push_back({type, outcome_of(check, &type)});
    seen.outcome = seen.types.empty() ? outcome_of(check, nullptr) : join(seen.types);
    return seen;
  }
  /// What was printed in all checks that have run.
  [[nodiscard]] const std::string& printed() const noexcept { return printed_; }

 private:
  Outcome outcome_of(const Check& check, const TypeId* type) {
    const std::string reason = skip_rule_.reason(type);
    if (!reason.empty() && check.name != symbols_check) return {Result::skip, reason, 0};
    Outcome outcome;
    if (options_.in_process) {
      outcome = run_check(check, options_, type, {});
    } else {
      ChildAnswer answer = run_in_child(
          [&](const OnActivity& said) { return run_check(check, options_, type, said); },
          options_.limit);
      outcome = std::move(answer.outcome);
      if (printed_.empty() && !answer.printed.empty())
        printed_ = answer.printed + ", in the check " + std::string(check.name);
    }
    skip_rule_.observe(check, type, outcome);
    return outcome;
  }

  const Options& options_;
  SkipRule skip_rule_;
  std::string printed_;
};

}  // namespace

std::string_view to_string(TypeId::Kind kind) noexcept {
  return kind == TypeId::Kind::layer ? "layer" : "solver";
}

Report verify(const Options& options) {
  require_file(options.file);
  const auto is_chosen = [&](const Check* check) {
    return options.only.empty() ||
           std::find(options.only.begin(), options.only.end(), check) != options.only.end();
  };
  std::vector<const Check*> todo = options.only;
  if (todo.empty())
    for (const Check& check : checks()) todo.push_back(&check);
  for (const std::string_view first : {opening_check, entry_check, loading_check}) {
    std::erase(todo, find_check(first));
    todo.insert(todo.begin(), find_check(first));
  }
  Report report{options.file, options.seed, {}, true, {}};
  Runner runner(options);
  bool types_known = false;
  for (const Check* check : todo) {
    const bool is_first =
        check->name == loading_check || check->name == entry_check || check->name == opening_check;
    if (!is_first && !types_known && runner.skip_rule().loaded()) {
      report.types = types_of(options);
      types_known = true;
    }
    CheckOutcome seen = runner.run(*check, report.types);
    if (!is_chosen(check) && runner.skip_rule().loaded()) continue;
    if (options.progress) options.progress(seen);
    report.outcomes.push_back(std::move(seen));
  }
  report.loaded = runner.skip_rule().loaded();
  for (CheckOutcome& seen : report.outcomes)
    if (seen.check->name == printing_check && !runner.printed().empty() &&
        !is_failure(seen.outcome.result))
      seen.outcome = {Result::fail,
                      "it prints " + runner.printed() +
                          ": what a program writes is the program's; use Host::log",
                      seen.outcome.seconds};
  std::stable_sort(report.outcomes.begin(), report.outcomes.end(),
                   [](const CheckOutcome& a, const CheckOutcome& b) { return a.check < b.check; });
  return report;
}

bool Report::examined() const noexcept {
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const CheckOutcome& seen) { return seen.outcome.result != Result::skip; });
}

bool Report::ok() const noexcept {
  return loaded && examined() &&
         std::none_of(outcomes.begin(), outcomes.end(),
                      [](const CheckOutcome& seen) { return is_failure(seen.outcome.result); });
}

std::size_t Report::count(Result result) const noexcept {
  return to_size(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [result](const CheckOutcome& seen) { return seen.outcome.result == result; }));
}

std::size_t Report::count(Result result, const TypeId& type) const noexcept {
  std::size_t n = 0;
  for (const CheckOutcome& seen : outcomes)
    for (const TypeOutcome& of : seen.types)
      if (of.type.kind == type.kind && of.type.index == type.index && of.outcome.result == result)
        ++n;
  return n;
}

}  // namespace widelimit::conformance
