// How long a library stays: shown from the process's own map of its memory.
#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

RuntimeOptions unloading(const Folder& folder) {
  RuntimeOptions o = only({folder.path()});
  o.unload = true;
  return o;
}

}  // namespace

TEST_CASE("with unload, a library leaves the process with the last object that needs it") {
  const Folder folder;
  const auto file = folder.add({"plain"});
  std::optional<Runtime> runtime(unloading(folder));
  CHECK(mapped(file));
  std::optional<Network> net(runtime->network(network_of("plain")));
  runtime.reset();
  CHECK(mapped(file));  // the network holds it
  CHECK(net->nngp(Samples(Matrix{{2.0}}))(0, 0) == 4);
  net.reset();
  CHECK_FALSE(mapped(file));
}

TEST_CASE("a library of two runtimes stays until both are gone") {
  const Folder folder;
  const auto file = folder.add({"plain"});
  std::optional<Runtime> a(unloading(folder)), b(unloading(folder));
  a.reset();
  CHECK(mapped(file));
  CHECK_NOTHROW(static_cast<void>(b->network(network_of("plain"))));
  b.reset();
  CHECK_FALSE(mapped(file));
}

TEST_CASE("libraries are resident by default, and a library that requires it always is") {
  const Folder folder;
  const auto plain = folder.add({"plain"}), resident = folder.add({"resident"});
  { const Runtime runtime(only({folder.path()})); }
  CHECK(mapped(plain));
  const Folder other;
  const auto insists = other.add({"resident"});
  { const Runtime runtime(unloading(other)); }
  CHECK(mapped(insists));
}

TEST_CASE("a wrong plugin does not stay mapped") {
  const Folder folder;
  const auto file = folder.add({"throws_in_entry"});
  const Runtime runtime(only({folder.path()}));
  CHECK_FALSE(mapped(file));
}

TEST_CASE("a plugin is opened once for all runtimes, and closed when the last is gone") {
  const Folder folder;
  folder.add({"opens"});
  std::vector<std::string> log;
  RuntimeOptions o = unloading(folder);
  o.log = [&](LogLevel level, std::string_view component, std::string_view message) {
    if (level == LogLevel::debug) return;  // which file is being loaded
    CHECK(level == LogLevel::information);
    CHECK(component == "org.example.opens");
    log.emplace_back(message);
  };
  std::optional<Runtime> first(o), second(o);
  CHECK(log == std::vector<std::string>{"opened"});
  first.reset();
  CHECK(log.size() == 1);
  second.reset();
  CHECK(log == std::vector<std::string>{"opened", "closed"});
  const Runtime again(o);
  CHECK(log.size() == 3);
}

TEST_CASE("a plugin is not opened again before its close has returned") {
  const Folder folder;
  const auto file = folder.add({"opens"});
  std::mutex mutex;
  std::vector<std::string> log;
  std::promise<void> closing;
  const auto note = [&](const char* what) {
    const std::lock_guard lock(mutex);
    log.emplace_back(what);
  };
  RuntimeOptions slow = unloading(folder), next = slow;
  slow.log = [&](LogLevel, std::string_view, std::string_view message) {
    if (message != "closed") return;
    closing.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    note("closed by the first");
  };
  next.log = [&](LogLevel, std::string_view, std::string_view message) {
    if (message == "opened") note("opened by the second");
  };
  std::optional<Runtime> first(slow);
  std::thread last_user([&] { first.reset(); });
  closing.get_future().wait();
  { const Runtime second(next); }
  last_user.join();
  CHECK(log == std::vector<std::string>{"closed by the first", "opened by the second"});
  CHECK_FALSE(mapped(file));
}
