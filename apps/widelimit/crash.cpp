// The message is written piece by piece, because a signal handler may call little more than write()
// and raise().
#include "crash.hpp"

#include "verbs.hpp"

#include <widelimit/examine/plugin_call.hpp>

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace widelimit::program {
namespace {

constexpr std::array fatal{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
std::array<struct sigaction, fatal.size()> usual;

void print(std::string_view text) {
  static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
}

// Names come from files. Control characters, which terminals obey, become question marks.
void print_name(std::string_view name) {
  for (const char c : name) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    print(std::string_view(control ? "?" : &c, 1));
  }
}

// "the program crashed" or "the program was ended", and where.
void print(std::string_view what, const PluginCall& call) {
  print("widelimit: ");
  print(what);
  if (call.kind == "file") {
    print(" while it was loading plugin ");
    print_name(call.name);
    print("; to examine the plugin: widelimit verify ");
    print_name(call.name);
  } else {
    print(" in code of a plugin: ");
    print(call.kind);
    print(" ");
    print_name(call.name);
    if (!call.pointer.empty()) print(" of ");
    print_name(call.pointer);
    print("; to examine the plugin: widelimit verify FILE (`widelimit plugins` shows its file)");
  }
  print("\n");
}

extern "C" void on_crash(int number) {
  if (const PluginCall call = current_plugin_call(); !call.kind.empty())
    print("the program crashed", call);
  // Again, now with what is usual: the end, or the report of a sanitizer.
  for (std::size_t i = 0; i < fatal.size(); ++i)
    if (fatal[i] == number) sigaction(number, &usual[i], nullptr);
  raise(number);
}

extern "C" void on_exit_of_program() {
  const PluginCall call = current_plugin_call();
  if (call.kind.empty()) return;
  print("the program was ended", call);
  std::fflush(nullptr);
  _exit(failed);
}

}  // namespace

void watch_plugins() {
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_NODEFER;
  for (std::size_t i = 0; i < fatal.size(); ++i) sigaction(fatal[i], &action, &usual[i]);
  std::atexit(on_exit_of_program);
  std::at_quick_exit(on_exit_of_program);
}

}  // namespace widelimit::program
