// Reads and checks an existing store before anything is changed.
#include "store/opening.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "files/input_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::int64_t bytes_between_reports = 8 << 20;

std::string read_text(const StoreFile& file, std::int64_t offset, std::int64_t bytes) {
  std::string text(to_size(bytes), '\0');
  text.resize(file.read_some(offset, text.data(), text.size()));
  return text;
}

std::string join(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += "\n  " + one;
  return text;
}

/// The same store when it had fewer samples.
StoreSpec earlier_spec(const StoreSpec& now, const StoreSpec& stored, const StoreOptions& options) {
  StoreSpec spec = now;
  spec.rows = stored.rows;
  spec.cols = stored.cols;
  spec.origin = options.origin_of_first(stored.rows, stored.cols);
  return spec;
}

}  // namespace

StoreSpec spec_of(const StoreFile& file) {
  const std::string begin = read_text(file, 0, smallest_header);
  return read_header(read_text(file, 0, header_length(begin, file.path())), file.path());
}

Found examine(const StoreFile& file, const Layout& layout, const StoreOptions& options) {
  const std::string header = read_text(file, 0, layout.header_bytes());
  if (header == layout.header()) return {};
  if (is_damaged_copy(header, layout.header())) return {.damaged_header = true, .smaller = {}};
  const StoreSpec stored = spec_of(file);
  const StoreSpec& requested = layout.spec();
  const bool fewer = stored.rows <= requested.rows && stored.cols <= requested.cols;
  std::vector<std::string> changed = differences(stored, requested);
  if (fewer && options.origin_of_first) {
    changed = differences(stored, earlier_spec(requested, stored, options));
    if (changed.empty()) return {.damaged_header = false, .smaller = stored};
  }
  refuse(file.path(),
         "holds kernels of another experiment:" + join(changed) +
             "\nTo keep them, choose another output directory; to begin again, do not resume");
}

void for_each_listed(const StoreFile& file, const Layout& layout, Control* control,
                     const ListedTile& found) {
  std::vector<Checksum> table(to_size(layout.tiles()));
  // A truncated table lists fewer tiles.
  static_cast<void>(
      file.read_some(layout.header_bytes(), table.data(), table.size() * sizeof(Checksum)));
  const std::int64_t listed = layout.tiles() - std::count(table.begin(), table.end(), Checksum{});
  std::vector<std::byte> data(to_size(layout.tile_bytes()));
  const std::int64_t report_every =
      std::max<std::int64_t>(1, bytes_between_reports / layout.tile_bytes());
  std::int64_t read = 0;
  for (std::int64_t tile = 0; tile < layout.tiles(); ++tile) {
    const Checksum& entry = table[to_size(tile)];
    if (entry == Checksum{}) continue;
    if (control != nullptr) control->check();
    const bool there =
        file.read_some(layout.tile_offset(tile), data.data(), data.size()) == data.size();
    found(tile, data, there && layout.tile_checksum(tile, data.data()) == entry);
    if (++read % report_every == 0 || read == listed)
      if (control != nullptr) control->report({"check tiles", read, listed});
  }
}

std::vector<std::string> other_damage(const StoreFile& file, const Layout& layout) {
  std::vector<std::string> all;
  if (const std::int64_t size = file.size(); size != layout.file_bytes())
    all.push_back("the file is " + bytes_text(size) + " long instead of " +
                  std::to_string(layout.file_bytes()));
  const std::string gap =
      read_text(file, layout.table_end(), layout.data_offset() - layout.table_end());
  if (gap.find_first_not_of('\0') != std::string::npos)
    all.emplace_back("bytes between the table and the tiles are damaged");
  return all;
}

std::string damaged_text(const Layout& layout, std::int64_t tile) {
  return layout.name(tile) + " is damaged: its checksum does not match";
}

StoreFile create_store(const std::filesystem::path& path, const Layout& layout) {
  return StoreFile::create(path, layout.file_bytes(), false, [&](StoreFile& file) {
    file.write(0, layout.header().data(), layout.header().size());
  });
}

StoreFile grow_store(const StoreFile& old, const StoreSpec& old_spec, const Layout& layout,
                     Control* control, std::vector<std::string>& damage) {
  const Layout before(old_spec);
  return StoreFile::create(old.path(), layout.file_bytes(), true, [&](StoreFile& file) {
    file.write(0, layout.header().data(), layout.header().size());
    for_each_listed(old, before, control,
                    [&](std::int64_t tile, const std::vector<std::byte>& data, bool intact) {
                      const TileIndices indices = before.indices(tile);
                      if (!intact) {
                        damage.push_back(damaged_text(before, tile));
                      } else if (before.rows_of(indices) == layout.rows_of(indices) &&
                                 before.cols_of(indices) == layout.cols_of(indices)) {
                        const std::int64_t now = layout.index(indices);
                        file.write(layout.tile_offset(now), data.data(), data.size());
                        const Checksum sum = layout.tile_checksum(now, data.data());
                        file.write(layout.entry_offset(now), sum.data(), sum.size());
                      }
                    });
  });
}

}  // namespace widelimit::detail
