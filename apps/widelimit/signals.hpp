// Ctrl-C and SIGTERM: the first asks the run to stop, the second ends the program at once.
// Thread safety: install and remove from the main thread.
#pragma once

#include <widelimit/control.hpp>

namespace widelimit::program {

/// While this object lives, the first SIGINT or SIGTERM cancels `control`. One at a time.
class CancelOnSignal {
 public:
  explicit CancelOnSignal(Control& control);
  ~CancelOnSignal();
  CancelOnSignal(const CancelOnSignal&) = delete;
  CancelOnSignal& operator=(const CancelOnSignal&) = delete;
};

/// The exit status of a run that was stopped: 128 + the signal, 130 without one.
[[nodiscard]] int interrupted_status() noexcept;

}  // namespace widelimit::program
