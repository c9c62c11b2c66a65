// Recognises files of another kind than the one that is expected.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// As many bytes of the beginning of a file as other_kind needs.
inline constexpr std::size_t kind_bytes = 512;

/// "is a gzip file, but JSON is expected: unpack it with gunzip", for a file that begins with these
/// bytes. Empty for an unknown kind of file, and for text in UTF-8.
[[nodiscard]] std::string other_kind(std::string_view beginning, std::string_view expected);

}  // namespace widelimit::detail
