// The progress bar and the lines around it.
#include "display.hpp"

#include "common/escape.hpp"
#include "common/numbers.hpp"
#include "common/sizes.hpp"
#include "common/table.hpp"

#include <widelimit/error.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace widelimit::program {
namespace {

using namespace std::chrono_literals;

constexpr auto bar_interval = 80ms;  // of redrawing a bar
constexpr auto line_interval = 10s;  // of lines where there is no terminal
constexpr auto eta_after = 400ms;    // before that an estimate is a guess
constexpr std::size_t name_width = 50, head_width = 30;

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share, std::size_t width) {
  // Eighths of a cell: left blocks, U+2588 to U+258F.
  const auto eighths =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(8 * width));
  std::string text;
  for (std::size_t cell = 0; cell < width; ++cell) {
    const std::size_t filled = std::min<std::size_t>(8, eighths - std::min(eighths, 8 * cell));
    if (filled == 0)
      text += "\u00b7";
    else
      text += std::string("\xe2\x96") + static_cast<char>(0x90 - filled);
  }
  return text;
}

std::string clock_text(double seconds) {
  constexpr double two_days = 48 * 3600.0;
  if (seconds >= two_days) return apps::seconds_text(seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  char text[32];
  if (whole < 3600)
    std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(whole / 60),
                  static_cast<int>(whole % 60));
  else
    std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(whole / 3600),
                  static_cast<int>(whole / 60 % 60), static_cast<int>(whole % 60));
  return text;
}

std::string tiles_text(const Progress& progress, double rate) {
  char speed[32];
  std::snprintf(speed, sizeof speed, rate < 10 ? "%.2g" : "%.0f", rate);
  return apps::count_text(progress.done) + " of " + apps::count_text(progress.total) + " tiles, " +
         speed + "/s";
}

// Escapes of the terminal are this file's alone: all other text comes through printable().
void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Display::Display(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

Display::~Display() { erase_bar(); }

void Display::progress(const Progress& progress) {
  if (quiet_ || progress.total <= 0) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const std::string phase = printable(progress.phase);
  if (phase != phase_ || progress.done < last_done_) {
    phase_ = phase;
    phase_begin_ = last_shown_ = now;
    done_at_begin_ = progress.done;
  }
  last_done_ = progress.done;
  if (now - last_shown_ <
      (terminal_ ? Clock::duration(bar_interval) : Clock::duration(line_interval)))
    return;
  last_shown_ = now;

  const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
  const std::chrono::duration<double> spent = now - phase_begin_;
  // Work that a resumed run found finished does not count for its speed.
  const double rate = static_cast<double>(progress.done - done_at_begin_) / spent.count();
  std::string left;
  if (rate > 0 && share < 1 && spent > eta_after)
    left = clock_text(static_cast<double>(progress.total - progress.done) / rate) + " left";
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * share);
  if (phase_ == "kernel" && !left.empty()) left = tiles_text(progress, rate) + ", " + left;
  if (!terminal_) {
    put(name() + ": " + percent + (left.empty() ? "" : ", " + left) + "\n");
    return;
  }
  const std::string head = "  " + apps::padded(name(), head_width) + " ";
  const std::string tail = std::string(" ") + percent + "  " + left;
  const std::size_t taken = apps::character_count(head) + apps::character_count(tail) + 2;
  const std::size_t columns = terminal_columns();
  const std::size_t room = columns > taken ? std::min<std::size_t>(columns - taken, 40) : 0;
  show(head + (room < 8 ? "" : bar(share, room)) + tail);
}

void Display::begin(const std::string& phase) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  step_ = printable(phase);
  phase_.clear();
  if (terminal_) show("  " + step_ + " ...");
}

std::string Display::name() const {
  // The phase "kernel" of the step "kernel train_train" would be a repetition.
  if (step_.empty() || step_.starts_with(phase_)) return step_.empty() ? phase_ : step_;
  return step_ + ", " + phase_;
}

void Display::show(const std::string& text) {
  put("\r" + text + "\x1b[K");
  bar_shown_ = true;
}

void Display::step(const std::string& phase, double seconds) {
  line(apps::padded("  " + phase, name_width) + "  " +
       apps::padded_left(apps::seconds_text(seconds), 9));
}

void Display::warning(const std::string& text) { line("warning: " + text); }

void Display::line(const std::string& text) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  erase_bar();
  put(printable(text) + "\n");
}

void Display::erase_bar() {
  if (bar_shown_) put("\r\x1b[K");
  bar_shown_ = false;
}

}  // namespace widelimit::program
