// Files that are either complete or missing: they are written under a temporary name and renamed.
// Thread safety: one thread per object, except for KernelFiles::put, which many threads may call.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

/// A file that appears when it is complete. Throws Error(io) with the file name and the reason of
/// the system (disk full, no permission, ...). Without commit(), no file remains.
class WIDELIMIT_EXPORT AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view bytes);
  void write(const void* data, std::size_t bytes);
  /// Flushes the file and gives it its final name.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

WIDELIMIT_EXPORT void write_file(const std::filesystem::path& file, std::string_view text);

/// Writes an .npy file of any shape, C order, float64. `control`, which may be NULL, receives
/// "write".
WIDELIMIT_EXPORT void write_npy(const std::filesystem::path& file, const double* data,
                                const std::vector<std::int64_t>& shape, Control* control = nullptr);

/// An .npy file of any shape that is read in parts, because a kernel can have gigabytes when a plot
/// needs only a few hundred of its rows.
class WIDELIMIT_EXPORT NpyFile {
 public:
  /// Reads the header. Throws Error(usage) with the file name if the file cannot be opened, or is
  /// not exactly one array of numbers of a plain type with at least one number.
  explicit NpyFile(const std::filesystem::path& file);
  ~NpyFile();
  NpyFile(NpyFile&&) noexcept;
  NpyFile& operator=(NpyFile&&) = delete;

  /// At least one axis; every extent is at least one.
  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept;
  /// Precision of the numbers in the file; unset if they have another type.
  [[nodiscard]] std::optional<Precision> precision() const noexcept;
  /// Numbers in one entry of the first axis: the product of all other extents.
  [[nodiscard]] std::int64_t row_size() const noexcept;
  /// Reads the entries [begin, begin + count) of the first axis, as [count, row_size()] in C order.
  /// Throws Error(usage) if the array has no such entries, Error(io) if they cannot be read.
  /// `control`, which may be NULL, receives "read".
  [[nodiscard]] Matrix rows(std::int64_t begin, std::int64_t count,
                            Control* control = nullptr) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A sink that writes tiles to .npy files with bounded memory. It allocates the disk space first,
/// so that a full disk is an error before the computation.
class WIDELIMIT_EXPORT KernelFiles final : public KernelSink {
 public:
  /// An empty path: do not write this kernel.
  KernelFiles(const PerKernel<std::filesystem::path>& files, std::int64_t rows, std::int64_t cols,
              Precision precision);
  ~KernelFiles() override;
  /// Writes the requested kernels of the tile and ignores the others.
  void put(const Tile& tile) override;
  /// Flushes the files and gives them their final names. Throws Error(internal) if an entry is
  /// missing.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
