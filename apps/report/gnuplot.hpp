// gnuplot as a child process: a script on its standard input, a picture on its standard output.
// Thread safety: call from one thread; it uses a few of its own.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace widelimit::report {

struct Drawing {
  std::string svg;          ///< as gnuplot wrote it; empty where it failed
  std::string problem;      ///< what gnuplot said, or why it could not be started
  bool is_missing = false;  ///< there is no gnuplot in PATH
};

/// Draws every script with a gnuplot of its own, so that one that fails harms no other; as many at
/// once as there are processors. No shell is involved and no user's settings are read. Throws
/// widelimit::Error where the system refuses pipes or threads.
std::vector<Drawing> run_gnuplot(std::span<const std::string> scripts);

}  // namespace widelimit::report
