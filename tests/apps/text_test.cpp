// JSON, sizes and times as text.
#include "experiment/json.hpp"
#include "experiment/units.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace widelimit;
using namespace widelimit::experiment;

TEST_CASE("JSON that is written reads back the same, numbers to the last digit") {
  const std::string text =
      R"({"a": [1, -2.5e-300, 18446744073709551615, true, null], "b": {"c": "q\"\\\n\u0001é"}, "d": []})";
  CHECK(Json::parse(text, "text").text() == text);
  CHECK(Json::parse(Json::parse(text, "text").text(5), "text").text() == text);
  CHECK(Json(0.1 + 0.2).text() == "0.30000000000000004");
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).text() == "null");
  CHECK(Json(-std::numeric_limits<double>::infinity()).text() == "\"-inf\"");
  CHECK(Json("bytes \xff that are no text").text() == "\"bytes \\ufffd that are no text\"");
  CHECK(*Json::parse(R"("😀\/")", "text").string() == "\xf0\x9f\x98\x80/");
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
  CHECK(count_text(0) == "0");
  CHECK(count_text(123) == "123");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(count_text(-1234) == "-1,234");
  CHECK(count_text(1, "sample", "samples") == "1 sample");
}
