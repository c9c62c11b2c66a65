// What `widelimit verify` does, as a library: the standard a plugin is held to is a table of named
// checks, each run in a process of its own, so that a plugin that throws, crashes, hangs or exits
// while it loads is a result like any other.
// Thread safety: call from one thread; processes are forked, so have no other threads at work.
#pragma once

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
/// Is this a plugin that must not be used?
[[nodiscard]] constexpr bool is_failure(Result result) noexcept {
  return result == Result::fail || result == Result::crash || result == Result::timeout;
}

class Context;

/// One check: what it is called, what it asks (one sentence), and the function that asks it.
struct Check {
  std::string_view group, name, description;
  void (*run)(Context&);
};

/// All checks, in the order in which they are run and listed.
[[nodiscard]] std::span<const Check> checks() noexcept;
/// By name; NULL where there is none.
[[nodiscard]] const Check* find_check(std::string_view name) noexcept;

struct Outcome {
  Result result = Result::skip;
  std::string
      message;  ///< what is wrong, where, what was expected, what to try; one line a problem
  double seconds = 0;
};

struct CheckOutcome {
  const Check* check = nullptr;
  Outcome outcome;
};

struct Options {
  std::filesystem::path file;
  std::uint64_t seed = 0;                             ///< of everything that is drawn at random
  std::vector<const Check*> only;                     ///< empty: all
  bool in_process = false;                            ///< for a debugger: a crash is a crash
  std::chrono::milliseconds limit{10'000};            ///< of each check
  std::function<void(const CheckOutcome&)> progress;  ///< called after each check; may be empty
};

struct Report {
  std::filesystem::path file;
  std::uint64_t seed = 0;
  std::vector<CheckOutcome> outcomes;
  bool loaded = true;  ///< else the file is no plugin that could be held to anything

  /// No check failed, crashed or ran out of time.
  [[nodiscard]] bool ok() const noexcept;
  [[nodiscard]] std::size_t count(Result result) const noexcept;
};

/// Runs the checks; those of Options::only after the ones that find out whether the file is a
/// plugin at all, which are reported where they fail. Throws widelimit::Error(usage) where there is
/// no such file.
[[nodiscard]] Report verify(const Options& options);

/// The table a person reads; `only_failed` leaves out what passed or was skipped.
[[nodiscard]] std::string as_table(const Report& report, bool only_failed);
/// One line of that table (several where the message has several problems).
[[nodiscard]] std::string as_row(const CheckOutcome& outcome);
/// The last lines: how many of which result, and the command that repeats a failure.
[[nodiscard]] std::string as_summary(const Report& report);
/// One JSON object: file, seed, ok, summary, checks.
[[nodiscard]] std::string as_json(const Report& report, bool only_failed);
/// The standard itself, as a table or as JSON.
[[nodiscard]] std::string list_as_table();
[[nodiscard]] std::string list_as_json();

}  // namespace widelimit::conformance
