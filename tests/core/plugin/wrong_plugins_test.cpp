// Every wrong plugin has its own message. It is skipped if it is only on the search path, and an
// error if it was requested. Plugins that crash, hang or exit are tested in a child process:
// `widelimit verify`.
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
      {"older_draft",
       "a plugin built for draft 1 of the plugin boundary; this program speaks draft 2: rebuild "
       "the plugin with this release's SDK"},
      {"newer_draft",
       "a plugin built for draft 99 of the plugin boundary, newer than draft 2, which this program "
       "speaks: use a newer release of widelimit"},
      {"newer_major",
       "a plugin built for version 2 of the plugin boundary, newer than draft 2, which this "
       "program speaks: use a newer release of widelimit"},
      {"no_symbol", "a shared library without the symbol " WIDELIMIT_ENTRY_SYMBOL},
      {"undefined_symbol", "cannot be loaded: undefined symbol: a_function_that_nobody_defines"},
      {"throws_in_entry", "its entry function threw an exception: thrown on purpose"},
      {"null_entry", "cannot run on this processor"},
      {"no_id", "lacks its id"},
      {"no_size", "the struct_size of widelimit_plugin is 0; it must be sizeof(widelimit_plugin)"},
      {"no_version", "lacks its version"},
      {"no_create", "lacks create, destroy or plan"},
      {"null_layer", "a layer type of the plugin is NULL"},
      {"no_table", "has no table of them"},
      {"same_type_twice", "offers type \"plain\" twice"},
      {"needs_newer_host", "needs minor 99 of the plugin boundary; this program has minor 0"},
      {"bad_schema", "the parameter schema of type \"plain\""},
      {"refuses_to_open", "no licence for this machine"},
      {"throws_in_open", "let an exception escape, which no plugin may: thrown on purpose"},
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
    CHECK(said.find("boost") == std::string::npos);
    CHECK(said.find(folder.path().string()) == std::string::npos);  // `where` says it
    REQUIRE(runtime.plugins().size() == 1);
    CHECK(runtime.plugins()[0].id == "org.example.plain");

    RuntimeOptions options = only({folder.path()});
    options.plugins = {w.name};
    try {
      const Runtime refused(std::move(options));
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

TEST_CASE("all requested plugins that cannot be loaded are reported at once") {
  const Folder folder;
  folder.add({"text", "plain"});
  RuntimeOptions options = only({folder.path()});
  options.plugins = {"text", "nowhere", "plain", "./file.so"};
  try {
    const Runtime refused(std::move(options));
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.problems().size() == 3);
  }
}

TEST_CASE("an exception that escapes from a plugin is an error, which outlives the library") {
  for (const char* moment : {"throws_in_create", "throws_in_plan", "throws_in_transform"}) {
    CAPTURE(moment);
    const Folder folder;
    const auto file = folder.add({moment});
    try {
      RuntimeOptions o = only({folder.path()});
      o.unload = true;
      const Runtime runtime(std::move(o));
      static_cast<void>(runtime.network(network_of("misbehaves")).nngp(Samples(Matrix{{1.0}})));
      FAIL("no error");
    } catch (const Error& e) {
      CHECK_FALSE(mapped(file));
      CHECK(e.pointer() == "/network/0");
      CHECK(std::string(e.what()).find("thrown on purpose") != std::string::npos);
    }
  }
}

TEST_CASE("an exception from open is a refusal, reported after the library was unloaded") {
  const Folder folder;
  const auto file = folder.add({"throws_in_open"});
  RuntimeOptions o = only({folder.path()});
  o.unload = true;
  const Runtime runtime(std::move(o));
  CHECK_FALSE(mapped(file));
  CHECK(outcome(runtime, "throws_in_open.so").find("thrown on purpose") != std::string::npos);
}

TEST_CASE("an exception from destroy or close does not end the program") {
  for (const char* moment : {"throws_in_destroy", "throws_in_close"}) {
    CAPTURE(moment);
    const Folder folder;
    const auto file = folder.add({moment});
    {
      RuntimeOptions o = only({folder.path()});
      o.unload = true;
      const Runtime runtime(std::move(o));
      static_cast<void>(runtime.network(network_of("misbehaves")));
    }
    CHECK_FALSE(mapped(file));
  }
}
