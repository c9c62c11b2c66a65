// The worst misclassified test samples, where samples are images.
// Thread safety: one thread per run.
#pragma once

#include "run.hpp"

#include <string>

namespace widelimit::report {

/// HTML: the worst mistakes of every inference, with true and predicted class; empty where samples
/// are not images or no prediction was wrong. A broken file is a warning of the run.
std::string mistakes_html(Run& run);

}  // namespace widelimit::report
