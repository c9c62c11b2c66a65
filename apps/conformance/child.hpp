// Running a function in a child process that may crash, hang, exit or print.
// Thread safety: call from one thread while no other runs, because processes are forked.
#pragma once

#include "conformance.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace widelimit::conformance {

/// What a child is about to do.
using OnActivity = std::function<void(std::string_view)>;

struct ChildAnswer {
  Outcome outcome;
  /// What it wrote to standard output and standard error, shortened, on one line, and what it did
  /// then; empty: nothing.
  std::string printed;
};

/// Runs `body` in a child. The outcome is what it returns, a crash, or a timeout where no activity
/// came within the limit: of the processor's time, or of a clock where the child used none.
[[nodiscard]] ChildAnswer run_in_child(const std::function<Outcome(OnActivity)>& body,
                                       std::chrono::milliseconds limit);

}  // namespace widelimit::conformance
