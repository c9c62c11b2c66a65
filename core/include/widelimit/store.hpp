// Kernels on disk, tile by tile: for those that are too large, or take too long, for one sitting.
// The format is described byte by byte in core/src/store/README.md.
// Thread safety: KernelStore::put and has are for many threads at once, const members of
// StoreReader likewise; everything else is for one thread at a time. Between processes a lock on
// the file decides: one writer, or any number of readers.
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

/// One thing that kernels are made from, such as {"layer 3", "relu 1.0.0 {}"}. Two stores with
/// equal lists hold equal kernels; where lists differ, the names say what changed.
struct StorePart {
  std::string name, value;
  friend bool operator==(const StorePart&, const StorePart&) = default;
};
using StoreOrigin = std::vector<StorePart>;

/// What a store holds: both kernels of one block, or one of them.
struct StoreSpec {
  std::int64_t rows = 0, cols = 0;
  bool symmetric = false;  ///< a set of samples with itself: half of the tiles
  Precision precision = Precision::float64;
  KernelSet kernels = both_kernels;
  std::int64_t tile_side = 128;  ///< a power of two, 8 to 4096
  StoreOrigin origin;
};

struct StoreOptions {
  /// Tiles are on the disk for certain after that many bytes or that much time, whichever is first.
  std::int64_t batch_bytes = std::int64_t{64} << 20;
  std::chrono::milliseconds batch_time{10000};
  /// What the origin was when there were only the first `rows` and `cols` samples. Where it is
  /// given, a store of fewer samples grows; else it is of another experiment.
  std::function<StoreOrigin(std::int64_t rows, std::int64_t cols)> origin_of_first;
};

/// A sink whose tiles survive kill -9 and power cuts: what was computed is computed once.
class WIDELIMIT_EXPORT KernelStore final : public KernelSink {
 public:
  /// Makes the store, with all its disk space claimed, or opens the one that is there: every tile
  /// in it is read and checked, and tiles that are damaged are no longer there (`damage` names
  /// them). The control, which may be NULL, hears of this as "check tiles" and may cancel it.
  /// Throws
  /// - Error(usage) for a file that is no store, of another version, or of another experiment, with
  ///   what changed; the file stays as it is;
  /// - Error(io) where another process has it (with its id), where the disk is full, and for
  ///   whatever else the system refuses.
  KernelStore(const std::filesystem::path& file, StoreSpec spec, StoreOptions options = {},
              Control* control = nullptr);
  /// Does the same to the header alone and changes nothing. A file that is not there is fine.
  static void require_resumable(const std::filesystem::path& file, const StoreSpec& spec,
                                const StoreOptions& options = {});
  /// Removes the file unless a process has it: Error(io). A file that is not there is fine.
  static void remove(const std::filesystem::path& file);
  /// What was put last is written if that is possible.
  ~KernelStore() override;
  KernelStore(const KernelStore&) = delete;
  KernelStore& operator=(const KernelStore&) = delete;

  [[nodiscard]] bool has(const TileArea& area) const override;
  /// What is put may be smaller or larger than a tile of the store; it must be in the store's
  /// precision and must not overlap what was put before. Throws Error(io) where the disk is full;
  /// what is in the store stays there.
  void put(const Tile& tile) override;
  /// Waits until every tile that is whole is on the disk.
  void commit();

  [[nodiscard]] std::int64_t tiles() const noexcept;  ///< of the whole store
  [[nodiscard]] std::int64_t done() const noexcept;   ///< tiles that are there
  /// What was found damaged when the store was opened, in words; these tiles are not there.
  [[nodiscard]] const std::vector<std::string>& damage() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One kernel of a file, a store or an .npy file of float32 or float64 in C order; the file stays
/// open. Throws Error(usage) for a file that is neither.
[[nodiscard]] WIDELIMIT_EXPORT std::unique_ptr<KernelSource> open_kernel(
    const std::filesystem::path& file, Kernel kernel);

/// A store as a memory map.
class WIDELIMIT_EXPORT StoreReader {
 public:
  /// Throws Error(usage) for a file that is no store or damaged in its header, Error(io) where a
  /// process writes it.
  explicit StoreReader(const std::filesystem::path& file);
  ~StoreReader();
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;

  [[nodiscard]] const StoreSpec& spec() const noexcept;
  [[nodiscard]] std::int64_t tiles() const noexcept;
  [[nodiscard]] std::int64_t done() const noexcept;
  /// Reads everything; gives a sentence for each tile that is damaged, and for what else is.
  [[nodiscard]] std::vector<std::string> verify(Control* control = nullptr) const;

  /// A block in the precision of T. Each tile is checked when it is read for the first time. Throws
  /// Error(usage) that names a tile which is not there or damaged.
  template <class T>
  void read(Kernel kernel, std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
            T* out, std::int64_t ld) const;
  /// A whole kernel as an .npy file in the store's precision, written a few rows at a time.
  void export_npy(Kernel kernel, const std::filesystem::path& file,
                  Control* control = nullptr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
