// Files that are either whole or not there: written beside and renamed.
// Thread safety: one thread per object, but KernelFiles::put, which is for many.
#pragma once

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

/// Throws Error(io) that names the file and the system's reason (disk full, no permission, ...).
/// Without commit() nothing is left behind.
class WIDELIMIT_EXPORT AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view bytes);
  void write(const void* data, std::size_t bytes);
  /// Flushes, renames onto the final name.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

WIDELIMIT_EXPORT void write_file(const std::filesystem::path& file, std::string_view text);

/// An .npy file of any shape, C order, float64.
WIDELIMIT_EXPORT void write_npy(const std::filesystem::path& file, const double* data,
                                const std::vector<std::int64_t>& shape);

/// An .npy file of any shape that is read in parts: a kernel may be gigabytes where a picture needs
/// a few hundred of its rows.
class WIDELIMIT_EXPORT NpyFile {
 public:
  /// Reads the header. Throws Error(usage) that names the file where it cannot be opened, or is not
  /// exactly one array of float32, float64 or uint8 with at least one number.
  explicit NpyFile(const std::filesystem::path& file);
  ~NpyFile();
  NpyFile(NpyFile&&) noexcept;
  NpyFile& operator=(NpyFile&&) = delete;

  /// At least one axis, each of at least one.
  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept;
  /// Of the numbers in the file; unset where they are uint8.
  [[nodiscard]] std::optional<Precision> precision() const noexcept;
  /// Numbers in one entry of the first axis: the product of all other extents.
  [[nodiscard]] std::int64_t row_size() const noexcept;
  /// Entries [begin, begin + count) of the first axis, [count, row_size()] in C order. Throws
  /// Error(usage) where the array has no such entries, Error(io) where they cannot be read.
  [[nodiscard]] Matrix rows(std::int64_t begin, std::int64_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A sink that writes kernels to .npy files as their tiles come, in bounded memory; the disk space
/// is claimed first, so a full disk is an error before any work.
class WIDELIMIT_EXPORT KernelFiles final : public KernelSink {
 public:
  /// An empty path: that kernel is not wanted.
  KernelFiles(const PerKernel<std::filesystem::path>& files, std::int64_t rows, std::int64_t cols,
              Precision precision);
  ~KernelFiles() override;
  /// Kernels of the tile that are not wanted are left out.
  void put(const Tile& tile) override;
  /// Flushes and renames both. Throws Error(internal) where an entry was never put.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
