// What fuzz targets claim of every input: a broken claim ends the process, which the fuzzer
// reports.
#pragma once

#include "json/value.hpp"

#include <widelimit/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::fuzz {

/// The separator of the parts of one input: ASCII "record separator", which no JSON contains.
inline constexpr char separator = '\x1e';
[[nodiscard]] std::vector<std::string> parts(std::string_view input);

/// Ends the process, with the claim on stderr.
void claim(bool holds, const char* what, const std::string& details);

/// The document, where the text is one.
[[nodiscard]] std::optional<detail::Value> parsed(const std::string& text);

/// Problems have a message, and a pointer that leads to a value of one of `documents`, or names a
/// key that is missing there, or lies below a key that a problem says is given twice: of these a
/// document keeps the first.
void claim_pointers(const std::vector<Problem>& problems,
                    const std::vector<detail::Value>& documents);

}  // namespace widelimit::fuzz
