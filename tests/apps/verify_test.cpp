// widelimit verify as a verb: options, JSON and exit status. What the checks find is tested with
// them.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace widelimit::test;
using widelimit::experiment::Json;

namespace {

const std::string relu = std::string(WIDELIMIT_TEST_PLUGINS) + "/relu.so";

}  // namespace

TEST_CASE("verify passes a good plugin and gives its results as JSON") {
  const Result result = run_program({"verify", relu, "--json", "--check", "exports-one-symbol",
                                     "--check", "fields-present", "--seed", "5"});
  INFO(result.err);
  CHECK(result.status == 0);
  const Json json = Json::parse(result.out, "stdout");
  CHECK(*at(json, {"ok"}).boolean());
  CHECK(number(at(json, {"seed"})) == 5);
  CHECK(at(json, {"checks"}).array()->size() == 2);
}

TEST_CASE("verify lists its checks") {
  const Result result = run_program({"verify", "--list"});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "exports-one-symbol"));
}

TEST_CASE("verify fails a file that is no plugin, and refuses what it does not know") {
  const TemporaryDirectory directory;
  const Result text = run_program({"verify", directory.file("text.so", "hello")});
  CHECK(text.status == 1);
  const Result missing = run_program({"verify", (directory / "none.so").string()});
  CHECK(missing.status == 2);
  const Result unknown = run_program({"verify", relu, "--check", "no-such-check"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "--list"));
  CHECK(run_program({"verify"}).status == 2);
}
