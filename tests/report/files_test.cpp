// Reading the records of a run.
#include "common/json.hpp"

#include "run_directory.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace widelimit;
using test::RunDirectory;

namespace {

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a record is read forgivingly: what is not there is null") {
  const RunDirectory run;
  run.write("a.json",
            R"({"a": [1, "inf", null, true], "b": {"c": "d"}, "n": 18446744073709551615})");
  const apps::Json json = apps::Json::read(run.path() / "a.json");
  const auto a = json["a"].elements();
  REQUIRE(a.size() == 4);
  CHECK(a[0].number() == 1);
  CHECK(std::isinf(a[1].number()));
  CHECK(std::isnan(a[2].number()));
  CHECK(a[3].boolean());
  CHECK(json["b"]["c"].text() == "d");
  CHECK(json["b"]["c"]["e"]["f"].is_null());
  CHECK(json["none"].elements().empty());
  CHECK(json["a"].text("other") == "other");
  CHECK(json["n"].one_line() == "18446744073709551615");
  CHECK(json.wrapped(88).find("{\n  \"a\": [1, \"inf\", null, true],\n") == 0);
}
