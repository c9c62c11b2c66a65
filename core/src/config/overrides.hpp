// The arguments of --set: "/pointer=VALUE" set a value of a document before it is validated.
#pragma once

#include "json/report.hpp"
#include "json/value.hpp"

#include <string>

namespace widelimit::detail {

/// Sets one value. The parent must exist; a key that is missing is added; "/-" appends to a list.
/// VALUE is JSON if it parses, else a string. Problems name the argument and leave the document
/// unchanged.
void apply_override(const std::string& argument, Value& root, SourceTexts& texts, Report& report);

}  // namespace widelimit::detail
