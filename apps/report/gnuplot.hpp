// gnuplot as a child process: a script on its standard input, a picture on its standard output.
// Thread safety: call from one thread.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace widelimit::report {

struct Drawing {
  /// As gnuplot wrote it; empty where it failed.
  std::string svg;
  /// What gnuplot said, or why it could not be started.
  std::string problem;
  /// There is no gnuplot in PATH.
  bool is_missing = false;
};

/// Draws every script with a gnuplot of its own, so that one that fails harms no other; as many at
/// once as there are processors. No shell is involved and no user's settings are read. A gnuplot
/// that takes longer than `time_limit` is killed. Throws widelimit::Error(io) where the system
/// refuses pipes or files in memory.
std::vector<Drawing> run_gnuplot(std::span<const std::string> scripts,
                                 std::chrono::milliseconds time_limit = std::chrono::minutes(1));

}  // namespace widelimit::report
