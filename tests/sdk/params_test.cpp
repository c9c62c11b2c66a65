// Declared parameters: defaults, schema, parser, messages.
#include "types.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::FakeParams;

enum class Padding { valid, same, circular };

struct All {
  static constexpr auto name = "all", version = "1.0.0", doc = "every type of parameter";

  double scale = 1.5;
  bool trainable = true;
  int count = 3;
  std::int64_t big = 0;
  std::uint8_t small = 7;
  std::string word = "a \"quoted\" word";
  Padding padding = Padding::same;
  std::optional<double> b_std;
  std::optional<std::int64_t> width = 4;
  std::vector<std::int64_t> window{3, 3};
  std::vector<double> factors;
  std::vector<std::string> words{"x"};
  static constexpr auto params =
      std::tuple{sdk::field("scale", &All::scale, "output scale", sdk::positive, sdk::at_most(10)),
                 sdk::field("trainable", &All::trainable, "is it trained?"),
                 sdk::field("count", &All::count, "how many", sdk::non_negative),
                 sdk::field("big", &All::big, "any integer"),
                 sdk::field("small", &All::small, "a byte"),
                 sdk::field("word", &All::word, "any\nword"),
                 sdk::field("padding", &All::padding, "at the border",
                            sdk::one_of("VALID", "SAME", "CIRCULAR")),
                 sdk::field("b_std", &All::b_std, "of biases", sdk::non_negative),
                 sdk::field("width", &All::width, "finite width", sdk::positive),
                 sdk::field("window", &All::window, "sites", sdk::at_least(1), sdk::items(1, 4)),
                 sdk::field("factors", &All::factors, "of anything", sdk::between(-1, 1)),
                 sdk::field("words", &All::words, "some", sdk::one_of("x", "y"))};

  void plan(sdk::Plan&) const {}
};

struct Needed {
  double alpha = 0;
  static constexpr auto params =
      std::tuple{sdk::field("alpha", &Needed::alpha, "slope", sdk::required),
                 sdk::field("a/b~c", &Needed::alpha, "an awkward name")};
};

struct Prepared {
  double low = 0, high = 1, width = 0;
  static constexpr auto params = std::tuple{sdk::field("low", &Prepared::low, "lower end"),
                                            sdk::field("high", &Prepared::high, "upper end")};
  void prepare() {
    if (high <= low) throw sdk::invalid("/high", "must be above low");
    width = high - low;
  }
};

template <class T>
T read(std::map<std::string, FakeParams::Value> values) {
  const FakeParams params(std::move(values));
  return sdk::read_params<T>(params.abi());
}

/// The pointer and the message that reading these values gives.
template <class T>
std::string complaint(std::map<std::string, FakeParams::Value> values) {
  try {
    read<T>(std::move(values));
  } catch (const sdk::Error& e) {
    CHECK(e.code() == WIDELIMIT_E_PARAMS);
    return e.pointer() + ": " + e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the schema is made from the declarations, with types, ranges, defaults and words") {
  CHECK(sdk::schema_text<All>() ==
        R"({"type": "object", "properties": {)"
        R"("scale": {"type": "number", "exclusiveMinimum": 0, "maximum": 10, "default": 1.5, )"
        R"("description": "output scale"}, )"
        R"("trainable": {"type": "boolean", "default": true, "description": "is it trained?"}, )"
        R"("count": {"type": "integer", "minimum": 0, "maximum": 2147483647, "default": 3, )"
        R"("description": "how many"}, )"
        R"("big": {"type": "integer", "default": 0, "description": "any integer"}, )"
        R"("small": {"type": "integer", "minimum": 0, "maximum": 255, "default": 7, )"
        R"("description": "a byte"}, )"
        R"("word": {"type": "string", "default": "a \"quoted\" word", )"
        R"("description": "any\u000aword"}, )"
        R"("padding": {"type": "string", "enum": ["VALID", "SAME", "CIRCULAR"], )"
        R"("default": "SAME", "description": "at the border"}, )"
        R"("b_std": {"type": ["number", "null"], "minimum": 0, "default": null, )"
        R"("description": "of biases"}, )"
        R"("width": {"type": ["integer", "null"], "exclusiveMinimum": 0, "default": 4, )"
        R"("description": "finite width"}, )"
        R"("window": {"type": "array", "items": {"type": "integer", "minimum": 1}, )"
        R"("minItems": 1, "maxItems": 4, "default": [3, 3], "description": "sites"}, )"
        R"("factors": {"type": "array", "items": {"type": "number", "minimum": -1, )"
        R"("maximum": 1}, "default": [], "description": "of anything"}, )"
        R"("words": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, )"
        R"("default": ["x"], "description": "some"}}, "additionalProperties": false})");
}

TEST_CASE("a required parameter has no default and is in the list of required ones") {
  CHECK(sdk::schema_text<Needed>() ==
        R"({"type": "object", "properties": {"alpha": {"type": "number", )"
        R"("description": "slope"}, "a/b~c": {"type": "number", "default": 0, )"
        R"("description": "an awkward name"}}, "required": ["alpha"], )"
        R"("additionalProperties": false})");
}

TEST_CASE("without parameters everything has its default") {
  const All all = sdk::read_params<All>(nullptr);
  CHECK(all.scale == 1.5);
  CHECK(all.window == std::vector<std::int64_t>{3, 3});
  CHECK(all.width == 4);
  CHECK(read<All>({}).padding == Padding::same);
}

TEST_CASE("every type of parameter is read") {
  const All all = read<All>({{"/scale", 2.5},
                             {"/trainable", false},
                             {"/count", std::int64_t{5}},
                             {"/big", std::numeric_limits<std::int64_t>::min()},
                             {"/small", std::int64_t{255}},
                             {"/word", "other"},
                             {"/padding", "CIRCULAR"},
                             {"/b_std", std::int64_t{2}},
                             {"/width", std::int64_t{8}},
                             {"/window", FakeParams::List{1}},
                             {"/window/0", std::int64_t{9}},
                             {"/factors", FakeParams::List{2}},
                             {"/factors/0", 0.5},
                             {"/factors/1", -1.0},
                             {"/words", FakeParams::List{0}}});
  CHECK(all.scale == 2.5);
  CHECK(!all.trainable);
  CHECK(all.count == 5);
  CHECK(all.big == std::numeric_limits<std::int64_t>::min());
  CHECK(all.small == 255);
  CHECK(all.word == "other");
  CHECK(all.padding == Padding::circular);
  CHECK(all.b_std == 2.0);
  CHECK(all.width == 8);
  CHECK(all.window == std::vector<std::int64_t>{9});
  CHECK(all.factors == std::vector<double>{0.5, -1});
  CHECK(all.words.empty());
}

TEST_CASE("names that a pointer must escape are escaped") {
  CHECK(read<Needed>({{"/alpha", 1.0}, {"/a~1b~0c", 3.0}}).alpha == 3);
}

TEST_CASE("a value out of range is named by its pointer, with the range and what was given") {
  CHECK(complaint<All>({{"/scale", 0.0}}) == "/scale: must be > 0 and <= 10, got 0");
  CHECK(complaint<All>({{"/scale", 10.5}}) == "/scale: must be > 0 and <= 10, got 10.5");
  CHECK(complaint<All>({{"/scale", std::nan("")}}) == "/scale: must be > 0 and <= 10, got nan");
  CHECK(complaint<All>({{"/big", std::int64_t{-3}}}).empty());
  CHECK(complaint<All>({{"/small", std::int64_t{256}}}) ==
        "/small: must be >= 0 and <= 255, got 256");
  CHECK(complaint<All>({{"/b_std", -0.5}}) == "/b_std: must be >= 0, got -0.5");
  CHECK(complaint<Prepared>({{"/low", std::numeric_limits<double>::infinity()}}) ==
        "/low: must be finite, got inf");
}

TEST_CASE("items of lists are named by their own pointers") {
  CHECK(complaint<All>({{"/window", FakeParams::List{2}},
                        {"/window/0", std::int64_t{1}},
                        {"/window/1", std::int64_t{0}}}) == "/window/1: must be >= 1, got 0");
  CHECK(complaint<All>({{"/window", FakeParams::List{1}}, {"/window/0", 1.5}}) ==
        "/window/0: must be an integer");
  CHECK(complaint<All>({{"/window", FakeParams::List{0}}}) ==
        "/window: must have at least 1 items, got 0");
  CHECK(complaint<All>({{"/window", FakeParams::List{5}}}) ==
        "/window: must have at most 4 items, got 5");
}

TEST_CASE("a value of another type says what was wanted") {
  CHECK(complaint<All>({{"/scale", "2"}}) == "/scale: must be a number");
  CHECK(complaint<All>({{"/count", 2.5}}) == "/count: must be an integer");
  CHECK(complaint<All>({{"/trainable", std::int64_t{1}}}) == "/trainable: must be a boolean");
  CHECK(complaint<All>({{"/window", std::int64_t{3}}}) ==
        "/window: must be a list, each item an integer");
  CHECK(complaint<All>({{"/width", FakeParams::List{0}}}) == "/width: must be an integer");
}

TEST_CASE("a word that is not offered is answered with those that are") {
  CHECK(complaint<All>({{"/padding", "same"}}) ==
        "/padding: must be one of \"VALID\", \"SAME\", \"CIRCULAR\", got \"same\"");
  CHECK(complaint<All>({{"/words", FakeParams::List{1}}, {"/words/0", "z"}}) ==
        "/words/0: must be one of \"x\", \"y\", got \"z\"");
}

TEST_CASE("a missing required parameter is reported with its documentation") {
  CHECK(complaint<Needed>({}) == "/alpha: is missing: slope (a number)");
}

TEST_CASE("prepare runs after the parameters are read and may refuse them") {
  CHECK(read<Prepared>({{"/high", 3.0}}).width == 3);
  CHECK(complaint<Prepared>({{"/high", -1.0}}) == "/high: must be above low");
}

TEST_CASE("a layer that cannot be created leaves the error and nothing else") {
  const FakeParams params({{"/scale", -2.0}});
  const widelimit::test::LayerObject layer(widelimit::test::layer_type<All>(), params.abi());
  CHECK(layer.status == WIDELIMIT_E_PARAMS);
  CHECK(layer.get() == nullptr);
  CHECK(layer.error.code == WIDELIMIT_E_PARAMS);
  CHECK(std::string(layer.error.pointer) == "/scale");
  CHECK(std::string(layer.error.message) == "must be > 0 and <= 10, got -2");
  CHECK(layer.error.index == -1);
}
