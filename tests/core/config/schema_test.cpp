// Schemas of plugins: what is inside the subset, what they accept, values drawn from them.
#include <widelimit/examine/params.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace widelimit {

namespace {

std::string join(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& p : problems) all.append(all.empty() ? "" : "\n").append(p.text());
  return all;
}

/// Problems of a schema with one property "p".
std::string problems_of_property(const std::string& property) {
  return join(check_schema("{\"type\": \"object\", \"properties\": {\"p\":\n" + property +
                           "}, \"additionalProperties\": false}"));
}

/// The example of the page that defines the subset, with one parameter of every kind.
const char* everything = R"({"type": "object",
 "description": "one of each",
 "properties": {
   "scale": {"type": "number", "exclusiveMinimum": 0, "default": 1, "description": "output scale"},
   "share": {"type": "number", "minimum": 0.25, "exclusiveMaximum": 0.5, "default": 0.25},
   "padding": {"type": "string", "enum": ["VALID", "SAME"], "default": "VALID"},
   "mode": {"type": ["string", "null"], "enum": ["a", "b", null], "default": null},
   "width": {"type": ["integer", "null"], "exclusiveMinimum": 0, "default": null},
   "order": {"type": "integer", "maximum": 4, "default": 0},
   "label": {"type": "string", "default": ""},
   "flag": {"type": "boolean", "default": true},
   "window": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
   "words": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "default": []},
   "weights": {"type": "array", "items": {"type": "number"}, "minItems": 2}},
 "required": ["window", "weights"],
 "additionalProperties": false})";

ValidatedParams validated(const std::string& json) { return validate_params(everything, json); }

std::string problems_with(const std::string& members) {
  return join(validated("{\"window\": [1], \"weights\": [1, 2]" + members + "}").problems);
}

}  // namespace

TEST_CASE("a schema inside the subset has no problems") {
  CHECK(join(check_schema(everything)) == "");
  CHECK(join(check_schema(R"({"type": "object"})")) == "");
  CHECK(join(check_schema(R"({"type": "object", "properties": {}, "required": []})")) == "");
}

TEST_CASE("a schema that is no schema is refused with the reason") {
  CHECK(join(check_schema("")) == "line 1, column 1: is empty; JSON was expected");
  CHECK(join(check_schema("{,}")) == "line 1, column 2: a value is missing before this comma");
  CHECK(join(check_schema("[]")) == "line 1, column 1: a schema is an object, got []");
  CHECK(join(check_schema(R"({"type": "number"})")) ==
        "line 1, column 10: /type: must be \"object\", got \"number\"");
  CHECK(join(check_schema(R"({"type": "object", "propertys": {}})")) ==
        "line 1, column 20: /propertys: the keyword \"propertys\" cannot stand here; did you mean "
        "\"properties\"?   (the subset has type, properties, required, additionalProperties, "
        "description)");
  CHECK(join(check_schema(R"({"type": "object", "additionalProperties": true})")) ==
        "line 1, column 44: /additionalProperties: must be false, got true");
  CHECK(join(check_schema(R"({"type": "object", "properties": [], "description": 1})")) ==
        "line 1, column 34: /properties: must be an object, got []\n"
        "line 1, column 53: /description: must be a string, got 1");
}

TEST_CASE("a property outside the subset is refused") {
  CHECK(problems_of_property("3") ==
        "line 2, column 1: /properties/p: a schema is an object, got 3");
  CHECK(problems_of_property(R"({"default": 1})") ==
        "line 2, column 1: /properties/p/type: is missing   (number, integer, boolean, string, "
        "array; "
        "or a list of one that is no array and \"null\")");
  CHECK(problems_of_property(R"({"type": "nubmer", "default": 1})") ==
        "line 2, column 10: /properties/p/type: must be a type, got \"nubmer\"; did you mean "
        "\"number\"?   (number, integer, boolean, string, array; or a list of one that is no array "
        "and \"null\")");
  for (const char* type : {"\"object\"", "\"null\"", "[]", "[\"null\"]", "[\"number\", \"string\"]",
                           "[\"array\", \"null\"]", "[\"number\", \"string\", \"null\"]", "7"})
    CHECK(problems_of_property(std::string("{\"type\": ") + type + ", \"default\": null}")
              .find("/properties/p/type: must be a type") != std::string::npos);
  CHECK(
      problems_of_property(R"({"type": "string", "pattern": "a*", "default": ""})") ==
      "line 2, column 20: /properties/p/pattern: the keyword \"pattern\" cannot stand here   (the "
      "subset has type, enum, default, description)");
  CHECK(problems_of_property(R"({"type": "number", "enum": [1], "default": 1})")
            .find("/properties/p/enum: the keyword \"enum\" cannot stand here") !=
        std::string::npos);
  CHECK(problems_of_property(R"({"type": "array", "default": []})") ==
        "line 2, column 1: /properties/p/items: is missing: what every entry is");
  CHECK(problems_of_property(R"({"type": "array", "items": {"type": "array"}, "default": []})")
            .find("/properties/p/items/type: must be a type, got \"array\"") != std::string::npos);
  CHECK(problems_of_property(
            R"({"type": "array", "items": {"type": ["number", "null"]}, "default": []})") ==
        "line 2, column 37: /properties/p/items/type: an item cannot be null");
  CHECK(problems_of_property(
            R"({"type": "array", "items": {"type": "number", "default": 1}, "default": []})")
            .find("/properties/p/items/default: the keyword \"default\" cannot stand here") !=
        std::string::npos);
}

TEST_CASE("limits that contradict each other are refused") {
  CHECK(problems_of_property(R"({"type": "number", "minimum": 2, "maximum": 1, "default": 1})") ==
        "line 2, column 1: /properties/p: nothing lies between these limits");
  CHECK(problems_of_property(
            R"({"type": "number", "minimum": 1, "exclusiveMaximum": 1, "default": 1})") ==
        "line 2, column 1: /properties/p: nothing lies between these limits");
  CHECK(problems_of_property(
            R"({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2, "default": 1})") ==
        "line 2, column 1: /properties/p: nothing lies between these limits");
  CHECK(
      problems_of_property(
          R"({"type": "number", "minimum": 0, "exclusiveMinimum": 0, "default": 1})") ==
      "line 2, column 1: /properties/p/exclusiveMinimum: stands beside \"minimum\"; choose one of "
      "both");
  CHECK(
      problems_of_property(
          R"({"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 2, "default": []})") ==
      "line 2, column 1: /properties/p: \"minItems\" is larger than \"maxItems\"");
  CHECK(problems_of_property(
            R"({"type": "array", "items": {"type": "number"}, "minItems": -1, "default": []})") ==
        "line 2, column 60: /properties/p/minItems: must be an integer >= 0, got -1");
  CHECK(problems_of_property(R"({"type": "number", "minimum": "0", "default": 1})") ==
        "line 2, column 31: /properties/p/minimum: must be a number, got \"0\"");
  CHECK(problems_of_property(R"({"type": "string", "enum": [], "default": ""})") ==
        "line 2, column 28: /properties/p/enum: must be a list of words, got []");
  CHECK(
      problems_of_property(R"({"type": "string", "enum": ["a", "a", 1, null], "default": "a"})") ==
      "line 2, column 34: /properties/p/enum/1: \"a\" is given twice\n"
      "line 2, column 39: /properties/p/enum/2: must be a string, got 1\n"
      "line 2, column 42: /properties/p/enum/3: must be a string, got null");
}

TEST_CASE("a default that its own schema refuses is a problem of the schema") {
  CHECK(problems_of_property(R"({"type": "number", "exclusiveMinimum": 0, "default": 0})") ==
        "line 2, column 54: /properties/p/default: must be > 0, got 0   (number, default 0)");
  CHECK(problems_of_property(R"({"type": "integer", "default": null})") ==
        "line 2, column 32: /properties/p/default: must be an integer, got null");
}

TEST_CASE("exactly the properties without a default are required") {
  CHECK(
      problems_of_property(R"({"type": "number"})") ==
      "line 1, column 35: /properties/p: has no default and is not among \"required\": it must be "
      "one of both");
  CHECK(join(check_schema(
            R"({"type": "object", "properties": {"p": {"type": "number", "default": 1}},
"required": ["p", "q", 3, "p"]})")) ==
        "line 2, column 14: /required/0: \"p\" has a default, so it is not required\n"
        "line 2, column 19: /required/1: must be the name of a property, got \"q\"\n"
        "line 2, column 24: /required/2: must be the name of a property, got 3\n"
        "line 2, column 27: /required/3: \"p\" is given twice");
}

TEST_CASE("the host's own keys cannot be parameters") {
  for (const std::string key : {"type", "name", "inputs", "repeat"}) {
    const std::string property = "\"" + key + "\": {\"type\": \"number\", \"default\": 1}";
    std::string expected = "line 1, column 35: /properties/";
    expected += key + ": the key \"" + key + "\" is the host's own; give the parameter another";
    CHECK(join(check_schema("{\"type\": \"object\", \"properties\": {" + property + "}}")) ==
          expected);
  }
}

TEST_CASE("defaults are filled in and what is written is kept") {
  CHECK(
      validated(R"({"weights": [0.5, 2], "window": [3], "flag": false, "width": 5})").json ==
      R"({"weights": [0.5, 2], "window": [3], "flag": false, "width": 5, "scale": 1, "share": 0.25, )"
      R"("padding": "VALID", "mode": null, "order": 0, "label": "", "words": []})");
}

TEST_CASE("validated parameters are fine as they are") {
  const ValidatedParams once = validated(R"({"weights": [0.1, 1e300], "window": [3.0]})");
  CHECK(once.problems.empty());
  CHECK(validated(once.json).json == once.json);
}

TEST_CASE("every problem of an object is found, with its pointer") {
  const auto problems =
      validated(
          R"({"scale": 0, "padding": "same", "window": [], "wieghts": [1], "order": 5, "share": 0.5})")
          .problems;
  std::vector<std::string> pointers;
  for (const Problem& p : problems) pointers.push_back(p.pointer);
  CHECK(pointers == std::vector<std::string>{"/weights", "/scale", "/padding", "/window",
                                             "/wieghts", "/order", "/share"});
  CHECK(problems[2].message ==
        "must be one of \"VALID\", \"SAME\", got \"same\"; did you mean \"SAME\"?   (default "
        "\"VALID\")");
  CHECK(problems[6].message == "must be >= 0.25 and < 0.5, got 0.5   (number, default 0.25)");
}

TEST_CASE("items are checked one by one") {
  CHECK(problems_with(R"(, "words": ["x", "z", 1])") ==
        "line 1, column 51: /words/1: must be one of \"x\", \"y\", got \"z\"\n"
        "line 1, column 56: /words/2: must be a string, got 1");
  CHECK(join(validated(R"({"window": [1, 0, 2.5, 1, 1], "weights": [1]})").problems) ==
        "line 1, column 12: /window: must have at most 4 entries, got 5   (list)\n"
        "line 1, column 16: /window/1: must be >= 1, got 0   (integer)\n"
        "line 1, column 19: /window/2: must be an integer >= 1, got 2.5\n"
        "line 1, column 42: /weights: must have at least 2 entries, got 1   (list)");
}

TEST_CASE("types are strict: booleans are no numbers, strings are neither, null only where named") {
  CHECK(problems_with(R"(, "scale": true)").find("must be a number > 0, got true") !=
        std::string::npos);
  CHECK(problems_with(R"(, "scale": "1")").find("must be a number > 0, got \"1\"") !=
        std::string::npos);
  CHECK(problems_with(R"(, "scale": null)").find("must be a number > 0, got null") !=
        std::string::npos);
  CHECK(problems_with(R"(, "flag": 1)").find("must be true or false, got 1") != std::string::npos);
  CHECK(problems_with(R"(, "width": null, "mode": null, "order": 3.0)") == "");
  CHECK(problems_with(R"(, "width": 9223372036854775808)")
            .find("must be an integer > 0 or null, of magnitude up to 9223372036854775807, got "
                  "9223372036854775808") != std::string::npos);
  CHECK(problems_with(R"(, "width": -18446744073709551615)").find("got -18446744073709551615") !=
        std::string::npos);
}

TEST_CASE("what is no object is refused") {
  CHECK(join(validate_params(R"({"type": "object"})", "[1]").problems) ==
        "line 1, column 1: parameters are an object, got [1]");
  CHECK(join(validate_params(R"({"type": "object"})", "{").problems) ==
        "line 1, column 2: the text ends inside the object opened at line 1, column 1: a closing } "
        "is "
        "missing");
  CHECK_THROWS_AS(static_cast<void>(validate_params("{\"x\": 1}", "{}")), Error);
}

TEST_CASE("drawn parameters are accepted, differ, and are the same for the same seed") {
  std::vector<std::string> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::string json = draw_valid_params(everything, seed);
    CHECK(join(validated(json).problems) == "");
    CHECK(json == draw_valid_params(everything, seed));
    CHECK(json.find("\"window\"") != std::string::npos);  // it has no default
    seen.push_back(json);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() > 490);
}

TEST_CASE("draws reach both sides of an optional value and every word of an enum") {
  int with_width = 0, null_width = 0, same = 0, valid = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::string json = draw_valid_params(everything, seed);
    null_width += json.find("\"width\": null") != std::string::npos ? 1 : 0;
    with_width += json.find("\"width\": ") != std::string::npos ? 1 : 0;
    same += json.find("\"SAME\"") != std::string::npos ? 1 : 0;
    valid += json.find("\"VALID\"") != std::string::npos ? 1 : 0;
  }
  CHECK(null_width > 20);
  CHECK(with_width - null_width > 20);
  CHECK(same > 20);
  CHECK(valid > 20);
}

TEST_CASE("drawn invalid parameters are refused at the place that was spoilt") {
  std::vector<std::string> pointers;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    for (const InvalidParams& wrong : draw_invalid_params(everything, seed)) {
      const auto problems = validated(wrong.json).problems;
      CHECK_MESSAGE(problems.size() == 1, wrong.json);
      if (problems.empty()) continue;
      CHECK_MESSAGE(problems.front().pointer == wrong.pointer, wrong.json);
      pointers.push_back(wrong.pointer);
    }
  for (const char* pointer :
       {"/scale", "/share", "/padding", "/mode", "/width", "/order", "/label", "/flag", "/window",
        "/window/0", "/words", "/words/0", "/weights", "/weights/0"})
    CHECK_MESSAGE(std::count(pointers.begin(), pointers.end(), pointer) > 0, pointer);
  CHECK(draw_invalid_params(R"({"type": "object"})", 1).empty());
}

}  // namespace widelimit
