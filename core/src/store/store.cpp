// KernelStore. It syncs the data first and then the table that lists them. After a power cut, every
// tile that the table lists is therefore complete, and the others are computed again. Checksums
// detect disks that do not keep what they acknowledged.
#include <widelimit/store.hpp>

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "files/input_file.hpp"
#include "store/assembly.hpp"
#include "store/opening.hpp"

#include <unistd.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace widelimit {

using detail::Layout;
using detail::StoreFile;
using detail::TileIndices;

namespace {

using Clock = std::chrono::steady_clock;

struct Pending {
  std::int64_t tile;
  detail::Checksum sum;
};

Layout layout_of(const std::filesystem::path& file, StoreSpec spec) {
  detail::require_valid(spec, file);
  return Layout(std::move(spec));
}

}  // namespace

struct KernelStore::State {
  State(const std::filesystem::path& path, StoreSpec spec, StoreOptions opts, Control* control)
      : layout(layout_of(path, std::move(spec))),
        options(std::move(opts)),
        file(open(path, control)),
        assembly(layout),
        there(std::make_unique<std::atomic<bool>[]>(to_size(layout.tiles()))) {
    read_tiles(control);
  }

  StoreFile open(const std::filesystem::path& path, Control* control) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      StoreFile created = detail::create_store(path, layout);
      if (detail::examine(created, layout, options).smaller)
        throw Error(ErrorCode::io, path.string() + " was made by another process just now", {},
                    {.path = path});
      return created;
    }
    StoreFile found(path, StoreFile::Access::write);
    const detail::Found what = detail::examine(found, layout, options);
    if (what.smaller) return detail::grow_store(found, *what.smaller, layout, control, damage);
    if (what.damaged_header) {
      damage.emplace_back("the header is damaged; it is repaired, no tile is lost");
      found.write(0, layout.header().data(), layout.header().size());
    }
    for (std::string& text : detail::other_damage(found, layout)) damage.push_back(std::move(text));
    if (found.size() != layout.file_bytes()) found.resize(layout.file_bytes());
    const std::string zeros(to_size(layout.data_offset() - layout.table_end()), '\0');
    if (!damage.empty()) found.write(layout.table_end(), zeros.data(), zeros.size());
    return found;
  }

  void read_tiles(Control* control) {
    constexpr detail::Checksum none{};
    detail::for_each_listed(file, layout, control,
                            [&](std::int64_t tile, const std::vector<std::byte>&, bool intact) {
                              there[to_size(tile)] = intact;
                              if (intact) {
                                ++done;
                                return;
                              }
                              damage.push_back(detail::damaged_text(layout, tile));
                              file.write(layout.entry_offset(tile), none.data(), none.size());
                            });
    if (!damage.empty()) file.sync();
  }

  void write_tile(std::int64_t tile, const std::byte* data) {
    const detail::Checksum sum = layout.tile_checksum(tile, data);
    file.write(layout.tile_offset(tile), data, to_size(layout.tile_bytes()));
    there[to_size(tile)] = true;
    ++done;
    bool due;
    {
      const std::lock_guard lock(mutex);
      pending.push_back({tile, sum});
      due =
          static_cast<std::int64_t>(pending.size()) * layout.tile_bytes() >= options.batch_bytes ||
          Clock::now() - last_commit >= options.batch_time;
    }
    if (!due) return;
    if (const std::unique_lock lock(committing, std::try_to_lock); lock.owns_lock()) commit_now();
  }

  // Guarded by `committing`.
  void commit_now() {
    std::vector<Pending> batch;
    {
      const std::lock_guard lock(mutex);
      batch.swap(pending);
    }
    if (!batch.empty()) {
      file.sync();
      for (const Pending& p : batch)
        file.write(layout.entry_offset(p.tile), p.sum.data(), p.sum.size());
      file.sync();
    }
    const std::lock_guard lock(mutex);
    last_commit = Clock::now();
  }

  std::vector<std::string> damage;  // before `file`: opening it fills it in
  Layout layout;
  StoreOptions options;
  StoreFile file;
  detail::Assembly assembly;
  std::unique_ptr<std::atomic<bool>[]> there;
  std::atomic<std::int64_t> done{0};
  std::mutex mutex, committing;
  std::vector<Pending> pending;  // written, not in the table yet
  Clock::time_point last_commit = Clock::now();
};

KernelStore::KernelStore(const std::filesystem::path& file, StoreSpec spec, StoreOptions options,
                         Control* control)
    : state_(std::make_unique<State>(file, std::move(spec), std::move(options), control)) {}

void KernelStore::require_resumable(const std::filesystem::path& file, const StoreSpec& spec,
                                    const StoreOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  static_cast<void>(
      detail::examine(StoreFile(file, StoreFile::Access::write), layout_of(file, spec), options));
}

void KernelStore::remove(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  const StoreFile alone(file, StoreFile::Access::write);
  if (::unlink(file.c_str()) != 0)
    throw Error(ErrorCode::io,
                file.string() + " cannot be removed: " + std::system_category().message(errno), {},
                {.path = file});
}

KernelStore::~KernelStore() {
  try {
    commit();
  } catch (const std::exception&) {
    // put or commit has reported the error, or the caller did not call commit. At most one batch is
    // lost.
  }
}

bool KernelStore::has(const TileArea& area) const {
  const auto [row, col, rows, cols] = area;
  const Layout& layout = state_->layout;
  const std::int64_t side = layout.side();
  for (std::int64_t down = row / side; down <= (row + rows - 1) / side; ++down)
    for (std::int64_t across = col / side; across <= (col + cols - 1) / side; ++across) {
      TileIndices indices{down, across};
      if (!layout.stored(indices)) std::swap(indices.down, indices.across);
      if (!state_->there[to_size(layout.index(indices))]) return false;
    }
  return true;
}

void KernelStore::put(const Tile& block) {
  State& s = *state_;
  s.assembly.put(
      block, [&](std::int64_t tile) { return !s.there[to_size(tile)]; },
      [&](std::int64_t tile, const std::byte* data) { s.write_tile(tile, data); });
}

void KernelStore::commit() {
  const std::lock_guard lock(state_->committing);
  state_->commit_now();
}

std::int64_t KernelStore::tiles() const noexcept { return state_->layout.tiles(); }
std::int64_t KernelStore::done() const noexcept { return state_->done; }
const std::vector<std::string>& KernelStore::damage() const noexcept { return state_->damage; }

}  // namespace widelimit
