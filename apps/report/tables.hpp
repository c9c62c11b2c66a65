// Tables and charts of the page: layers, metrics, solves, timings.
// Thread safety: pure functions.
#pragma once

#include "run.hpp"

#include <string>

namespace widelimit::report {

/// An inference as the head of a column, HTML.
std::string column_head(const Inference& inference);

// Each gives HTML, empty where the run lacks what it would show.
std::string network_table(const Run& run);
std::string metrics_table(const Run& run);
std::string solves_table(const Run& run);
std::string timings_chart(const Run& run);
/// The most important numbers: samples, layers, the best error, the time.
std::string key_figures(const Run& run);

}  // namespace widelimit::report
