// Experiments as a whole: top-level keys, plugins, the resolved configuration, golden cases.
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace widelimit {

using test::experiment_with;
using test::problems_of;
using test::read;

TEST_CASE("top-level keys have their defaults") {
  const Experiment plain = read(test::experiment_of("[\"dense\"]"));
  CHECK(plain.title.empty());
  CHECK(plain.seed == 0);
  CHECK(plain.precision == Precision::float64);
  CHECK_FALSE(plain.plugins_given);
  CHECK_FALSE(plain.data);
  CHECK(plain.preprocess.empty());
  CHECK(plain.inference.empty());
  CHECK(plain.network_place.pointer == "/network");
  CHECK(plain.network_place.column == 13);
  const Experiment full = read(experiment_with(
      R"("$schema": "x", "format": 1, "title": "t", "seed": 9223372036854775807, "precision": "float32", "plugins": ["a", "./b.so"])"));
  CHECK(full.title == "t");
  CHECK(full.seed == 9223372036854775807u);
  CHECK(full.precision == Precision::float32);
  CHECK(full.plugins_given);
  CHECK(full.plugins == std::vector<std::string>{"a", "./b.so"});
}

TEST_CASE("problems of all sections are reported at once, in the order of the file") {
  CHECK(problems_of(R"({"format": 2, "titel": "x", "seed": 1.5,
"precision": "float16", "plugins": "conv",
"data": {"train": {"type": "npy", "x": 1, "y": "y"}},
"network": ["dense", "rleu"],
"kernel": {"compute": "ntk"},
"inference": {"method": "gp_inference"},
"finite": 3})") ==
        R"(line 1, column 12: /format: must be 1, got 2   (default 1)
line 1, column 15: /titel: unknown key "titel"; did you mean "title"?   (an experiment takes $schema, format, title, seed, precision, plugins, data, preprocess, network, kernel, inference, finite)
line 1, column 37: /seed: must be an integer >= 0, got 1.5   (default 0)
line 2, column 14: /precision: must be one of "float64", "float32", got "float16"; did you mean "float64"?   (default "float64")
line 2, column 36: /plugins: must be a list, got "conv"
line 3, column 40: /data/train/x: must be a string, got 1
line 4, column 22: /network/1: no layer type "rleu"; did you mean "relu"?   (18 types from 4 plugins; see `widelimit plugins`)
line 5, column 23: /kernel/compute: must be a list, got "ntk"   (default ["nngp", "ntk"])
line 6, column 14: /inference: must be a list of inferences, got an object
line 7, column 11: /finite: must be an object, got 3)");
}

TEST_CASE("an experiment without a network, or that is none, is refused") {
  CHECK(problems_of("{}") == "line 1, column 1: /network: is missing");
  CHECK(problems_of("[\"dense\"]") ==
        "line 1, column 1: an experiment is an object; this list looks like its \"network\" alone");
  CHECK(problems_of("\"tutorial.json\"") ==
        "line 1, column 1: must be an object, got \"tutorial.json\"");
}

TEST_CASE("plugins are known before types are") {
  const auto plugins = [](const char* text) { return ExperimentText::parse(text).plugins(); };
  CHECK_FALSE(plugins(R"({"network": ["unheard_of"]})"));
  CHECK(plugins(R"({"plugins": ["a", 3, "b"], "network": ["unheard_of"]})") ==
        std::vector<std::string>{"a", "b"});
  CHECK(plugins(R"({"plugins": []})") == std::vector<std::string>{});
  CHECK_FALSE(plugins(R"({"plugins": "a"})"));
  CHECK_FALSE(plugins("[]"));
}

TEST_CASE("the resolved configuration has every default in it and reads back as itself") {
  const char* text = R"({"network": [{"repeat": 2, "layers": ["dense", "relu"]},
      {"type": "sum", "inputs": [[], ["erf", "dense"]]}, "dense"],
    "data": {"train": {"type": "csv", "path": "t.csv", "target": "y"}, "split": {}},
    "preprocess": ["standardize_x"],
    "inference": [{"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
                   "times": {"start": 1, "stop": 2, "num": 3}}],
    "finite": {}})";
  const Experiment once = read(text);
  const Experiment again = read(once.resolved);
  CHECK(again.resolved == once.resolved);
  for (const char* part :
       {R"("format": 1)", R"("precision": "float64")", R"("parameterization": "ntk")",
        R"("test_fraction": 0.1)", R"("per": "feature")", R"("spacing": "linear")",
        R"("type": "eigh")", R"("learning_rate": 0.1)", R"("repeat": 2)", R"("header": true)"})
    CHECK_MESSAGE(once.resolved.find(part) != std::string::npos, part);
  CHECK(again.network.size() == once.network.size());
  CHECK(again.inference[0].options.times == once.inference[0].options.times);
}

TEST_CASE("every golden experiment is valid, and its resolved text too") {
  const Catalogue types = test::catalogue_with_images();
  int cases = 0;
  for (const auto& folder : std::filesystem::directory_iterator(WIDELIMIT_TEST_GOLDEN)) {
    const std::filesystem::path file = folder.path() / "experiment.json";
    if (!std::filesystem::exists(file)) continue;
    ++cases;
    const Experiment experiment = ExperimentText::read(file).validate(types);
    CHECK(experiment.title == folder.path().filename().string());
    CHECK(ExperimentText::parse(experiment.resolved).validate(types).resolved ==
          experiment.resolved);
  }
  CHECK(cases == 32);
}

}  // namespace widelimit
