// Every wrong plugin is told apart, skipped where it merely lies on the path, and an error where it
// was asked for. What crashes, hangs or exits can only be met in a child process: `widelimit
// verify`.
#include <widelimit/error.hpp>

#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace widelimit;
using namespace widelimit::test;

TEST_CASE("a wrong plugin on the path is reported with its reason, and the others are loaded") {
  struct Wrong {
    const char *name, *reason;
  };
  const Wrong wrong[] = {
      {"text", "not a shared library"},
      {"other_major", "a plugin for ABI 7; this program speaks ABI 0"},
      {"no_symbol", "a shared library without the symbol widelimit_plugin_v0"},
      {"undefined_symbol", "undefined symbol: a_function_that_nobody_defines"},
      {"throws_in_entry", "its entry function threw an exception: thrown on purpose"},
      {"null_entry", "cannot run on this processor"},
      {"no_id", "lacks its id"},
      {"no_version", "lacks its version"},
      {"no_create", "lacks create, destroy or plan"},
      {"null_layer", "a layer type of the plugin is NULL"},
      {"no_table", "has no table of them"},
      {"same_type_twice", "offers type \"plain\" twice"},
      {"needs_newer_host", "needs a host of ABI 0.99, this one is 0.0"},
      {"bad_schema", "the parameter schema of type \"plain\""},
      {"refuses_to_open", "no licence for this machine"},
  };
  for (const Wrong& w : wrong) {
    CAPTURE(w.name);
    const Folder folder;
    folder.add({w.name});
    folder.add_as("plain", "zzz");
    const Runtime runtime(only({folder.path()}));
    const std::string said = outcome(runtime, std::string(w.name) + ".so");
    CAPTURE(said);
    CHECK(said.find(w.reason) != std::string::npos);
    REQUIRE(runtime.plugins().size() == 1);
    CHECK(runtime.plugins()[0].id == "org.example.plain");

    RuntimeOptions asked = only({folder.path()});
    asked.plugins = {w.name};
    try {
      const Runtime refused(std::move(asked));
      FAIL("a wrong plugin was loaded");
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::usage);
      CHECK(e.pointer() == "/plugins/0");
      const std::string what = e.what();
      CHECK(what.find(w.reason) != std::string::npos);
      CHECK(what.find("\"" + std::string(w.name) + "\"") != std::string::npos);
    }
  }
}

TEST_CASE("all plugins that were asked for and cannot be had are told at once") {
  const Folder folder;
  folder.add({"text", "plain"});
  RuntimeOptions asked = only({folder.path()});
  asked.plugins = {"text", "nowhere", "plain", "./file.so"};
  try {
    const Runtime refused(std::move(asked));
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.problems().size() == 3);
  }
}

TEST_CASE("an exception that escapes from a plugin is an error, not the end of the program") {
  const Folder folder;
  folder.add({"throws_in_create"});
  const Runtime runtime(only({folder.path()}));
  try {
    static_cast<void>(runtime.network(network_of("misbehaves")));
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.pointer() == "/network/0");
    CHECK(std::string(e.what()).find("thrown on purpose") != std::string::npos);
  }
}
