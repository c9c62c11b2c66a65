// Runs one block through all layers while it is in cache.
#include "engine/dense/evaluator.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace widelimit::detail {

namespace {

template <class T>
constexpr std::uint32_t dtype = sizeof(T) == 4 ? WIDELIMIT_F32 : WIDELIMIT_F64;

template <class T>
widelimit_field field_of(std::int64_t rows, std::int64_t lanes, const T* nngp, const T* ntk) {
  widelimit_field f{};
  f.struct_size = sizeof f;
  f.dtype = dtype<T>;
  f.rank = 1;
  f.lanes = lanes;
  f.extent[0] = rows;
  for (int a = 1; a < 4; ++a) f.extent[a] = 1;
  // The boundary has one field type for reading and writing; transforms write their output only.
  f.nngp = const_cast<T*>(nngp);
  f.ntk = const_cast<T*>(ntk);
  return f;
}

}  // namespace

template <class T>
TripMemory<T>::TripMemory(const Program& program, std::int64_t rows, std::int64_t lanes)
    : zero_(to_size(rows * lanes)),
      scratch_(to_size(program.scratch_bytes)),
      first_at_(to_size(rows)),
      second_at_(to_size(rows), 0) {
  std::iota(first_at_.begin(), first_at_.end(), 0);
  for (int b = 1; b < program.buffers; ++b) {
    buffers_.nngp.emplace_back(to_size(rows * lanes));
    buffers_.ntk.emplace_back(to_size(rows * lanes));
  }
  std::size_t widest = 1;
  for (const Step& s : program.steps) widest = std::max(widest, s.inputs.size());
  fields_.resize(widest);
  field_.resize(widest);
  pending_.resize(widest);
  shape_.resize(widest);
}

template <class T>
std::int64_t TripMemory<T>::bytes(const Program& program, std::int64_t rows,
                                  std::int64_t lanes) noexcept {
  return rows * lanes * static_cast<std::int64_t>(sizeof(T)) * (2 * program.buffers - 1) +
         static_cast<std::int64_t>(program.scratch_bytes);
}

template class TripMemory<float>;
template class TripMemory<double>;

template <class T>
struct Evaluator<T>::Block {
  const T* input = nullptr;
  std::int64_t rows = 0, lanes = 0;
  bool ntk = false;
  const Variances<T>*v1 = nullptr, *v2 = nullptr;  ///< of the rows and lanes of pairs
  std::int64_t row = 0, col = 0;
  Variances<T>* self = nullptr;  ///< output, if the block is of samples with themselves
  const Observer<T>* observer = nullptr;
};

template <class T>
void Evaluator<T>::run(const Block& block, TripMemory<T>& work) const {
  const auto nngp_of = [&](int buffer) -> const T* {
    return buffer == 0 ? block.input : work.buffers_.nngp[to_size(buffer - 1)].data();
  };
  const auto ntk_of = [&](int buffer) -> const T* {
    if (!block.ntk) return nullptr;
    return buffer == 0 ? work.zero_.data() : work.buffers_.ntk[to_size(buffer - 1)].data();
  };
  const auto observe = [&](int step, int buffer) {
    if (block.observer != nullptr && *block.observer)
      (*block.observer)(step, nngp_of(buffer), ntk_of(buffer));
  };
  observe(-1, 0);
  int index = 0;
  for (const Step& step : program_.steps) {
    const std::size_t n = step.inputs.size();
    for (std::size_t i = 0; i < n; ++i) {
      const Operand& v = step.inputs[i];
      work.fields_[i] = field_of<T>(block.rows, block.lanes, nngp_of(v.buffer), ntk_of(v.buffer));
      work.field_[i] = &work.fields_[i];
      work.pending_[i] = v.pending.is_identity() ? nullptr : &step.pending[i];
      work.shape_[i] = &step.in_shape[i];
    }
    widelimit_field output =
        field_of<T>(block.rows, block.lanes, nngp_of(step.output), ntk_of(step.output));
    widelimit_variances variances{};
    if (step.variances >= 0) {
      const auto at = to_size(step.variances);
      variances.struct_size = sizeof variances;
      if (block.self != nullptr) {
        const Operand& in = step.inputs.front();
        T* own = block.self->inputs[at].data();
        apply_nngp(in.pending, nngp_of(in.buffer), own, block.lanes);
        variances.first = variances.second = own;
        variances.first_lanes = static_cast<std::uint32_t>(block.lanes);
      } else {
        variances.first = block.v1->inputs[at].data() + block.row;
        variances.second = block.v2->inputs[at].data() + block.col;
        variances.first_lanes = 1;
      }
      variances.first_at = work.first_at_.data();
      variances.second_at = work.second_at_.data();
    }
    widelimit_run r{};
    r.struct_size = sizeof r;
    r.n_inputs = r.n_fields = static_cast<std::uint32_t>(n);
    r.inputs = work.field_.data();
    r.pending = work.pending_.data();
    r.variances = step.variances >= 0 ? &variances : nullptr;
    r.row_begin = 0;
    r.row_end = 1;
    r.output = &output;
    r.scratch = work.scratch_.data();
    r.in_shape = work.shape_.data();
    const Layer& layer = *step.node->layer;
    call_layer(layer, work.error_, [&](const widelimit_layer* object, widelimit_error* error) {
      return layer.table->infinite->transform(object, &r, error);
    });
    observe(index++, step.output);
  }
}

template <class T>
Variances<T> Evaluator<T>::compute_variances(const T* input, std::int64_t n, bool with_ntk,
                                             const Observer<T>& observer) const {
  Variances<T> v;
  v.lanes = padded_lanes(n);
  const auto size = to_size(v.lanes);
  for (int i = 0; i < program_.variances; ++i) v.inputs.emplace_back(size);
  v.diagonal.nngp.reserve(size);
  Buffer<T> data(size);
  std::copy_n(input, n, data.data());
  TripMemory<T> work(program_, 1, v.lanes);
  Block block;
  block.input = data.data();
  block.rows = 1;
  block.lanes = v.lanes;
  block.ntk = with_ntk;
  block.self = &v;
  block.observer = &observer;
  run(block, work);
  const Operand& last = program_.result;
  const auto at = to_size(last.buffer - 1);
  const T* k = last.buffer == 0 ? data.data() : work.buffers_.nngp[at].data();
  apply_nngp(last.pending, k, v.diagonal.nngp.data(), v.lanes);
  if (with_ntk) {
    v.diagonal.ntk.reserve(size);
    apply_ntk(last.pending, k, last.buffer == 0 ? work.zero_.data() : work.buffers_.ntk[at].data(),
              v.diagonal.ntk.data(), v.lanes);
  }
  return v;
}

template <class T>
void Evaluator<T>::compute_pairs(const T* input, std::int64_t rows, std::int64_t lanes,
                                 const Variances<T>& v1, std::int64_t row, const Variances<T>& v2,
                                 std::int64_t col, TripMemory<T>& work, const PerKernel<T*>& out,
                                 const Observer<T>& observer) const {
  Block block;
  block.input = input;
  block.rows = rows;
  block.lanes = lanes;
  block.ntk = out.ntk != nullptr || observer;
  block.v1 = &v1;
  block.row = row;
  block.v2 = &v2;
  block.col = col;
  block.observer = &observer;
  run(block, work);
  const Operand& last = program_.result;
  const auto at = to_size(last.buffer - 1);
  const T* k = last.buffer == 0 ? input : work.buffers_.nngp[at].data();
  if (out.ntk != nullptr)
    apply_ntk(last.pending, k, last.buffer == 0 ? work.zero_.data() : work.buffers_.ntk[at].data(),
              out.ntk, rows * lanes);
  // The NNGP kernel is written last because k may be out.nngp.
  if (out.nngp != nullptr) apply_nngp(last.pending, k, out.nngp, rows * lanes);
}

template class Evaluator<float>;
template class Evaluator<double>;

}  // namespace widelimit::detail
