// The page: sections in the order in which a reader asks.
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

/// A whole HTML document that loads nothing: style and pictures are inside.
std::string page(const Run& run, const Figures& figures);

/// The contents of style.css.
extern const char* const style_sheet;

}  // namespace widelimit::report
