// The memory of a bundle.
#include "base/sizes.hpp"
#include "engine/spatial/bundle.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

std::size_t numbers(std::int64_t sites) { return to_size(sites * lanes); }

std::int64_t image_sites(const SpatialProgram& p) {
  std::int64_t most = 1;
  for (const FieldOp& op : p.ops) most = std::max(most, op.image.sites());
  return most;
}

std::uint64_t scratch_bytes(const SpatialProgram& p) {
  std::uint64_t most = 0;
  for (const FieldOp& op : p.ops)
    if (op.node != nullptr) most = std::max(most, op.node->scratch_bytes);
  return most;
}

// The operation needs a buffer for the variances of the whole image, because it stores something
// else: their mean or site terms.
bool needs_whole_field(const FieldOp& op) {
  return op.variances >= 0 && (op.site_mean || op.node->n_site_terms > 0);
}

}  // namespace

std::int64_t variance_numbers(const SpatialProgram& program, int index) {
  const FieldOp& op = program.reader_of_variances(index);
  return (op.site_mean ? 1 : op.image.sites()) * std::max<std::int64_t>(op.node->n_site_terms, 1);
}

template <class T>
BundleMemory<T>::BundleMemory(const SpatialProgram& program, const Schedule& s, bool ntk)
    : with_ntk_(ntk),
      row_(numbers(2 * s.longest_row)),
      scratch_(scratch_bytes(program)),
      gather_scratch_(program.ops.size()),
      all_zero_(to_size(image_sites(program))),
      site_numbers_(all_zero_.size()) {
  std::iota(site_numbers_.begin(), site_numbers_.end(), 0);
  for (const Kernel k : all_kernels) {
    if (k == Kernel::ntk && !ntk) continue;
    shared_[k].reserve(numbers(s.shared_sites));
    kept_[k].reserve(numbers(s.kept_sites));
    wrapped_[k].reserve(numbers(s.wrapped_sites));
  }
  if (ntk) zero_.reserve(numbers(program.ops.front().image.sites()));
  std::size_t widest = 1;
  for (const FieldOp& op : program.ops) {
    widest = std::max(widest, op.inputs.size());
    if (op.kind == FieldOp::Kind::gather)
      gather_scratch_[to_size(&op - program.ops.data())].reserve(op.node->scratch_bytes);
    if (needs_whole_field(op)) {
      whole_.reserve(numbers(image_sites(program)));
      if (op.site_mean && op.node->n_site_terms > 0) mean_.reserve(numbers(1));
    }
  }
  tables_.resize(s.tables.size());
  inputs_.resize(widest);
  input_.resize(widest);
  pending_.resize(widest);
  shape_.resize(widest);
}

template <class T>
std::int64_t BundleMemory<T>::bytes(const SpatialProgram& program, const Schedule& s,
                                    bool ntk) noexcept {
  const std::int64_t per_kernel = s.shared_sites + s.kept_sites + s.wrapped_sites;
  std::int64_t sites = (ntk ? 2 : 1) * per_kernel + 2 * s.longest_row;
  if (ntk) sites += program.ops.front().image.sites();
  // Scratch, all_zero_ and site_numbers_.
  std::int64_t scratch =
      static_cast<std::int64_t>(scratch_bytes(program)) + 8 * image_sites(program);
  bool whole = false;
  for (const FieldOp& op : program.ops) {
    if (op.kind == FieldOp::Kind::gather)
      scratch += static_cast<std::int64_t>(op.node->scratch_bytes);
    whole = whole || needs_whole_field(op);
  }
  if (whole) sites += image_sites(program);
  // Two 32-bit positions for each site.
  for (const std::int64_t table_sites : s.tables)
    scratch += static_cast<std::int64_t>(sizeof(Table)) + table_sites * 8;
  return sites * lanes * static_cast<std::int64_t>(sizeof(T)) + scratch;
}

template class BundleMemory<float>;
template class BundleMemory<double>;

}  // namespace widelimit::detail
