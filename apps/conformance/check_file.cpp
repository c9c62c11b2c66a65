// Checks of the file: what it exports, how it loads, whether it unloads.
#include "checks.hpp"
#include "elf.hpp"

#include <widelimit/version.hpp>

#include <algorithm>
#include <fstream>
#include <latch>
#include <set>
#include <thread>

namespace widelimit::conformance {
namespace {

bool is_mapped(const std::filesystem::path& file) {
  const std::string name = std::filesystem::canonical(file).string();
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(name)) return true;
  return false;
}

/// Why a library without the entry is no plugin for this program.
std::string without_entry(const std::vector<Export>& exports) {
  for (const Export& e : exports)
    if (std::string why = other_boundary(e.name); !why.empty()) return why;
  return "it does not export " WIDELIMIT_ENTRY_SYMBOL
         ": name the layers in WIDELIMIT_PLUGIN, or build it with widelimit_add_plugin()";
}

}  // namespace

void exports_one_symbol(Context& context) {
  context.set_activity("reading the symbols of the file");
  std::vector<Export> exports;
  try {
    exports = exported_symbols(context.file());
  } catch (const ElfError& e) {
    return context.fail(e.what());
  }
  const auto is_entry = [](const Export& e) { return e.name == WIDELIMIT_ENTRY_SYMBOL; };
  if (std::none_of(exports.begin(), exports.end(), is_entry))
    return context.fail(without_entry(exports));
  for (const Export& e : exports) {
    if (is_entry(e)) continue;
    context.fail("it also exports " + demangled(e.name) +
                 (e.unique ? ", a unique symbol that keeps it mapped for ever" : "") +
                 ": build it with widelimit_add_plugin(), whose version script hides the rest");
  }
  context.mark_examined();
}

void loads_now_local(Context& context) {
  context.set_activity("loading the library");
  try {
    const Library library(context.file());
    if (library.entry() == nullptr) context.fail(without_entry(exported_symbols(context.file())));
  } catch (const NotLoaded& e) {
    context.fail(e.what());
  }
  context.mark_examined();
}

void scan_under_10ms(Context& context) {
  context.set_activity("loading it and reading its descriptor");
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto start = Clock::now();
    const Plugin plugin(std::make_unique<Library>(context.file()));
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms", best);
  if (best > 10)
    context.warn(std::string(text) +
                 " at the best of three times: move the work into open() or create()");
  else
    context.note(text);
}

void unloads(Context& context) {
  context.set_activity("loading and closing the library");
  std::uint32_t flags = 0;
  {
    Plugin plugin(std::make_unique<Library>(context.file()));
    plugin.open(context.host());
    flags = plugin.table().flags;
  }
  context.mark_examined();
  if ((flags & WIDELIMIT_PLUGIN_RESIDENT) != 0)
    return context.note("it asked to stay (WIDELIMIT_PLUGIN_RESIDENT)");
  if (is_mapped(context.file()))
    context.fail(
        "it is still mapped after dlclose: unique symbols (build it with widelimit_add_plugin()), "
        "a thread it has started, or a library that cannot be unloaded; set "
        "WIDELIMIT_PLUGIN_RESIDENT if it must stay");
}

void entry_same_pointer_from_two_threads(Context& context) {
  context.set_activity("loading the library");
  const Library library(context.file());
  const auto entry = library.entry();
  if (entry == nullptr) return context.skip("it does not export " WIDELIMIT_ENTRY_SYMBOL);
  context.set_activity("calling " WIDELIMIT_ENTRY_SYMBOL " from several threads at once");
  constexpr std::size_t count = 8;
  std::vector<const widelimit_plugin*> seen(count);
  std::vector<std::exception_ptr> thrown(count);
  {
    std::latch start(static_cast<std::ptrdiff_t>(count));
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        try {
          seen[i] = entry();
        } catch (...) {
          thrown[i] = std::current_exception();
        }
      });
  }
  for (const std::exception_ptr& e : thrown)
    if (e) contained([&] { std::rethrow_exception(e); });
  const std::set<const widelimit_plugin*> different(seen.begin(), seen.end());
  if (different.size() != 1)
    context.fail("several threads got " + std::to_string(different.size()) +
                 " different descriptors: build it once, as a static local variable");
  else if (seen.front() == nullptr)
    context.fail("it returns NULL: it reports that it cannot run on this processor");
  context.mark_examined();
}

void opens(Context& context) {
  try {
    static_cast<void>(context.plugin());
  } catch (const NotLoaded& e) {
    context.fail(e.what());
  }
  context.mark_examined();
}

}  // namespace widelimit::conformance
