// Where plugins are looked for, in which order, and what a name means.
#include <widelimit/error.hpp>

#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

using namespace widelimit;
using namespace widelimit::test;

namespace {

std::string refusal(RuntimeOptions options) {
  try {
    const Runtime runtime(std::move(options));
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    return e.what();
  }
  return {};
}

struct Environment {
  explicit Environment(const std::string& value) {
    setenv("WIDELIMIT_PLUGIN_PATH", value.c_str(), 1);
  }
  ~Environment() { unsetenv("WIDELIMIT_PLUGIN_PATH"); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
};

}  // namespace

TEST_CASE("the same id twice: the earlier directory wins, the later file is listed as shadowed") {
  const Folder first, second;
  first.add({"plain"});
  second.add({"plain_newer"});
  const Runtime a(only({first.path(), second.path()}));
  REQUIRE(a.plugins().size() == 1);
  CHECK(a.plugins()[0].version == "1.0.0");
  CHECK(outcome(a, "plain_newer.so") ==
        "org.example.plain is shadowed by " + (first.path() / "plain.so").string());
  const Runtime b(only({second.path(), first.path()}));
  CHECK(b.plugins()[0].version == "2.0.0");
}

TEST_CASE("the same type from two ids: the bare name is refused, naming both; the long one works") {
  const Folder folder;
  folder.add({"plain", "rival"});
  const Runtime runtime(only({folder.path()}));
  REQUIRE(runtime.plugins().size() == 2);
  try {
    static_cast<void>(runtime.network(network_of("plain")));
    FAIL("an ambiguous name was accepted");
  } catch (const Error& e) {
    const std::string what = e.what();
    CHECK(what.find("org.example.plain/plain") != std::string::npos);
    CHECK(what.find("org.example.rival/plain") != std::string::npos);
    CHECK(what.find((folder.path() / "plain.so").string()) != std::string::npos);
    CHECK(what.find((folder.path() / "rival.so").string()) != std::string::npos);
  }
  CHECK_NOTHROW(static_cast<void>(runtime.network(network_of("org.example.rival/plain"))));
}

TEST_CASE("sub-folders are not searched, nor files that are not called .so") {
  const Folder folder;
  std::filesystem::create_directory(folder.path() / "deeper");
  std::filesystem::rename(folder.add({"plain"}), folder.path() / "deeper" / "plain.so");
  std::filesystem::rename(folder.add({"rival"}), folder.path() / "rival.so.1");
  const Runtime runtime(only({folder.path()}));
  CHECK(runtime.plugins().empty());
}

TEST_CASE("only regular files are opened, and links to them") {
  const Folder folder, elsewhere;
  std::filesystem::create_symlink(elsewhere.add({"plain"}), folder.path() / "link.so");
  REQUIRE(mkfifo((folder.path() / "pipe.so").c_str(), 0600) == 0);
  std::filesystem::create_symlink("pipe.so", folder.path() / "link_to_pipe.so");
  std::filesystem::create_symlink("/dev/zero", folder.path() / "device.so");
  std::filesystem::create_directory(folder.path() / "folder.so");
  RuntimeOptions o = only({folder.path()});
  const Runtime runtime(o);  // opening the pipe would wait for ever
  REQUIRE(runtime.plugins().size() == 1);
  CHECK(runtime.plugins()[0].id == "org.example.plain");
  for (const char* file : {"pipe.so", "link_to_pipe.so", "device.so", "folder.so"})
    CHECK(outcome(runtime, file) == "not a regular file");
  o.plugins = {"pipe"};
  CHECK(refusal(std::move(o)) == "/plugins/0: plugin \"pipe\": not a regular file");
}

TEST_CASE("a list of names loads these alone, from whichever directory has them") {
  const Folder first, second;
  first.add({"rival"});
  first.add_as("text", "plain");
  second.add({"plain", "resident"});
  RuntimeOptions o = only({first.path(), second.path()});
  o.plugins = {"plain"};  // broken in the first, right in the second
  const Runtime runtime(std::move(o));
  REQUIRE(runtime.plugins().size() == 1);
  CHECK(runtime.plugins()[0].file == (second.path() / "plain.so").string());
}

TEST_CASE("an unknown name says where to look") {
  const Folder folder;
  RuntimeOptions o = only({folder.path()});
  o.plugins = {"plain"};
  CHECK(refusal(std::move(o)) == "/plugins/0: no plugin \"plain\" on the plugin path");
}

TEST_CASE("a file named by a configuration is refused without permission") {
  const Folder folder;
  folder.add({"plain"});
  const std::string absolute = (folder.path() / "plain.so").string();
  for (const std::string& file : {std::string("./plain.so"), std::string("plain.so"), absolute}) {
    RuntimeOptions o = only({});
    o.plugins = {file};
    o.config_directory = folder.path();
    const std::string why = refusal(o);
    CHECK(why.find("allow that, or put the file on the plugin path") != std::string::npos);
    CHECK(why.find("--") == std::string::npos);  // a program may have no such option
    CHECK(why.find("name it \"plain\"") != std::string::npos);
    o.allow_config_plugins = true;
    const Runtime runtime(std::move(o));
    REQUIRE(runtime.plugins().size() == 1);
    CHECK(runtime.plugins()[0].id == "org.example.plain");
  }
  RuntimeOptions o = only({});
  o.plugins = {"./absent.so"};
  o.config_directory = folder.path();
  o.allow_config_plugins = true;
  CHECK(refusal(std::move(o)).find("\"./absent.so\"") != std::string::npos);
}

TEST_CASE("WIDELIMIT_PLUGIN_PATH comes after the options' directories, and can be switched off") {
  const Folder first, second, third;
  first.add({"plain"});
  second.add({"plain_newer"});
  third.add({"rival"});
  const Environment environment(second.path().string() + "::" + third.path().string());
  RuntimeOptions o = only({first.path()});
  o.use_environment = true;
  const Runtime runtime(std::move(o));
  REQUIRE(runtime.plugins().size() == 2);
  CHECK(runtime.plugins()[0].version == "1.0.0");
  CHECK(runtime.plugins()[1].id == "org.example.rival");
  CHECK(Runtime(only({first.path()})).plugins().size() == 1);
}

TEST_CASE("a directory that does not exist is reported, but is no error") {
  const Runtime runtime(only({"/nonexistent/plugins"}));
  REQUIRE(runtime.search().size() == 1);
  CHECK(runtime.search()[0].problem);
  CHECK(runtime.search()[0].outcome.find("No such file") != std::string::npos);
}

TEST_CASE("two runtimes of one process have plugins of their own") {
  const Folder first, second;
  first.add({"plain"});
  second.add({"resident"});
  const Runtime a(only({first.path()})), b(only({second.path()}));
  CHECK_NOTHROW(static_cast<void>(a.network(network_of("plain"))));
  CHECK_THROWS_AS(static_cast<void>(a.network(network_of("resident"))), Error);
  CHECK_NOTHROW(static_cast<void>(b.network(network_of("resident"))));
  CHECK_THROWS_AS(static_cast<void>(b.network(network_of("plain"))), Error);
}

TEST_CASE("a network of a plugin in C computes") {
  const Folder folder;
  folder.add({"plain"});
  const Runtime runtime(only({folder.path()}));
  const Network net = runtime.network(network_of("plain"));
  CHECK(net.spec().size() == 1);
  const Matrix k = net.nngp(Samples(Matrix{{1, 2}, {2, -1.5}}));
  CHECK(k(0, 0) == 2.5);
  CHECK(k(0, 1) == -0.5);
  CHECK(k(1, 1) == 3.125);
}
