// The shape of one sample: what a network is planned for.
// Thread safety: a value.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit {

/// A sample is an array [site..., channel], channels last. Dense samples have no axis of sites.
struct WIDELIMIT_EXPORT SampleShape {
  std::vector<std::int64_t> sites = {};  ///< extent of every spatial axis
  std::int64_t channels = 0;

  /// Numbers of a sample: sites times channels. The largest number of the type where they are more.
  [[nodiscard]] std::int64_t features() const noexcept;
  /// As in "28 x 28 x 1".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const SampleShape&, const SampleShape&) = default;
};

}  // namespace widelimit
