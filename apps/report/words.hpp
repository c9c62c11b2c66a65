// The experiment in words.
// Thread safety: pure functions.
#pragma once

#include "run.hpp"

#include <string>
#include <vector>

namespace widelimit::report {

struct Setting {
  std::string name;
  std::vector<std::string> sentences;  ///< plain text, one a line
};

/// The resolved configuration of the run in sentences; what is missing is left out.
std::vector<Setting> settings_in_words(const Run& run);

/// The parameters of a layer or solver without the usual ones: "W_std 1.5, b_std 0.05".
std::string parameters_in_words(const Json& parameters);

}  // namespace widelimit::report
