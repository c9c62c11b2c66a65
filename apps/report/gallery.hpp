// Pictures of the training samples, where samples are images.
// Thread safety: one thread per run.
#pragma once

#include "run.hpp"

#include <string>

namespace widelimit::report {

/// HTML of data/pictures.npy: a row for each class, or samples with their targets; empty where
/// samples are not images. A broken file is a warning of the run.
std::string gallery_html(Run& run);

}  // namespace widelimit::report
