// A value that is made when it is first asked for.
#pragma once

#include <mutex>
#include <optional>

namespace widelimit::detail {

/// Thread safety: get() may be called concurrently; one caller makes the value, the others wait.
template <class T>
class Lazy {
 public:
  /// `make()` is called until it returns once instead of throwing.
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
