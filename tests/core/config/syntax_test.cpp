// Error messages for texts that are not JSON.
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace widelimit {

using test::experiment_of;
using test::problems_of;

TEST_CASE("a trailing comma is named where it stands") {
  CHECK(problems_of("{\"network\": [\"dense\", \"relu\",]}") ==
        "line 1, column 29: a trailing comma before ]: remove it");
  CHECK(problems_of("{\"network\": [\"dense\"],\n}") ==
        "line 1, column 22: a trailing comma before }: remove it");
}

TEST_CASE("what is missing in broken JSON is named with its place") {
  CHECK(problems_of("{\"network\": [\"dense\"") ==
        "line 1, column 21: the text ends inside the list opened at line 1, column 13: a closing ] "
        "is missing");
  CHECK(problems_of("{\"network\" [\"dense\"]}") ==
        "line 1, column 12: a comma, a colon or } was expected before this");
  CHECK(problems_of("{\"network\": [\"dense\" \"relu\"]}") ==
        "line 1, column 22: a comma or ] was expected before this");
  CHECK(problems_of("{\"network\": [\"dense]}") ==
        "line 1, column 14: this string never ends: a closing \" is missing");
  CHECK(problems_of("{network: 1}") ==
        "line 1, column 2: \"network\" is not a JSON value; text stands in double quotes");
  CHECK(problems_of("{'network': 1}") ==
        "line 1, column 2: strings stand in double quotes in JSON, not in single ones");
  CHECK(problems_of("{\"network\": [\"dense\"}") ==
        "line 1, column 21: this } does not close the list opened at line 1, column 13");
  CHECK(problems_of("{\"a\": }") == "line 1, column 7: a value is missing after the colon");
  CHECK(problems_of("{} {}") == "line 1, column 4: more text after the end of the document");
}

TEST_CASE("comments are refused with the reason") {
  CHECK(problems_of("{\n  // the seed\n  \"seed\": 1}") ==
        "line 2, column 3: comments are not part of JSON; remove this one");
  CHECK(problems_of("# first\n{}") ==
        "line 1, column 1: comments are not part of JSON; remove this one");
}

TEST_CASE("numbers that JSON does not have are refused, each with the reason") {
  CHECK(problems_of("{\"seed\": NaN}") ==
        "line 1, column 10: \"NaN\" is not a number in JSON; only finite numbers are");
  CHECK(problems_of("{\"seed\": -Infinity}") ==
        "line 1, column 10: \"-Infinity\" is not a number in JSON; only finite numbers are (an "
        "infinite time is written \"inf\", in quotes)");
  CHECK(problems_of("{\"seed\": 01}") ==
        "line 1, column 10: \"01\" is not a number in JSON (digits on both sides of the point, no "
        "leading zero or plus)");
  CHECK(problems_of("{\"seed\": .5}") ==
        "line 1, column 10: \".5\" is not a number in JSON (digits on both sides of the point, no "
        "leading zero or plus)");
  for (const std::string number :
       {"1.", "-1.", "1.e3", "1e", "1e+", "-", "+1", "1_000", "0x10", ".5"})
    for (const char* after : {"}", " }", ", \"title\": \"\"}", "\n}"})
      CHECK(problems_of("{\"seed\": " + number + after) ==
            "line 1, column 10: \"" + number +
                "\" is not a number in JSON (digits on both sides of the point, no leading zero or "
                "plus)");
  CHECK(problems_of("[1., 2]").find("line 1, column 2: \"1.\" is not a number in JSON") == 0);
  CHECK(problems_of("{\"seed\": 1.").find("line 1, column 10: \"1.\" is not a number") == 0);
  CHECK(problems_of("{\"seed\": True}") == "line 1, column 10: \"True\" is written true in JSON");
  CHECK(problems_of("{\"seed\": None}") == "line 1, column 10: \"None\" is written null in JSON");
}

TEST_CASE("a number too large for float64 is refused once, whatever the key wants") {
  const std::string too_large = "is too large for float64 (largest: 1.7976931348623157e308)";
  CHECK(problems_of("{\"seed\": 1e999, \"network\": [\"dense\"]}") ==
        "line 1, column 10: /seed: the number \"1e999\" " + too_large);
  CHECK(problems_of("{\"network\": [{\"type\": \"dense\", \"W_std\": -1e400}]}") ==
        "line 1, column 41: /network/0/W_std: the number \"-1e400\" " + too_large);
  CHECK(test::read("{\"network\": [{\"type\": \"dense\", \"W_std\": 1e-999}]}")
            .network[0]
            .params.find("\"W_std\": 0.0") != std::string::npos);
}

TEST_CASE("a number too large for float64 is refused where a network or a solver is expected") {
  const ExperimentText text = ExperimentText::parse("9989E49998");
  const std::string refused =
      "line 1, column 1: the number \"9989E49998\" is too large for float64 (largest: "
      "1.7976931348623157e308)";
  CHECK(test::problems_of([&] { static_cast<void>(text.validate_network(test::catalogue())); }) ==
        refused);
  CHECK(test::problems_of([&] { static_cast<void>(text.validate_solver(test::catalogue())); }) ==
        refused);
  CHECK(test::problems_of([&] { static_cast<void>(text.validate(test::catalogue())); }) == refused);
}

TEST_CASE("a duplicate key is reported together with everything else") {
  CHECK(
      problems_of("{\"seed\": 1, \"network\": [\"dense\"],\n \"seed\": 2, \"titel\": \"\"}") ==
      "line 2, column 2: /seed: the key \"seed\" is given twice in this object; remove one\n"
      "line 2, column 13: /titel: unknown key \"titel\"; did you mean \"title\"?   (an experiment "
      "takes $schema, format, title, seed, precision, plugins, data, preprocess, network, kernel, "
      "inference, finite)");
}

TEST_CASE("a hundred thousand nested brackets are refused at the level that is too deep") {
  const std::string brackets(100000, '[');
  CHECK(problems_of(brackets) ==
        "line 1, column 33: more than 32 levels of nested lists and objects");
  CHECK(problems_of("{\"network\": " + brackets + std::string(100000, ']') + "}") ==
        "line 1, column 44: more than 32 levels of nested lists and objects");
}

TEST_CASE("texts that are not UTF-8, or empty, or too large, are refused with the remedy") {
  CHECK(problems_of("") == "line 1, column 1: is empty; JSON was expected");
  CHECK(problems_of(" \n\t ") == "line 1, column 1: is empty; JSON was expected");
  for (const std::string& text :
       {std::string("\xFF\xFE{\0}\0", 6), std::string("{\0}\0", 4), std::string("\0{\0}", 4)})
    CHECK(problems_of(text) ==
          "line 1, column 1: is text in UTF-16, but JSON is expected: save it as UTF-8");
  CHECK(problems_of("\x1F\x8B\x08 and more") ==
        "line 1, column 1: is a gzip file, but JSON is expected: unpack it with gunzip");
  CHECK(problems_of("{\"title\": \"caf\xE9\"}") ==
        "line 1, column 15: not UTF-8 from here on; save the file as UTF-8");
  CHECK(problems_of("{\"title\": \"\xC0\xAF\"}") ==
        "line 1, column 12: not UTF-8 from here on; save the file as UTF-8");
  CHECK(problems_of("{\"title\": \"\xED\xA0\x80\"}") ==
        "line 1, column 12: not UTF-8 from here on; save the file as UTF-8");
  CHECK(problems_of(std::string((16 << 20) + 1, ' ')) ==
        "line 1, column 1: larger than 16 MiB; data belong in files of their own");
}

TEST_CASE("a byte order mark before JSON is no character of it") {
  CHECK(test::read("\xEF\xBB\xBF" + experiment_of("[\"dense\"]")).network.size() == 1);
  CHECK(problems_of("\xEF\xBB\xBF{\"seed\": -1, \"network\": [\"dense\"]}") ==
        "line 1, column 10: /seed: must be >= 0, got -1   (integer, default 0)");
  CHECK(problems_of("\xEF\xBB\xBF") == "line 1, column 1: is empty; JSON was expected");
  CHECK(problems_of("\xEF\xBB\xBF\xEF\xBB\xBF{}").find("line 1, column 1: ") == 0);
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(problems_of(
            "{\"title\": \"\u00e4\u00f6\u00fc\u20ac\", \"seed\": -1, \"network\": [\"dense\"]}") ==
        "line 1, column 27: /seed: must be >= 0, got -1   (integer, default 0)");
}

TEST_CASE("strings and keys that a terminal would stumble over are refused or escaped") {
  CHECK(problems_of("{\"title\": \"a\\u0000b\", \"network\": [\"dense\"]}") ==
        "line 1, column 11: /title: U+0000 is not allowed in a string");
  CHECK(problems_of("{\"a\\u001b[31m\": 1, \"\\u009b2J\": 2, \"network\": [\"dense\"]}")
            .find("line 1, column 2: a key must not contain control characters\n"
                  "line 1, column 2: /a?[31m: unknown key \"a?[31m\"") == 0);
  CHECK(problems_of(experiment_of("[\"\\u009b2J\\u007f\"]"))
            .find("no layer type \"\\u009b2J\\u007f\"") != std::string::npos);
  CHECK(problems_of("{\"title\": \"\\ud800\"}") ==
        "line 1, column 18: half a surrogate pair: \\uD800 to \\uDFFF come in pairs");
}

TEST_CASE("of very many problems the first thousand are reported and the others counted") {
  std::string network = "[";
  for (int i = 0; i < 5000; ++i) network += "\"reluu\",";
  const std::string all = problems_of(experiment_of(network + "\"dense\"]"));
  CHECK(std::count(all.begin(), all.end(), '\n') == 1000);
  CHECK(all.substr(all.rfind('\n') + 1) == "and 4000 more problems");
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const auto reading = [](const std::filesystem::path& file) {
    return problems_of([&] { static_cast<void>(ExperimentText::read(file)); });
  };
  CHECK(reading("no/such/file.json") ==
        "no/such/file.json: cannot be read: No such file or directory");
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  CHECK(reading(folder) == folder.string() + ": is a directory, not a file");
}

TEST_CASE("problems of a file begin with file, line and column") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / "widelimit_config_syntax_test.json";
  std::ofstream(file) << "{\"network\":\n  [\"dense\", \"eft\"]}";
  CHECK(problems_of(
            [&] { static_cast<void>(ExperimentText::read(file).validate(test::catalogue())); }) ==
        file.string() +
            ":2:13: /network/1: no layer type \"eft\"; did you mean \"erf\"?   (18 types from 4 "
            "plugins; see `widelimit plugins`)");
  std::filesystem::remove(file);
}

}  // namespace widelimit
