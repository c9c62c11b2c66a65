// What `widelimit verify` does, as a library: the standard for plugins is a table of named checks.
// Each runs in a process of its own, once for each type of the plugin, so that a plugin that
// throws, crashes, hangs or exits while it loads is a result like any other, and the results of one
// type say nothing about another.
// Thread safety: call from one thread, and let no other thread run, because processes are forked.
#pragma once

#include <widelimit/abi.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::conformance {

enum class Result { pass, warn, fail, skip, crash, timeout };
/// "pass", "warn", ...
[[nodiscard]] std::string_view to_string(Result result) noexcept;
/// Must a plugin with this result not be used?
[[nodiscard]] constexpr bool is_failure(Result result) noexcept {
  return result == Result::fail || result == Result::crash || result == Result::timeout;
}

class Context;

/// What a check examines: the library once, or each of its types.
enum class Scope { library, types, layers, solvers };

/// One check: its name, one sentence on what it demands, and the function that checks it.
struct Check {
  std::string_view group, name, description;
  void (*run)(Context&);
  Scope scope = Scope::layers;
};

/// All checks, in the order in which they are run and listed.
[[nodiscard]] std::span<const Check> checks() noexcept;
/// By name; NULL where there is none.
[[nodiscard]] const Check* find_check(std::string_view name) noexcept;

struct Outcome {
  Result result = Result::skip;
  /// What is wrong, where, what was expected, what to try; one line for each problem.
  std::string message;
  double seconds = 0;
};

/// One of the plugin's types, by its place in the table of its kind.
struct TypeId {
  enum class Kind { layer, solver };
  Kind kind = Kind::layer;
  std::size_t index = 0;
  std::string name;
};
/// "layer", "solver".
[[nodiscard]] std::string_view to_string(TypeId::Kind kind) noexcept;

struct TypeOutcome {
  TypeId type;
  Outcome outcome;
};

struct CheckOutcome {
  const Check* check = nullptr;
  /// The worst of its types'; its message names the types where there are several.
  Outcome outcome;
  /// Empty where the check is about the library, or the types are not known.
  std::vector<TypeOutcome> types;
};

struct Options {
  std::filesystem::path file;
  /// Of everything that is drawn at random.
  std::uint64_t seed = 0;
  /// The checks to run; empty: all.
  std::vector<const Check*> only;
  /// The names of the types to examine; empty: all.
  std::vector<std::string> types;
  /// Parameters of the one type that is examined, as JSON; empty: its defaults and others that it
  /// accepts.
  std::string params;
  /// The input of a layer: one for all inputs, or one for each; empty: small ones of every rank.
  std::vector<widelimit_shape> shapes;
  /// Run checks in this process, for a debugger: a crash then ends it.
  bool in_process = false;
  /// Time for each call of the plugin, of the processor (waiting for it does not count), or of a
  /// clock while the plugin waits.
  std::chrono::milliseconds limit{20'000};
  /// Called after each check; may be empty.
  std::function<void(const CheckOutcome&)> progress;
};

/// "12": channels of samples without sites; "28,28,3": sites along each axis, then channels. Throws
/// widelimit::Error(usage).
[[nodiscard]] widelimit_shape parse_shape(const std::string& text);

struct Report {
  std::filesystem::path file;
  std::uint64_t seed = 0;
  std::vector<CheckOutcome> outcomes;
  /// false: the file is not a plugin that this program can use, so there is nothing to check.
  bool loaded = true;
  /// Those that were examined.
  std::vector<TypeId> types;

  /// Something was examined, and no check failed, crashed or ran out of time.
  [[nodiscard]] bool ok() const noexcept;
  /// Did any check do more than skip?
  [[nodiscard]] bool examined() const noexcept;
  [[nodiscard]] std::size_t count(Result result) const noexcept;
  /// Of one type.
  [[nodiscard]] std::size_t count(Result result, const TypeId& type) const noexcept;
};

/// Runs the checks. Before those of Options::only it runs the ones that find out whether the file
/// is a plugin at all, and reports them if they fail. Throws widelimit::Error(usage) where there is
/// no such file, no such type, or the type's schema refuses the parameters.
[[nodiscard]] Report verify(const Options& options);

/// A table for people; `only_failed` leaves out what passed or was skipped.
[[nodiscard]] std::string as_table(const Report& report, bool only_failed);
/// One line of that table (several where the message has several problems).
[[nodiscard]] std::string as_row(const CheckOutcome& outcome);
/// The last lines: how many checks had which result, for each type too, and the command that
/// repeats a failure.
[[nodiscard]] std::string as_summary(const Report& report);
/// One JSON object: file, seed, ok, summary, types, checks.
[[nodiscard]] std::string as_json(const Report& report, bool only_failed);
/// The standard itself, as a table or as JSON.
[[nodiscard]] std::string list_as_table();
[[nodiscard]] std::string list_as_json();

}  // namespace widelimit::conformance
