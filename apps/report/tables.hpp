// The parts of the page that are made of numbers: layers, metrics, solves, timings.
// Thread safety: pure functions.
#pragma once

#include "run.hpp"

#include <string>

namespace widelimit::report {

/// An inference as the head of a column, HTML.
std::string head_of(const Inference& inference);

// Each gives HTML, empty where the run lacks what it would show.
std::string network_table(const Run& run);
std::string metrics_table(const Run& run);
std::string solves_table(const Run& run);
std::string timings_chart(const Run& run);
/// A few figures at a glance: samples, layers, the best error, the time.
std::string key_figures(const Run& run);

}  // namespace widelimit::report
