// Numbers in either precision, in memory that detects overruns.
// Thread safety: as an array.
#pragma once

#include "guarded.hpp"

#include <widelimit/abi.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace widelimit::conformance {

/// Bytes that an output holds before the transform: NaN in both precisions, so that entries that
/// are not written, or are added to, can be found.
inline constexpr int untouched_fill = 0xFF;

class Array {
 public:
  /// `name` as of GuardedBytes.
  Array(std::uint32_t dtype, std::size_t size, const char* name = "an array of a field")
      : dtype_(dtype),
        bytes_(size * (dtype == WIDELIMIT_F32 ? sizeof(float) : sizeof(double)), name) {
    std::memset(bytes_.data(), untouched_fill, bytes_.size());
    before_.assign(bytes_.data(), bytes_.data() + bytes_.size());
  }
  void set(const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (dtype_ == WIDELIMIT_F32) {
        const auto value = static_cast<float>(values[i]);
        std::memcpy(bytes_.data() + i * sizeof value, &value, sizeof value);
      } else {
        std::memcpy(bytes_.data() + i * sizeof values[i], &values[i], sizeof values[i]);
      }
    }
    before_.assign(bytes_.data(), bytes_.data() + bytes_.size());
  }
  [[nodiscard]] std::vector<double> get() const {
    const std::size_t n = bytes_.size() / element();
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (dtype_ == WIDELIMIT_F32) {
        float value = 0;
        std::memcpy(&value, bytes_.data() + i * sizeof value, sizeof value);
        values[i] = static_cast<double>(value);
      } else {
        std::memcpy(&values[i], bytes_.data() + i * sizeof(double), sizeof(double));
      }
    }
    return values;
  }
  [[nodiscard]] void* data() const noexcept { return bytes_.data(); }
  /// Is everything unchanged but the entries begin .. end?
  [[nodiscard]] bool intact_outside(std::size_t begin, std::size_t end) const {
    const auto* now = bytes_.data();
    return bytes_.margin_intact() && std::equal(now, now + begin * element(), before_.begin()) &&
           std::equal(now + end * element(), now + bytes_.size(),
                      before_.begin() + static_cast<std::ptrdiff_t>(end * element()));
  }

 private:
  [[nodiscard]] std::size_t element() const noexcept {
    return dtype_ == WIDELIMIT_F32 ? sizeof(float) : sizeof(double);
  }
  std::uint32_t dtype_;
  GuardedBytes bytes_;
  std::vector<std::byte> before_;
};

}  // namespace widelimit::conformance
