// --set: values of an experiment from the command line.
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace widelimit {

using test::problems_of;
using test::read;

namespace {

const std::string base = R"({"title": "t", "network": ["dense", {"type": "dense", "W_std": 1}],
  "inference": [{"method": "gp_inference", "kernels": ["nngp"]}]})";

Experiment with(const std::vector<std::string>& overrides) { return read(base, overrides); }

}  // namespace

TEST_CASE("an override replaces a value, adds a key that is missing, or appends to a list") {
  CHECK(with({"/title=new"}).title == "new");
  CHECK(with({"/network/1/W_std=2.5"}).network[1].params.find("\"W_std\": 2.5") !=
        std::string::npos);
  CHECK(with({"/network/1/b_std=0.1"}).network[1].params.find("\"b_std\": 0.1") !=
        std::string::npos);
  CHECK(with({"/seed=7"}).seed == 7);
  CHECK(with({"/network/-=relu"}).network.back().type == "relu");
  CHECK(with({"/network/-={\"type\": \"rbf\", \"gamma\": 2}"}).network.back().params ==
        "{\"gamma\": 2}");
  CHECK(with({"/network/0=relu"}).network[0].type == "relu");
}

TEST_CASE("overrides are applied from left to right") {
  CHECK(with({"/title=a", "/title=b"}).title == "b");
  CHECK(with({"/kernel={}", "/kernel/compute=[\"ntk\"]"}).kernel.compute ==
        KernelSet::only(Kernel::ntk));
  CHECK(problems_of(base, {"/kernel/compute=[\"ntk\"]"}) ==
        "--set /kernel/compute=[\"ntk\"]: the document has no key \"kernel\"   (title, network, "
        "inference)");
}

TEST_CASE("a value is JSON where it parses, else a string, and splits at the first equals sign") {
  CHECK(with({"/title=a=b=c"}).title == "a=b=c");
  CHECK(with({"/title="}).title.empty());
  CHECK(with({"/title=\"5\""}).title == "5");
  CHECK(with({"/title={not json"}).title == "{not json");
  CHECK(problems_of(base, {"/title=5"}) ==
        "--set /title=5: /title: must be a string, got 5   (default \"\")");
  CHECK(problems_of(base, {"/seed=NaN"}) ==
        "--set /seed=NaN: /seed: must be an integer >= 0, got \"NaN\"   (default 0)");
}

TEST_CASE("problems of an override's value name the argument") {
  CHECK(
      problems_of(base, {"/network/1/W_std=-2"}) ==
      "--set /network/1/W_std=-2: /network/1/W_std: must be >= 0, got -2   (number, default 1; see "
      "`widelimit describe dense`)");
  CHECK(problems_of(base, {"/network/1/W_sdt=2"})
            .find("--set /network/1/W_sdt=2: /network/1/W_sdt: unknown key \"W_sdt\"; did you mean "
                  "\"W_std\"?") == 0);
  CHECK(problems_of(base, {"/seed=1e999"}) ==
        "--set /seed=1e999: the number \"1e999\" is too large for float64 (largest: "
        "1.7976931348623157e308)");
  CHECK(problems_of(base, {"/kernel={\"from\": \"a\", \"from\": \"b\"}"}) ==
        "--set /kernel={\"from\": \"a\", \"from\": \"b\"}: the key \"from\" is given twice in this "
        "object; remove one");
  CHECK(problems_of(base, {"/title=\xFF"}) == "--set /title=\\xff: the value is not UTF-8");
}

TEST_CASE("an override whose place does not exist says what is there") {
  CHECK(problems_of(base, {"/netwrok/0=relu"}) ==
        "--set /netwrok/0=relu: the document has no key \"netwrok\"; did you mean \"network\"?   "
        "(title, network, inference)");
  CHECK(problems_of(base, {"/network/7/W_std=1"}) ==
        "--set /network/7/W_std=1: /network is a list of 2; there is no entry \"7\"");
  CHECK(problems_of(base, {"/network/2=relu"}) ==
        "--set /network/2=relu: /network is a list of 2; there is no entry \"2\"; \"-\" appends");
  CHECK(
      problems_of(base, {"/network/first/W_std=1"}) ==
      "--set /network/first/W_std=1: /network is a list of 2; there is no entry \"first\" (entries "
      "are numbered from 0)");
  CHECK(problems_of(base, {"/network/0/W_std=1"}) ==
        "--set /network/0/W_std=1: /network/0 is \"dense\": nothing can be set in it");
}

TEST_CASE("an argument that is no override is refused with an example") {
  for (const char* argument : {"title=x", "/title", "=x", "", "/a~2b=1"})
    CHECK(problems_of(base, {argument}) ==
          "--set " + std::string(argument) +
              ": must be /pointer=VALUE, as in /network/0/W_std=1.5");
}

TEST_CASE("overrides cannot nest deeper than a file can") {
  const std::string deep(31, '['), back(31, ']');
  CHECK(problems_of(base, {"/title=" + deep + back}).find("must be a string") != std::string::npos);
  CHECK(problems_of(base, {"/network/0=" + deep + back}) ==
        "--set /network/0=" + deep + back +
            ": leads to more than 32 levels of nested lists and "
            "objects");
}

TEST_CASE("all overrides are tried before any is complained about") {
  CHECK(problems_of(base, {"/x/y=1", "/z/y=1"}) ==
        "--set /x/y=1: the document has no key \"x\"   (title, network, inference)\n"
        "--set /z/y=1: the document has no key \"z\"   (title, network, inference)");
}

TEST_CASE("pointers unescape ~1 and ~0") {
  CHECK(problems_of(base, {"/a~1b~0=1"}).find("/a~1b~0: unknown key \"a/b~\"") !=
        std::string::npos);
}

}  // namespace widelimit
