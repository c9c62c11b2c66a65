// report.html: sections in the order of a reader's questions.
// Thread safety: pure functions.
#pragma once

#include "figures.hpp"
#include "run.hpp"

#include <string>
#include <vector>

namespace widelimit::report {

struct Figures {
  std::vector<Figure> data, network, kernels, predictions, ridges, losses, finite;
  std::string gallery, mistakes, distances;  ///< HTML
};

/// A complete HTML document that loads nothing: it contains its style and pictures.
std::string page(const Run& run, const Figures& figures);

/// The contents of style.css.
extern const char* const style_sheet;

}  // namespace widelimit::report
