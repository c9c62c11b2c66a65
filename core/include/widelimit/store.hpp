// Kernels on disk, tile by tile: for kernels that do not fit into memory or take long to compute.
// core/src/store/README.md specifies the file format.
// Thread safety: any number of threads may call KernelStore::put and has, and const members of
// StoreReader, at once; everything else is for one thread at a time. A lock on the file admits one
// writing process, or any number of readers.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace widelimit {

/// One of the inputs of a kernel computation, such as {"layer 3", "relu 1.0.0 {}"}. Stores with
/// equal lists contain equal kernels. If the lists differ, the names say what changed.
struct StorePart {
  std::string name = {}, value = {};
  friend bool operator==(const StorePart&, const StorePart&) = default;
};
using StoreOrigin = std::vector<StorePart>;

/// The contents of a store: one or both kernels of one block.
struct StoreSpec {
  std::int64_t rows = 0, cols = 0;
  bool symmetric = false;  ///< one set of samples with itself: half of the tiles are stored
  Precision precision = Precision::float64;
  KernelSet kernels = both_kernels;
  std::int64_t tile_side = 128;  ///< a power of two from 8 to 4096
  StoreOrigin origin = {};
};

struct StoreOptions {
  /// Tiles are synced to disk after this many bytes or this time, whichever comes first.
  std::int64_t batch_bytes = std::int64_t{64} << 20;
  std::chrono::milliseconds batch_time{10000};
  /// Returns the origin for the first `rows` and `cols` samples only. If it is set, a store with
  /// fewer samples grows; otherwise such a store belongs to another experiment.
  std::function<StoreOrigin(std::int64_t rows, std::int64_t cols)> origin_of_first = {};
};

/// A sink whose tiles survive kill -9 and power cuts, so that no tile is computed twice.
class WIDELIMIT_EXPORT KernelStore final : public KernelSink {
 public:
  /// Creates the store and allocates all its disk space, or opens an existing one. Then it reads
  /// and checks every tile; damaged tiles count as missing (`damage` names them). `control` may be
  /// NULL; it receives the phase "check tiles" and can cancel it. Throws
  /// - Error(usage) if the file is not a store, or a store of another version or of another
  ///   experiment, with what changed; the file is not modified;
  /// - Error(io) if another process has locked the file (with its id), if the disk is full, and for
  ///   other errors of the system.
  KernelStore(const std::filesystem::path& file, StoreSpec spec, StoreOptions options = {},
              Control* control = nullptr);
  /// Checks only the header in the same way, and changes nothing. The file may be missing.
  static void require_resumable(const std::filesystem::path& file, const StoreSpec& spec,
                                const StoreOptions& options = {});
  /// Removes the file. Throws Error(io) if another process has locked it. The file may be missing.
  static void remove(const std::filesystem::path& file);
  /// Writes the last tiles if that is possible.
  ~KernelStore() override;
  KernelStore(const KernelStore&) = delete;
  KernelStore& operator=(const KernelStore&) = delete;

  [[nodiscard]] bool has(const TileArea& area) const override;
  /// The tile may be smaller or larger than a tile of the store. It must have the precision of the
  /// store and must not overlap earlier tiles. Throws Error(io) if the disk is full; the store
  /// keeps its tiles.
  void put(const Tile& tile) override;
  /// Syncs every complete tile to disk.
  void commit();

  [[nodiscard]] std::int64_t tiles() const noexcept;  ///< number of tiles of the whole store
  [[nodiscard]] std::int64_t done() const noexcept;   ///< number of stored tiles
  /// Messages about the damage found when the store was opened. Damaged tiles count as missing.
  [[nodiscard]] const std::vector<std::string>& damage() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens one kernel of a store, or of an .npy file with float32 or float64 in C order. The file
/// stays open. Throws Error(usage) for any other file.
[[nodiscard]] WIDELIMIT_EXPORT std::unique_ptr<KernelSource> open_kernel(
    const std::filesystem::path& file, Kernel kernel);

/// A memory-mapped store.
class WIDELIMIT_EXPORT StoreReader {
 public:
  /// Throws Error(usage) if the file is not a store or its header is damaged, Error(io) if a
  /// process writes to it.
  explicit StoreReader(const std::filesystem::path& file);
  ~StoreReader();
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;

  [[nodiscard]] const StoreSpec& spec() const noexcept;
  [[nodiscard]] std::int64_t tiles() const noexcept;
  [[nodiscard]] std::int64_t done() const noexcept;
  /// Reads the whole file. Returns a sentence for each damaged tile, and for other damage.
  [[nodiscard]] std::vector<std::string> verify(Control* control = nullptr) const;

  /// Reads a block in the precision of T, and checks each tile when it is read for the first time.
  /// Throws Error(usage) with the name of a missing or damaged tile. `control`, which may be NULL,
  /// is checked between rows of tiles and receives "read", in entries.
  template <class T>
  void read(Kernel kernel, std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
            T* out, std::int64_t ld, Control* control = nullptr) const;
  /// Writes a whole kernel to an .npy file in the precision of the store, a few rows at a time.
  void export_npy(Kernel kernel, const std::filesystem::path& file,
                  Control* control = nullptr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
