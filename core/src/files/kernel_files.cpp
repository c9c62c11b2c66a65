// The sink that writes both kernels of a run to files.
#include <widelimit/experiment/files.hpp>

#include "files/tile_file.hpp"

#include <optional>

namespace widelimit {

struct KernelFiles::State {
  std::optional<detail::TileFile> nngp, ntk;
};

KernelFiles::KernelFiles(const std::filesystem::path& nngp, const std::filesystem::path& ntk,
                         std::int64_t rows, std::int64_t cols, Precision precision)
    : state_(std::make_unique<State>()) {
  if (!nngp.empty()) state_->nngp.emplace(nngp, rows, cols, precision);
  if (!ntk.empty()) state_->ntk.emplace(ntk, rows, cols, precision);
}

KernelFiles::~KernelFiles() = default;

void KernelFiles::put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                      const void* nngp, const void* ntk, std::int64_t ld, bool mirror) {
  const auto save = [&](std::optional<detail::TileFile>& file, const void* block) {
    if (!file || block == nullptr) return;
    file->put(row, col, rows, cols, block, ld);
    if (mirror) file->put_transposed(col, row, cols, rows, block, ld);
  };
  save(state_->nngp, nngp);
  save(state_->ntk, ntk);
}

void KernelFiles::commit() {
  if (state_->nngp) state_->nngp->commit();
  if (state_->ntk) state_->ntk->commit();
}

}  // namespace widelimit
