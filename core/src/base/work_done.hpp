// Progress and cancellation of work that several threads do.
// Thread safety: all members may be called by any number of threads at once.
#pragma once

#include <widelimit/control.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace widelimit::detail {

/// Counts the work that is done and reports it to the control, which may be NULL. One lock covers
/// both, so that the listener never sees the count decrease.
class WorkDone {
 public:
  WorkDone(const Control* control, std::string phase, std::int64_t total, std::int64_t done = 0)
      : control_(control), now_{std::move(phase), done, total} {
    if (control_ != nullptr && done > 0) control_->report(now_);
  }

  /// Throws Error(cancelled) after cancel(): for the beginning of a unit of work.
  void check() const {
    if (control_ != nullptr) control_->check();
  }
  void add(std::int64_t units) {
    if (control_ == nullptr) return;
    const std::lock_guard lock(mutex_);
    now_.done += units;
    control_->report(now_);
  }

 private:
  const Control* control_;
  std::mutex mutex_;
  Progress now_;
};

}  // namespace widelimit::detail
