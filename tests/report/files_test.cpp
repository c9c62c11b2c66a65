// Reading a run's arrays and records.
#include "common/json.hpp"
#include "experiment/npy.hpp"

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

TEST_CASE("an array is read in parts") {
  const RunDirectory run;
  run.write_npy("a.npy", {3, 4}, [](int i) { return i; });
  experiment::NpyReader npy(run.path() / "a.npy");
  CHECK(npy.shape() == std::vector<std::int64_t>{3, 4});
  CHECK(npy.size() == 12);
  CHECK(npy.read(4, 4) == std::vector<double>{4, 5, 6, 7});
  CHECK(npy.read(11, 1) == std::vector<double>{11});
  CHECK(npy.read(0, 0).empty());
}

TEST_CASE("a file that is no array, or not all of one, is refused by name") {
  const RunDirectory run;
  run.write_npy("a.npy", {3, 4}, [](int i) { return i; });
  const auto message = [&] {
    return message_of([&] { experiment::NpyReader(run.path() / "a.npy"); });
  };
  const std::string whole = run.read("a.npy");
  run.write("a.npy", whole.substr(0, whole.size() - 4));
  CHECK(message().find("asks for 12 numbers of 4 bytes, the file has 44 bytes of them") !=
        std::string::npos);
  run.write("a.npy", whole + "1");
  CHECK(message().find("the file has 49 bytes") != std::string::npos);
  run.write("a.npy", whole.substr(0, 40));
  CHECK(message().find("a.npy: its header is cut off") != std::string::npos);
  run.write("a.npy", "");
  CHECK(message().find("a.npy: not an .npy file") != std::string::npos);
  run.write("a.npy", whole);
  run.edit("a.npy", "<f4", "<i4");
  CHECK(message().find("expected float32 or float64, found '<i4'") != std::string::npos);
  run.write("a.npy", whole);
  run.edit("a.npy", "False", "True ");
  CHECK(message().find("expected C order") != std::string::npos);
  run.write("a.npy", whole);
  run.edit("a.npy", "(3, 4, ), }                ", "(9999999999, 9999999999), }");
  CHECK(message().find("its shape is damaged") != std::string::npos);
  run.remove("a.npy");
  CHECK(message().find("cannot read") != std::string::npos);
}

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
