// A store found on the disk: whose it is, what of it is whole, how it grows.
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

/// What the header of a file says, compared with what is asked for.
struct Found {
  bool damaged_header = false;       ///< it is this store's, with wrong bytes in it
  std::optional<StoreSpec> to_grow;  ///< set: it is the same with fewer samples
};
/// Throws Error(usage) for what cannot go on as this store.
[[nodiscard]] Found examine(const StoreFile& file, const Layout& layout,
                            const StoreOptions& options);
/// The header as it stands in the file. Throws Error(usage).
[[nodiscard]] StoreSpec spec_of(const StoreFile& file);

/// Reads every tile that the table lists, in order. `whole`: its checksum matches `data`.
using ListedTile =
    std::function<void(std::int64_t tile, const std::vector<std::byte>& data, bool whole)>;
void for_each_listed(const StoreFile& file, const Layout& layout, Control* control,
                     const ListedTile& found);
/// What is wrong beside header and tiles: the length, the bytes after the table.
[[nodiscard]] std::vector<std::string> other_damage(const StoreFile& file, const Layout& layout);
[[nodiscard]] std::string damaged_text(const Layout& layout, std::int64_t tile);

/// A new store without tiles; the one that is there, where another process was faster.
[[nodiscard]] StoreFile create_store(const std::filesystem::path& path, const Layout& layout);
/// Replaces a store by one of more samples, with all tiles that stay the same. `damage` hears of
/// those that cannot be taken.
[[nodiscard]] StoreFile grow_store(const StoreFile& old, const StoreSpec& old_spec,
                                   const Layout& layout, Control* control,
                                   std::vector<std::string>& damage);

}  // namespace widelimit::detail
