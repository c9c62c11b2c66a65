// The small verbs, help, and wrong usage.
#include "support/experiments.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

TEST_CASE("--version names release, ABI, compiler, BLAS and SIMD target") {
  const Result result = run_program({"--version"});
  CHECK(result.status == 0);
  CHECK(result.err == "");
  for (const std::string word : {"widelimit ", "ABI", "compiler", "OpenBLAS", "SIMD"})
    CHECK(contains(result.out, word));
}

TEST_CASE("every verb explains itself") {
  for (const std::string verb :
       {"run", "kernel", "check", "plugins", "describe", "schema", "verify", "report"}) {
    const Result result = run_program({verb, "--help"});
    CHECK(result.status == 0);
    CHECK(contains(result.out, "Usage: widelimit " + verb));
    // Only an experiment can name plugin files.
    const bool runs = verb == "run" || verb == "kernel" || verb == "check";
    CHECK((result.out.find("--allow-plugin-files") != std::string::npos) == runs);
  }
  const Result help = run_program({"--help"});
  CHECK(help.status == 0);
  CHECK(contains(help.out, "describe"));
}

TEST_CASE("wrong usage is exit status 2 and says what would be right") {
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& part) {
    const Result result = run_program(arguments);
    INFO(result.out);
    CHECK(result.status == 2);
    CHECK(contains(result.err, part));
  };
  refused({}, "Usage");
  refused({"rum"}, "expected one of run");
  refused({"run"}, "experiment");
  refused({"run", "a.json", "--ouput", "x"}, "--ouput");
  refused({"run", "a.json", "--threads", "0"}, "--threads");
  refused({"run", "a.json", "--threads", "many"}, "--threads");
  refused({"run", "no-such-file.json"}, "no-such-file.json");
  refused({"describe"}, "type");
  refused({"plugins", "--plugin-dir", "no-such-folder"}, "no-such-folder");
}

TEST_CASE("plugins lists what was found, and --why where was looked") {
  const Result result = run_program({"plugins"});
  INFO(result.err);
  CHECK(result.status == 0);
  for (const std::string word :
       {"dense", "relu", "leaky_relu", "cholesky", "eigh", "org.widelimit."})
    CHECK(contains(result.out, word));
  const Result why = run_program({"plugins", "--why"});
  CHECK(contains(why.out, WIDELIMIT_TEST_PLUGINS));
  CHECK(contains(why.out, "loaded"));

  const Json json = Json::parse(run_program({"plugins", "--json"}).out, "stdout");
  bool found = false;
  for (const Json& plugin : at(json, {"plugins"}).elements()) {
    const std::vector<std::string> layers = texts(at(plugin, {"layers"}));
    found |= std::find(layers.begin(), layers.end(), "relu") != layers.end();
  }
  CHECK(found);
  CHECK(at(json, {"search"}).size() > 0);
}

TEST_CASE("plugins --why says what became of a file that is no plugin") {
  const TemporaryDirectory directory;
  directory.file("text.so", "hello");
  const Result result =
      run_program({"plugins", "--why", "--plugin-dir", directory.path().string()});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "text.so"));
  const Result plain = run_program({"plugins", "--plugin-dir", directory.path().string()});
  CHECK(contains(plain.out, "Not in use:"));
  CHECK(contains(plain.out, "text.so: not a shared library"));
  CHECK(run_program({"plugins"}).out.find("Not in use:") == std::string::npos);
  const Json json = Json::parse(
      run_program({"plugins", "--json", "--plugin-dir", directory.path().string()}).out, "stdout");
  bool problem = false;
  for (const Json& step : at(json, {"search"}).elements())
    if (contains(text(at(step, {"where"})), "")) problem |= at(step, {"problem"}).boolean();
  CHECK(problem);
}

TEST_CASE("a pipe beside the plugins is passed over, and named where it is asked for") {
  const TemporaryDirectory directory;
  const std::string pipe = directory / "x.so";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::string folder = directory.path().string();
  const Result plugins = run_program({"plugins", "--plugin-dir", folder});
  CHECK(plugins.status == 0);
  CHECK(contains(plugins.out, "x.so: not a regular file"));
  CHECK(run_program({"describe", "relu", "--plugin-dir", folder}).status == 0);
  const Result verify = run_program({"verify", pipe});
  CHECK(verify.status == 2);
  CHECK(contains(verify.err, "not a file"));
}

TEST_CASE("describe shows a type's summary, parameters, defaults and ranges") {
  const Result relu = run_program({"describe", "relu"});
  INFO(relu.err);
  CHECK(relu.status == 0);
  CHECK(contains(relu.out, "relu"));
  CHECK(contains(relu.out, "layer"));
  const Result dense = run_program({"describe", "dense"});
  for (const std::string word : {"W_std", "b_std", "width", "parameterization", "\"ntk\""})
    CHECK(contains(dense.out, word));
  const Result cholesky = run_program({"describe", "cholesky"});
  CHECK(contains(cholesky.out, "solver"));
  CHECK(!contains(cholesky.out, "Theta"));

  const Json json = Json::parse(run_program({"describe", "dense", "--json"}).out, "stdout");
  CHECK(text(at(json, {"name"})) == "dense");
  CHECK(text(at(json, {"kind"})) == "layer");
  CHECK(number(at(json, {"params_schema", "properties", "W_std", "default"})) == 1);

  const Result unknown = run_program({"describe", "rellu"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "\"rellu\"; did you mean \"relu\"?"));
}

TEST_CASE("describe says a thing once, names the inputs of branches, and explains its letters") {
  const std::string relu = run_program({"describe", "relu"}).out;
  CHECK(relu.find("max(x, 0)") == relu.rfind("max(x, 0)"));
  CHECK(contains(relu, "It has no parameters."));
  CHECK(contains(relu, "Theta the NTK"));
  for (const std::string type : {"sum", "product", "concat"}) {
    const std::string out = run_program({"describe", type}).out;
    INFO(out);
    CHECK(contains(out, "inputs  list of networks, at least 2, required"));
    CHECK(contains(out, "{\"type\": \"" + type + "\", \"inputs\": [["));
    CHECK(!contains(out, "no parameters"));
  }
}

TEST_CASE("schema prints one JSON Schema with every type in it") {
  const Result result = run_program({"schema"});
  CHECK(result.status == 0);
  const Json schema = Json::parse(result.out, "stdout");
  CHECK(contains(text(at(schema, {"$schema"})), "2020-12"));
  for (const std::string type : {"\"relu\"", "\"leaky_relu\"", "\"dense\"", "\"cholesky\""})
    CHECK(contains(result.out, type));
}
