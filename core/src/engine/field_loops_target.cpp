// The loops, compiled once for every target (CMakeLists.txt). Nothing here is inline with a name
// that other files could share: the linker would keep one copy, maybe of the wrong target.
#include "engine/field_loops_target.hpp"

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

template <class T>
void sum_rows(const T* const* rows, const T* weight, std::int64_t count, std::int64_t n, T* out) {
  for (std::int64_t i = 0; i < n * lanes; i += lanes) {
    T sum[lanes] = {};
    for (std::int64_t r = 0; r < count; ++r) {
      const T* const row = rows[r] + i;
      if (weight == nullptr)
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += row[l];
      else
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += weight[r] * row[l];
    }
    for (std::int64_t l = 0; l < lanes; ++l) out[i + l] = sum[l];
  }
}

template <class T>
void add_taps(const RowMap<T>& m, const T* row, std::int64_t first, T* sum) {
  for (std::int64_t t = 0; t < m.taps; ++t) {
    const std::int64_t c = first + t * m.dilation;
    if (c < 0 || c >= m.columns) continue;
    const T* const at = row + c * lanes;
    if (m.weight == nullptr)
      for (std::int64_t l = 0; l < lanes; ++l) sum[l] += at[l];
    else
      for (std::int64_t l = 0; l < lanes; ++l) sum[l] += m.weight[t] * at[l];
  }
}

template <class T>
void map_row(const RowMap<T>& m) {
  for (std::int64_t x = 0; x < m.sites; ++x) {
    const std::int64_t first = m.first + x * m.stride;
    T k[lanes] = {}, t[lanes] = {};
    if (m.nngp != nullptr) add_taps(m, m.nngp, first, k);
    T* const nngp = m.out_nngp + x * lanes;
    if (m.out_ntk != nullptr) {
      if (m.ntk != nullptr) add_taps(m, m.ntk, first, t);
      T* const ntk = m.out_ntk + x * lanes;
      for (std::int64_t l = 0; l < lanes; ++l)
        ntk[l] = m.ntk_nngp * k[l] + m.scale * t[l] + m.ntk_bias;
    }
    for (std::int64_t l = 0; l < lanes; ++l) nngp[l] = m.scale * k[l] + m.bias;
  }
}

template <class T>
void covariances(const T* x, std::int64_t first_lanes, const T* y, std::int64_t sites,
                 std::int64_t channels, T share, T* out) {
  for (std::int64_t s = 0; s < sites; ++s) {
    T sum[lanes] = {};
    for (std::int64_t c = 0; c < channels; ++c) {
      const T* const at = y + (s * channels + c) * lanes;
      if (first_lanes == 1) {
        const T of_x = x[s * channels + c];
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += of_x * at[l];
      } else {
        const T* const of_x = x + (s * channels + c) * lanes;
        for (std::int64_t l = 0; l < lanes; ++l) sum[l] += of_x[l] * at[l];
      }
    }
    for (std::int64_t l = 0; l < lanes; ++l) out[s * lanes + l] = share * sum[l];
  }
}

}  // namespace

const FieldLoops<float> WIDELIMIT_LOOPS(f32) = {sum_rows<float>, map_row<float>,
                                                covariances<float>};
const FieldLoops<double> WIDELIMIT_LOOPS(f64) = {sum_rows<double>, map_row<double>,
                                                 covariances<double>};

}  // namespace widelimit::detail
