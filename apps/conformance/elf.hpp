// Which symbols a shared library exports, read from the file by libelf: none of its code runs.
// Any bytes give a list or an ElfError.
// Thread safety: free functions without state.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace widelimit::conformance {

struct Export {
  std::string name;
  /// STB_GNU_UNIQUE: keeps the library mapped for ever.
  bool unique = false;
};

/// Why a file is not a shared library for this machine, in words for its author.
class ElfError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Defined symbols with global binding and default visibility, in the order of the file. Throws
/// ElfError.
[[nodiscard]] std::vector<Export> exported_symbols(const std::filesystem::path& file);

/// A C++ name for people; other names as they are.
[[nodiscard]] std::string demangled(const std::string& symbol);

}  // namespace widelimit::conformance
