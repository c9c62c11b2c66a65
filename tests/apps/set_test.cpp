// --set: where it splits, what it may change, what its messages say.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

struct Case {
  TemporaryDirectory directory;
  std::string file = directory.file("exp.json", regression(8));

  [[nodiscard]] Result run(const std::vector<std::string>& settings) const {
    std::vector<std::string> arguments{"run", file, "--out", (directory / "out").string(),
                                       "--quiet"};
    for (const std::string& setting : settings) {
      arguments.emplace_back("--set");
      arguments.push_back(setting);
    }
    return run_program(arguments);
  }
  [[nodiscard]] Json experiment() const {
    return at(json(directory / "out/run.json"), {"experiment"});
  }
};

}  // namespace

TEST_CASE("--set reads JSON where it parses, else text, and splits at the first =") {
  const Case c;
  const Result result =
      c.run({"/title=a=b", "/seed=5", "/network/0/W_std=2.5", "/precision=float32"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(text(at(c.experiment(), {"title"})) == "a=b");
  CHECK(number(at(c.experiment(), {"seed"})) == 5);
  CHECK(text(at(c.experiment(), {"precision"})) == "float32");
  CHECK(number(at(json(c.directory / "out/run.json"), {"network", "0", "params", "W_std"})) == 2.5);
}

TEST_CASE("--set adds missing keys, appends with /-, and works from left to right") {
  const Case c;
  const Result result = c.run(
      {"/inference=[]", "/inference/-={\"method\": \"gp_inference\", \"kernels\": [\"nngp\"]}",
       "/inference/0/diag_reg=0.25", "/inference/0/diag_reg=0.5"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const Json record = json(c.directory / "out/run.json");
  CHECK(at(record, {"inference"}).size() == 1);
  CHECK(number(at(c.experiment(), {"inference", "0", "diag_reg"})) == 0.5);
}

TEST_CASE("what --set breaks is refused with the argument in the message") {
  const Case c;
  const auto refused = [&](const std::string& setting, const std::string& part) {
    const Result result = c.run({setting});
    CHECK(result.status == 2);
    CHECK(contains(result.err, part));
    CHECK(contains(result.err, setting.substr(0, setting.find('='))));
    CHECK(!std::filesystem::exists(c.directory / "out"));
  };
  refused("/nowhere/deep=1", "/nowhere");
  refused("/sede=1", "seed");  // the nearest valid name
  refused("/network/0/W_std=wide", "number");
  refused("/network/9/W_std=1", "/network/9");
  const Result no_value = c.run({"/seed"});
  CHECK(no_value.status == 2);
  CHECK(contains(no_value.err, "/seed"));
}
