// Bytes of files in messages: none reaches a terminal as it is.
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;
using namespace std::string_literals;

TEST_CASE("a text for a terminal has escapes in place of what a terminal obeys") {
  CHECK(printable("plain \u00e4\u20ac\U0001F600\nline\ttab") ==
        "plain \u00e4\u20ac\U0001F600\nline\ttab");
  CHECK(printable("\x1b[2J"sv) == "\\x1b[2J");
  CHECK(printable("\0\x07\r\x7f"sv) == "\\x00\\x07\\x0d\\x7f");
  CHECK(printable("\u009b2J\u0085") == "\\u009b2J\\u0085");
  CHECK(printable("\x9b\x32J \xff \xc3") == "\\x9b2J \\xff \\xc3");  // not UTF-8
  CHECK(printable("\xc0\x9b \xed\xa0\x80") == "\\xc0\\x9b \\xed\\xa0\\x80");
  CHECK(printable("\u202eabc\u202c \u2066x\u2069 \u2028\ufeff\u200f") ==
        "\\u202eabc\\u202c \\u2066x\\u2069 \\u2028\\ufeff\\u200f");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string once = printable(std::string(1, static_cast<char>(byte)));
    CHECK(printable(once) == once);
  }
}

TEST_CASE("every message is one, whoever throws it, and names stay on their line") {
  const Error one(ErrorCode::io, "the file \x1b[31m\xff is broken", "/data/\x1b");
  CHECK(std::string(one.what()) == "the file \\x1b[31m\\xff is broken");
  CHECK(one.problems().front().text() == "/data/\\x1b: the file \\x1b[31m\\xff is broken");
  CHECK(one.pointer() == "/data/\x1b");  // for programs, as it is
  const Error two(ErrorCode::usage, {Problem{.file = "a\nb\x1b.csv",
                                             .line = 3,
                                             .column = 7,
                                             .pointer = {},
                                             .message = "\x9bX\nsecond line"}});
  CHECK(std::string(two.what()) == "a\\nb\\x1b.csv:3:7: \\x9bX\nsecond line");
  CHECK(two.problems().front().file == "a\nb\x1b.csv");
}

TEST_CASE("files of any bytes are refused in words that a terminal can show") {
  const Folder folder;
  std::mt19937 random(1);
  const std::vector<std::string> beginnings{"",       "a,b\n1,",     "\x93NUMPY\1\0v\0{'descr': '"s,
                                            "PK\3\4", "\0\0\x08\1"s, "\x1f\x8b\x08"};
  for (int trial = 0; trial < 400; ++trial) {
    std::string bytes = beginnings[static_cast<std::size_t>(trial) % beginnings.size()];
    for (auto i = random() % 60; i > 0; --i) {
      constexpr std::string_view often = "\x1b\x9b\x7f\r\xff\"',\n ";
      bytes +=
          random() % 2 == 0 ? often[random() % often.size()] : static_cast<char>(random() % 256);
    }
    const auto file = folder.with("f\x1b\n", bytes);
    for (const SourceType type :
         {SourceType::npy, SourceType::npz, SourceType::csv, SourceType::idx}) {
      DataSpec spec;
      spec.train.type = type;
      spec.train.x = spec.train.y = file;
      spec.train.x_array = spec.train.y_array = "\x1b";
      spec.train.target_names = {"\x1b"};
      CHECK(error_of([&] { (void)load_data(spec, 0); }).code() == ErrorCode::usage);
    }
    DataSpec spec;
    spec.train.type = SourceType::make_regression;
    spec.train.rows = file;
    try {
      (void)load_data(spec, 0);
    } catch (const Error& error) {
      CHECK(printable(error.what()) == error.what());
    }
  }
}
