// The progress of a run on stderr: a bar with the time left on a terminal, plain lines elsewhere,
// nothing when quiet. Our own code, because libraries for progress bars know neither phases nor
// plain lines.
// Thread safety: progress() from any thread, one call at a time (as Control makes them); the rest
// from the main thread.
#pragma once

#include <widelimit/control.hpp>

#include <chrono>
#include <mutex>
#include <string>

namespace widelimit::program {

class Display {
 public:
  explicit Display(bool quiet);
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void progress(const Progress& progress);
  /// A step begins; progress() is its progress from now on.
  void begin(const std::string& phase);
  /// A step is finished.
  void step(const std::string& phase, double seconds);
  void warning(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void line(const std::string& text);
  /// The step and its phase.
  [[nodiscard]] std::string name() const;
  /// One line that the next one replaces.
  void show(const std::string& text);
  void erase_bar();

  const bool quiet_, terminal_;
  std::mutex mutex_;
  std::string step_, phase_;
  Clock::time_point phase_begin_, last_shown_;
  std::int64_t last_done_ = 0, done_at_begin_ = 0;
  bool bar_shown_ = false;
};

}  // namespace widelimit::program
