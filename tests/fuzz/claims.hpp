// What fuzz targets claim of every input: a broken claim ends the process, which the fuzzer
// reports.
#pragma once

#include "config/value.hpp"

#include <widelimit/error.hpp>

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
[[nodiscard]] const detail::Value* parsed(const std::string& text, detail::Value& memory);

/// Problems have a message, and a pointer that leads to a value of `root` or names a key that is
/// missing there.
void claim_pointers(const std::vector<Problem>& problems, const detail::Value& root);

}  // namespace widelimit::fuzz
