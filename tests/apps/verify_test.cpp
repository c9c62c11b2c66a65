// widelimit verify as a verb: options, JSON and exit status. What the checks find is tested with
// them.
#include "sanitized.hpp"
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

const std::string bad = std::string(WIDELIMIT_TEST_BAD_PLUGINS) + "/";
const std::string relu = std::string(WIDELIMIT_TEST_PLUGINS) + "/relu.so";

}  // namespace

TEST_CASE("verify passes a good plugin and gives its results as JSON") {
  const Result result = run_program({"verify", relu, "--json", "--check", "exports-one-symbol",
                                     "--check", "fields-present", "--seed", "5"});
  INFO(result.err);
  CHECK(result.status == 0);
  const Json json = Json::parse(result.out, "stdout");
  CHECK(at(json, {"ok"}).boolean());
  CHECK(number(at(json, {"seed"})) == 5);
  CHECK(at(json, {"checks"}).size() == 2);
}

TEST_CASE("verify lists its checks") {
  const Result result = run_program({"verify", "--list"});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "exports-one-symbol"));
}

TEST_CASE("verify of what cannot be loaded as a plugin is exit status 2, with the reason") {
  const auto refused = [](const std::string& name, const std::string& why) {
    for (const std::vector<std::string>& options : {std::vector<std::string>{},
                                                    {"--check", "exports-one-symbol"},
                                                    {"--check", "symmetric", "--only-failed"}}) {
      std::vector<std::string> arguments{"verify", bad + name + ".so"};
      arguments.insert(arguments.end(), options.begin(), options.end());
      const Result result = run_program(arguments);
      INFO(name);
      CHECK(result.status == 2);
      CHECK(contains(result.out, why));
      CHECK(result.out.find("  skip ") == std::string::npos);
      // No list of checks. A sanitizer's plugins export names of its own, which are listed too.
      CHECK((sanitized || std::count(result.out.begin(), result.out.end(), '\n') <= 4));
    }
  };
  refused("text", "text.so: ");
  refused("older_draft", "draft 1 of the plugin boundary; this program speaks draft ");
  refused("newer_draft", "draft 99 of the plugin boundary, newer than draft ");
  refused("newer_major", "version 2 of the plugin boundary, newer than draft ");
  refused("no_symbol", "does not export");
  refused("undefined_symbol", "undefined symbol");
  refused("throws_in_entry", "exception crossed the boundary");
  refused("crashes_in_entry", sanitized ? "  crash " : "signal");  // a sanitizer exits instead
  refused("crashes_in_init", "signal");
  refused("exits_in_init", "must not exit");
  refused("null_entry", "it returns NULL");
  refused("needs_newer_host", "it needs a host of ABI minor 99, this one has 0");
  refused("refuses_to_open", "no licence for this machine");
  const Result result = run_program({"verify", bad + "older_draft.so", "--json"});
  CHECK(!at(Json::parse(result.out, "stdout"), {"loaded"}).boolean());
  CHECK(result.out.find("also exports") == std::string::npos);
}

// The address sanitizer reports a crash itself, and then exits with 1.
constexpr int crashed = widelimit::test::sanitized ? 1 : 128 + SIGSEGV;

TEST_CASE("a plugin that crashes while it is loaded is named, with what to do") {
  for (const std::string moment : {"in_entry", "in_init"}) {
    const TemporaryDirectory directory;
    const std::string name = "crashes_" + moment + ".so";
    std::filesystem::copy_file(bad + name, directory / name);
    const std::string file = directory.file("exp.json", regression(8));
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"plugins"}, {"check", file}, {"run", file}}) {
      std::vector<std::string> all = arguments;
      all.insert(all.end(), {"--plugin-dir", directory.path().string()});
      const Result result = run_program(Run{.arguments = all, .directory = directory.path()});
      INFO(result.err);
      CHECK(result.status == crashed);
      CHECK(contains(result.err, "while it was loading plugin " + (directory / name).string()));
      CHECK(contains(result.err, "widelimit verify " + (directory / name).string()));
    }
  }
  // With it out of the way nothing is heard of it.
  const Result well = run_program({"plugins"});
  CHECK(well.status == 0);
  CHECK(well.err.empty());
}

namespace {

// A run of a network with the plugin `name` of plugins_bad.
Result run_with(const std::string& name) {
  const TemporaryDirectory directory;
  std::filesystem::copy_file(bad + name + ".so", directory / (name + ".so"));
  std::string text = regression(8);
  text.replace(text.find("\"relu\""), 6, "\"misbehaves\"");
  const std::string file = directory.file("exp.json", text);
  return run_program(Run{.arguments = {"run", file, "--plugin-dir", directory.path().string()},
                         .directory = directory.path()});
}

}  // namespace

TEST_CASE("a plugin that ends the program ends no run with exit status 0") {
  for (const std::string moment : {"init", "entry", "open", "create", "plan", "transform"}) {
    const Result result = run_with("ends_in_" + moment);
    INFO(result.err);
    CHECK(result.status == 1);
    CHECK(contains(result.err, "widelimit: the program was ended "));
    const bool loads = moment == "init" || moment == "entry";
    CHECK(contains(result.err, loads              ? "while it was loading plugin "
                               : moment == "open" ? "org.example.misbehaves"
                                                  : "layer misbehaves of /network/1"));
    CHECK(contains(result.err, "widelimit verify "));
  }
}

TEST_CASE("a plugin that crashes in a run is named by its layer") {
  for (const std::string moment : {"create", "transform"}) {
    const Result result = run_with("crashes_in_" + moment);
    INFO(result.err);
    CHECK(result.status == crashed);
    CHECK(contains(result.err,
                   "the program crashed in code of a plugin: layer misbehaves of /network/1"));
  }
}

TEST_CASE("verify of a plugin that hangs while it is loaded is exit status 2") {
  const Result result = run_program({"verify", bad + "hangs_in_init.so", "--timeout", "2"});
  CHECK(result.status == 2);
  CHECK(contains(result.out, "no answer within"));
}

TEST_CASE("verify of a plugin that loads and breaks the contract is exit status 1") {
  const Result result =
      run_program({"verify", bad + "no_create.so", "--check", "fields-present", "--json"});
  CHECK(result.status == 1);
  const Json json = Json::parse(result.out, "stdout");
  CHECK(at(json, {"loaded"}).boolean());
  CHECK(at(json, {"checks"}).size() == 1);
}

TEST_CASE("verify examines the type, parameters and shape that are given") {
  const std::string conv = std::string(WIDELIMIT_TEST_PLUGINS) + "/conv.so";
  const std::vector<std::string> given{"verify",
                                       conv,
                                       "--type",
                                       "conv",
                                       "--params",
                                       R"({"filter_shape": [3], "channels": 2})",
                                       "--shape",
                                       "9,2",
                                       "--timeout",
                                       "60",
                                       "--json",
                                       "--check",
                                       "plan-plausible",
                                       "--check",
                                       "sites-match-finite"};
  const Result result = run_program(given);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  const Json json = Json::parse(result.out, "stdout");
  CHECK(at(json, {"ok"}).boolean());
  CHECK(at(json, {"types"})[0]["type"].text() == "conv");
  CHECK(at(json, {"checks"})[1]["types"][0]["result"].text() == "pass");
  const auto refused = [&](const std::vector<std::string>& options, const std::string& why) {
    std::vector<std::string> arguments{"verify", conv};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Result wrong = run_program(arguments);
    INFO(wrong.err);
    CHECK(wrong.status == 2);
    CHECK(contains(wrong.err, why));
  };
  refused({"--type", "convolution"}, "no type \"convolution\"; it has conv");
  refused({"--params", R"({"filter_shape": 3})"}, "/filter_shape");
  refused({"--shape", "9x2"}, "28,28,3");
  refused({"--timeout", "0"}, "--timeout");
}

TEST_CASE("verify that examines nothing is exit status 1, and says so") {
  const Result result = run_program({"verify", relu, "--check", "residual"});
  CHECK(result.status == 1);
  CHECK(contains(result.out, "Nothing was examined"));
}

TEST_CASE("verify refuses what it does not know") {
  const TemporaryDirectory directory;
  const Result missing = run_program({"verify", (directory / "none.so").string()});
  CHECK(missing.status == 2);
  const Result unknown = run_program({"verify", relu, "--check", "no-such-check"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "--list"));
  CHECK(run_program({"verify"}).status == 2);
}
