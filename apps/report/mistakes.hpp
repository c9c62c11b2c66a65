// The test pictures that were most wrong.
// Thread safety: one thread per run.
#pragma once

#include "run.hpp"

#include <string>

namespace widelimit::report {

/// HTML: of every inference its worst mistakes, with truth and prediction; empty where samples are
/// no pictures or nothing was wrong. A broken file is a warning of the run.
std::string mistakes_html(Run& run);

}  // namespace widelimit::report
