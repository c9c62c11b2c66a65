// Numbers as a report sets them, and text from outside made harmless.
#include "common/escape.hpp"
#include "report/typeset.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace widelimit::apps;
using namespace widelimit::report;

TEST_CASE("settings show no more digits than they have") {
  CHECK(number(0.25) == "0.25");
  CHECK(number(10000) == "10,000");
  CHECK(number(1000) == "1000");
  CHECK(number(1234567) == "1.23457 × 10⁶");
  CHECK(number(123456) == "123,456");
  CHECK(number(1e-6) == "10⁻⁶");
  CHECK(number(-1e-6) == "−10⁻⁶");
  CHECK(number(1.5e-12) == "1.5 × 10⁻¹²");
  CHECK(number(0) == "0");
  CHECK(number(-0.5) == "−0.5");
  CHECK(number(std::numeric_limits<double>::infinity()) == "∞");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "−∞");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "–");
  CHECK(number(0.1 + 0.2) == "0.3");
}

TEST_CASE("measurements have the requested number of digits") {
  CHECK(measured(0.25) == "0.2500");
  CHECK(measured(12.3456) == "12.35");
  CHECK(measured(0.0012345) == "0.001234");
  CHECK(measured(9.9996) == "10.00");
  CHECK(measured(0.00012345678) == "1.235 × 10⁻⁴");
  CHECK(measured(123456) == "1.235 × 10⁵");
  CHECK(measured(std::numeric_limits<double>::denorm_min()) == "4.941 × 10⁻³²⁴");
}

TEST_CASE("a correlation near one keeps what sets it apart") {
  CHECK(share(0.5) == "0.5000");
  CHECK(share(-0.125) == "−0.1250");
  CHECK(share(1) == "1.0000");
  CHECK(share(0.99997) == "0.99997");
  CHECK(share(-0.999983467) == "−0.999983");
}

TEST_CASE("an estimate has the digits that its error leaves") {
  CHECK(estimated(0.41234, 0.0812) == "0.412 ± 0.081");
  CHECK(estimated(12.3456, 2.3) == "12.3 ± 2.3");
  CHECK(estimated(-1.5, 0.25) == "−1.50 ± 0.25");
  CHECK(estimated(3.217e-6, 4.1e-7) == "(3.22 ± 0.41) × 10⁻⁶");
  CHECK(estimated(0.25, std::numeric_limits<double>::quiet_NaN()) == "0.2500");
  CHECK(estimated(std::numeric_limits<double>::quiet_NaN(), 1) == "–");
}

TEST_CASE("counts, times and sizes read naturally") {
  CHECK(count(9007199254740993) == "9,007,199,254,740,993");
  CHECK(count_text(1, "sample") == "1 sample");
  CHECK(count_text(12, "sample") == "12 samples");
  CHECK(duration(0) == "0 µs");
  CHECK(duration(0.00084) == "840 µs");
  CHECK(duration(0.0213) == "21.3 ms");
  CHECK(duration(1.254) == "1.25 s");
  CHECK(duration(59.99) == "1 min 0 s");
  CHECK(duration(192) == "3 min 12 s");
  CHECK(duration(7500) == "2 h 5 min");
  CHECK(duration(std::numeric_limits<double>::quiet_NaN()) == "–");
  CHECK(bytes(512) == "512 B");
  CHECK(bytes(94.2 * 1024 * 1024) == "94.2 MiB");
  CHECK(power_of_ten(-3) == "10⁻³");
  CHECK(power_of_ten(-2) == "0.01");
  CHECK(power_of_ten(2) == "100");
}

TEST_CASE("text becomes harmless and valid") {
  CHECK(html_escaped("<a href=\"x\">'&'</a>") ==
        "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  CHECK(one_line("a\tb\x01"
                 "c\x7f"
                 "d") == "a b c d");
  CHECK(one_line("ok é ∞ 😀") == "ok é ∞ 😀");
  CHECK(one_line("bad \xff \xc3") == "bad \uFFFD \uFFFD");
  CHECK(one_line("overlong \xc0\xaf") == "overlong \uFFFD\uFFFD");
  CHECK(one_line("surrogate \xed\xa0\x80") == "surrogate \uFFFD\uFFFD\uFFFD");
  CHECK(html_escaped("two\nlines") == "two\nlines");
}

TEST_CASE("long names end in an ellipsis, by characters") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("longer", 5) == "long…");
  CHECK(shortened("ééééé", 3) == "éé…");
}
