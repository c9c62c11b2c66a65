// Files that are either whole or not there: written beside and renamed.
// Thread safety: one thread per object, but KernelFiles::put, which is for many.
#pragma once

#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

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

/// A sink that writes kernels to .npy files as their tiles come, in bounded memory; the disk space
/// is claimed first, so a full disk is an error before any work.
class WIDELIMIT_EXPORT KernelFiles final : public KernelSink {
 public:
  /// An empty path: that kernel is not wanted.
  KernelFiles(const std::filesystem::path& nngp, const std::filesystem::path& ntk,
              std::int64_t rows, std::int64_t cols, Precision precision);
  ~KernelFiles() override;
  void put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
           const void* nngp, const void* ntk, std::int64_t ld, bool mirror) override;
  /// Flushes and renames both. Throws Error(internal) where an entry was never put.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
