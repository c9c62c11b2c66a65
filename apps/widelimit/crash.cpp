// The message is composed before a plugin's code runs, because a signal handler may call little
// more than write() and raise().
#include "crash.hpp"

#include <widelimit/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <string>

namespace widelimit::program {
namespace {

constexpr std::string_view component_of_loading = "plugins", begins_with = "loading ";
constexpr std::array fatal{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::string_view before = "widelimit: the program crashed while it was loading plugin ",
                           between = "; to examine the plugin: widelimit verify ";

std::array<char, 8192> note;
std::size_t note_length = 0;
bool installed = false;
std::array<struct sigaction, fatal.size()> usual;

extern "C" void on_crash(int number) {
  static_cast<void>(!write(STDERR_FILENO, note.data(), note_length));
  raise(number);  // again, now with the default action: SA_RESETHAND
}

void append(std::string_view text) {
  const std::size_t count = std::min(text.size(), note.size() - note_length);
  std::copy_n(text.data(), count, note.data() + note_length);
  note_length += count;
}

void install_handlers() {
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (std::size_t i = 0; i < fatal.size(); ++i) sigaction(fatal[i], &action, &usual[i]);
  installed = true;
}

void restore_handlers() {
  if (!installed) return;
  for (std::size_t i = 0; i < fatal.size(); ++i) sigaction(fatal[i], &usual[i], nullptr);
  installed = false;
}

}  // namespace

void watch_plugin_loading(LogLevel level, std::string_view component, std::string_view message) {
  if (level != LogLevel::debug || component != component_of_loading) return;
  restore_handlers();
  if (!message.starts_with(begins_with)) return;
  const std::string file = printable(message.substr(begins_with.size()));
  note_length = 0;
  for (const std::string_view part :
       {before, std::string_view(file), between, std::string_view(file), std::string_view("\n")})
    append(part);
  install_handlers();
}

}  // namespace widelimit::program
