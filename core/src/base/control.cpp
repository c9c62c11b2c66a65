// Progress and cancellation.
#include <widelimit/control.hpp>
#include <widelimit/error.hpp>

#include <utility>

namespace widelimit {

Control::Control(std::function<void(const Progress&)> on_progress)
    : on_progress_(std::move(on_progress)) {}

void Control::check() const {
  if (cancelled()) throw Error(ErrorCode::cancelled, "stopped on request");
}

void Control::report(const Progress& progress) const {
  if (!on_progress_) return;
  while (busy_.test_and_set(std::memory_order_acquire)) busy_.wait(true, std::memory_order_relaxed);
  struct Release {
    std::atomic_flag& flag;
    ~Release() {
      flag.clear(std::memory_order_release);
      flag.notify_one();
    }
  } release{busy_};
  on_progress_(progress);
}

}  // namespace widelimit
