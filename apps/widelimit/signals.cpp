// Signal handlers: only async-signal-safe calls, only lock-free atomics.
#include "signals.hpp"

#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace widelimit::program {
namespace {

std::atomic<Control*> running{nullptr};
std::atomic<int> received{0};
static_assert(std::atomic<Control*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
  const int saved = errno;
  Control* control = running.load();
  if (received.exchange(number) != 0 || !control) _exit(128 + number);
  control->cancel();
  constexpr std::string_view note =
      "\nStopping as soon as the current step allows; interrupt again to stop at once.\n";
  if (isatty(STDERR_FILENO)) static_cast<void>(!write(STDERR_FILENO, note.data(), note.size()));
  errno = saved;
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

CancelOnSignal::CancelOnSignal(Control& control) {
  running.store(&control);
  handle(on_signal);
}

CancelOnSignal::~CancelOnSignal() {
  handle(SIG_DFL);
  running.store(nullptr);
}

int interrupted_status() noexcept {
  const int number = received.load();
  return 128 + (number == 0 ? SIGINT : number);
}

}  // namespace widelimit::program
