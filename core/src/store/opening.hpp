// Opens an existing store: compares its header, checks its tiles, and lets it grow.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/store.hpp>

#include "store/layout.hpp"
#include "store/store_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::detail {

/// The header of a file, compared with the requested store.
struct Found {
  bool damaged_header = false;       ///< it belongs to this store, but is damaged
  std::optional<StoreSpec> smaller;  ///< set if the file is the same store with fewer samples
};
/// Throws Error(usage) if the file cannot be continued as this store.
[[nodiscard]] Found examine(const StoreFile& file, const Layout& layout,
                            const StoreOptions& options);
/// Reads the header of the file. Throws Error(usage).
[[nodiscard]] StoreSpec spec_of(const StoreFile& file);

/// Reads every tile that the table lists, in order. `intact`: its checksum matches `data`.
using ListedTile =
    std::function<void(std::int64_t tile, const std::vector<std::byte>& data, bool intact)>;
void for_each_listed(const StoreFile& file, const Layout& layout, Control* control,
                     const ListedTile& found);
/// Describes damage outside header and tiles: a wrong length, or damaged bytes after the table.
[[nodiscard]] std::vector<std::string> other_damage(const StoreFile& file, const Layout& layout);
[[nodiscard]] std::string damaged_text(const Layout& layout, std::int64_t tile);

/// Creates a store without tiles. If another process was faster, opens its file.
[[nodiscard]] StoreFile create_store(const std::filesystem::path& path, const Layout& layout);
/// Replaces a store by one with more samples, which keeps all tiles that stay the same. Adds to
/// `damage` a message for each tile that cannot be kept.
[[nodiscard]] StoreFile grow_store(const StoreFile& old, const StoreSpec& old_spec,
                                   const Layout& layout, Control* control,
                                   std::vector<std::string>& damage);

}  // namespace widelimit::detail
