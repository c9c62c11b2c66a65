// JSON, sizes and times as text.
#include "common/json.hpp"
#include "common/numbers.hpp"
#include "experiment/forecast/machine.hpp"
#include "support/program.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace widelimit;
using namespace widelimit::apps;
using namespace widelimit::experiment;

TEST_CASE("JSON that is written reads back the same, numbers to the last digit") {
  const std::string text =
      R"({"a": [1, -2.5e-300, 18446744073709551615, true, null], "b": {"c": "q\"\\\n\u0001é"}, "d": []})";
  CHECK(Json::parse(text, "text").one_line() == text);
  CHECK(Json::parse(Json::parse(text, "text").indented(5), "text").one_line() == text);
  CHECK(Json(0.1 + 0.2).one_line() == "0.30000000000000004");
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).one_line() == "null");
  CHECK(Json(-std::numeric_limits<double>::infinity()).one_line() == "\"-inf\"");
  CHECK(Json("bytes \xff that are no text").one_line() == "\"bytes \\ufffd that are no text\"");
  CHECK(Json::parse(R"("😀\/")", "text").text() == "\xf0\x9f\x98\x80/");
}

TEST_CASE(
    "a computed number is written in the fewest digits, a real number that is read stays one") {
  CHECK(Json(1.0).one_line() == "1");
  CHECK(Json(-3.0).one_line() == "-3");
  CHECK(Json(1e15).one_line() == "1e+15");
  CHECK(Json(2.5).one_line() == "2.5");
  CHECK(Json::parse("[1.0, 1e3, 2, 1e-06]", "text").one_line() == "[1.0, 1000.0, 2, 1e-06]");
  // The parser of Boost 1.81 is one digit off here.
  for (const std::string digits : {"1.4142135623730951", "0.30000000000000004", "5e-324",
                                   "1.7976931348623157e+308", "123456.78901234567"}) {
    INFO(digits);
    CHECK(Json::parse(digits, "text").one_line() == digits);
  }
  CHECK_THROWS_AS(static_cast<void>(Json::parse("1e999", "text")), Error);
}

TEST_CASE("a JSON value is read forgivingly and changes no copy of itself") {
  const Json json = Json::parse(R"({"a": [1, "inf", "x"], "b": {"c": true}, "d": null})", "text");
  CHECK(json["a"].size() == 3);
  CHECK(json["a"][1].number() == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(json["a"][2].number()));
  CHECK(json["a"][7].is_null());
  CHECK(json["b"]["c"].boolean());
  CHECK(json["b"]["c"]["none"].is_null());
  CHECK(json["d"].is_null());
  CHECK(json.contains("d"));
  CHECK_FALSE(json.contains("e"));
  CHECK(json.members()[1].first == "b");
  CHECK(json["a"][0].integer() == 1);
  CHECK(json["a"][2].integer() == 0);
  Json::Object changed(json["b"]);
  changed.set("c", 2);
  changed.set("e", Json::Array());
  CHECK(changed.one_line() == R"({"c": 2, "e": []})");
  CHECK(json["b"].one_line() == R"({"c": true})");
  const Json kept = changed;
  changed.set("c", 3);
  CHECK(kept["c"].integer() == 2);
}

TEST_CASE("JSON is broken into lines to the requested depth, or where a line would be too long") {
  const Json json = Json::parse(R"({"a": [1, 2], "b": {"c": {"d": []}}})", "text");
  CHECK(json.indented(1) == "{\n  \"a\": [1, 2],\n  \"b\": {\"c\": {\"d\": []}}\n}");
  CHECK(json.indented(2) ==
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {\n    \"c\": {\"d\": []}\n  }\n}");
  CHECK(json.wrapped(12) ==
        "{\n  \"a\": [1, 2],\n  \"b\": {\n    \"c\": {\n      \"d\": []\n    }\n  }\n}");
  CHECK(Json().wrapped(80) == "null");
}

TEST_CASE("text that is no JSON is refused with its place") {
  for (const std::string text : {"", "{", "[1,]", "{\"a\" 1}", "01", "1.", "tru", "\"a", "\"\\x\"",
                                 "[1] 2", "\"\\ud83d\"", "\"\n\"", "nan"}) {
    INFO(text);
    CHECK_THROWS_AS(static_cast<void>(Json::parse(text, "text")), Error);
  }
  CHECK_THROWS_AS(static_cast<void>(Json::parse(std::string(100000, '['), "text")), Error);
  try {
    static_cast<void>(Json::parse("{\"a\": 1,\n  oops}", "here.json"));
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.problems().front().file == "here.json");
    CHECK(error.problems().front().line == 2);
    CHECK(error.problems().front().column == 3);
  }
}

TEST_CASE("sizes are read with binary and decimal units") {
  CHECK(parse_bytes("1048576") == 1048576);
  CHECK(parse_bytes("8G") == std::int64_t{8} << 30);
  CHECK(parse_bytes("8 GiB") == std::int64_t{8} << 30);
  CHECK(parse_bytes("2.5gb") == 2500000000);
  CHECK(parse_bytes("100kB") == 100000);
  CHECK(parse_bytes("512b") == 512);
  for (const std::string text : {"", "G", "-1G", "0", "1X", "1 GiBs", "1e30G", "nan", "inf"}) {
    INFO(text);
    CHECK_THROWS_AS(static_cast<void>(parse_bytes(text)), Error);
  }
}

TEST_CASE("sizes, times and counts are written as people read them") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1.5 * 1024 * 1024) == "1.5 MiB");
  CHECK(bytes_text(1000.0 * 1024) == "1.0 MiB");
  CHECK(bytes_text(200.0 * 1024 * 1024 * 1024) == "200 GiB");
  CHECK(seconds_text(0.004) == "4 ms");
  CHECK(seconds_text(0.35) == "0.35 s");
  CHECK(seconds_text(12.3) == "12 s");
  CHECK(seconds_text(200) == "3 min 20 s");
  CHECK(seconds_text(2 * 3600 + 300) == "2 h 05 min");
  CHECK(seconds_text(47 * 3600 + 59 * 60) == "47 h 59 min");
  CHECK(seconds_text(48 * 3600) == "2.0 days");
  CHECK(seconds_text(400 * 86400.0) == "400 days");
  CHECK(seconds_text(731 * 86400.0) == "2.0 years");
  CHECK(seconds_text(1200 * 365.25 * 86400) == "1,200 years");
  CHECK(seconds_text(106928318721993 * 3600.0) == "1.2e+10 years");
  CHECK(count_text(0) == "0");
  CHECK(count_text(123) == "123");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(count_text(-1234) == "-1,234");
  CHECK(count_text(1, "sample", "samples") == "1 sample");
  CHECK(count_text(1000, "sample", "samples") == "1,000 samples");
  CHECK(extents_text(std::vector<std::int64_t>{28, 1280, 1}) == "28 x 1,280 x 1");
  CHECK(shape_text(std::vector<std::int64_t>{28, 1280}) == "[28, 1280]");
  CHECK(extents_text({}).empty());
  CHECK(join({"a", "", "c"}) == "a, , c");
}

TEST_CASE("the memory of a machine is what is built in, or less where a control group says so") {
  const test::TemporaryDirectory root;
  const auto memory = [&] { return machine_memory(root.path()); };
  CHECK(memory() == std::numeric_limits<double>::infinity());
  root.file("proc/meminfo", "MemTotal:       24000000 kB\nMemFree:  1000 kB\n");
  CHECK(memory() == 24000000.0 * 1024);
  root.file("proc/self/cgroup", "0::/user.slice/session\n");
  root.file("sys/fs/cgroup/user.slice/session/memory.max", "max\n");
  CHECK(memory() == 24000000.0 * 1024);
  root.file("sys/fs/cgroup/user.slice/memory.max", "1048576\n");  // of the group above
  CHECK(memory() == 1048576);
  root.file("proc/self/cgroup", "5:cpuset:/\n4:memory,hugetlb:/job\n0::/\n");
  CHECK(memory() == 24000000.0 * 1024);
  root.file("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2097152\n");
  CHECK(memory() == 2097152);
  root.file("sys/fs/cgroup/memory.max", "524288\n");  // a container sees its group as the root
  CHECK(memory() == 524288);
}
