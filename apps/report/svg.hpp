// Makes gnuplot's pictures fit for a page: only what pictures need passes, colours become variables
// of the page, ids get a prefix.
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace widelimit::report {

struct Picture {
  std::string file;     ///< a file of its own: light colours on a surface, with a title
  std::string inlined;  ///< an element for the page; every id begins with the prefix
};

/// Elements and attributes that are not known to be harmless are left out, whatever they are: text
/// that came with the data cannot become markup, a script, or a link to elsewhere. `title`
/// stands above the picture of the file, `label` is the text alternative. Throws
/// widelimit::Error(internal) where `drawn` is not an SVG picture.
Picture embeddable(std::string_view drawn, std::string_view id_prefix, std::string_view title,
                   std::string_view label);

}  // namespace widelimit::report
