// The control of the call in which a plugin is at work. Hosts lend plugins one table of services
// for all calls, so `cancelled` and the progress of a plugin find the control by the thread.
#pragma once

#include <widelimit/control.hpp>

namespace widelimit::detail {

/// While it lives, services that this thread calls belong to this control. NULL: to that of the
/// call around it.
class CallControl {
 public:
  explicit CallControl(const Control* control) noexcept : before_(current_) {
    if (control != nullptr) current_ = control;
  }
  CallControl(const CallControl&) = delete;
  CallControl& operator=(const CallControl&) = delete;
  ~CallControl() { current_ = before_; }

  /// NULL: none.
  [[nodiscard]] static const Control* current() noexcept;
  [[nodiscard]] static bool cancelled() noexcept;

 private:
  static constinit thread_local const Control* current_;

  const Control* before_;
};

}  // namespace widelimit::detail
