// Progress and cancellation of long calls.
// Thread safety: one Control may be used by any number of threads at once; cancel() may be called
// from a signal handler.
#pragma once

#include <widelimit/abi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace widelimit {

/// The progress of one phase of a long call. All units of `total` are equal amounts of work.
struct Progress {
  std::string phase = {};  ///< "kernel", "factorise", "losses", "train", ...
  std::int64_t done = 0, total = 0;
};

class WIDELIMIT_EXPORT Control {
 public:
  Control() = default;
  explicit Control(std::function<void(const Progress&)> on_progress);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool cancelled() const noexcept {
    return cancelled_.load(std::memory_order_relaxed);
  }
  /// Throws Error(cancelled) after cancel().
  void check() const;
  /// Calls the listener. Any thread may call this; the listener runs in one thread at a time.
  void report(const Progress& progress) const;

 private:
  std::atomic<bool> cancelled_{false};
  mutable std::atomic_flag busy_;
  std::function<void(const Progress&)> on_progress_;
};

}  // namespace widelimit
