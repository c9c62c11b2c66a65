// The sink that writes both kernels of a run to files.
#include <widelimit/experiment/files.hpp>

#include "files/tile_file.hpp"

#include <optional>

namespace widelimit {

struct KernelFiles::State {
  PerKernel<std::optional<detail::TileFile>> files;
};

KernelFiles::KernelFiles(const PerKernel<std::filesystem::path>& files, std::int64_t rows,
                         std::int64_t cols, Precision precision)
    : state_(std::make_unique<State>()) {
  for (const Kernel k : all_kernels)
    if (!files[k].empty()) state_->files[k].emplace(files[k], rows, cols, precision);
}

KernelFiles::~KernelFiles() = default;

void KernelFiles::put(const Tile& tile) {
  for (const Kernel k : all_kernels)
    if (std::optional<detail::TileFile>& file = state_->files[k]; file && tile.values[k] != nullptr)
      file->put(tile, k);
}

void KernelFiles::commit() {
  for (const Kernel k : all_kernels)
    if (state_->files[k]) state_->files[k]->commit();
}

}  // namespace widelimit
