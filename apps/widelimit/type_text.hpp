// What a type says about itself, as words: for the terminal (describe.cpp) and for the gallery.
// Thread safety: pure functions.
#pragma once

#include <widelimit/catalogue.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::program {

struct Parameter {
  std::string name;
  std::string values;    ///< "number, > 0", "integer or null, 1 to 4096"
  std::string fallback;  ///< the default, as JSON; empty where there is none
  bool required = false;
  std::string description;
};
/// In the order of the type's schema.
[[nodiscard]] std::vector<Parameter> parameters_of(const TypeInfo& type);

/// Does an experiment file give this layer branches, under the key "inputs"?
[[nodiscard]] bool takes_branches(const TypeInfo& type) noexcept;

/// "infinite width, finite width", "solves".
[[nodiscard]] std::string faces(const TypeInfo& type);

/// Markdown with the lines of every paragraph joined: a line break between words means a space.
/// Blank lines stay, and so do lines that are indented as code.
[[nodiscard]] std::string joined_paragraphs(std::string_view text);

}  // namespace widelimit::program
