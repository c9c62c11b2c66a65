// A value that is computed on first use.
#pragma once

#include <mutex>
#include <optional>

namespace widelimit::detail {

/// Thread safety: get() may be called concurrently; one caller computes the value, the others wait.
template <class T>
class Lazy {
 public:
  /// Calls make() if there is no value yet. If make() throws, the next call tries again.
  template <class F>
  const T& get(F&& make) const {
    const std::lock_guard lock(mutex_);
    if (!value_) value_.emplace(make());
    return *value_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::optional<T> value_;
};

}  // namespace widelimit::detail
