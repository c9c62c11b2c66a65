// The sections "data", "preprocess", "kernel" and "finite".
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <string>

namespace widelimit {

using test::experiment_with;
using test::problems_of;
using test::read;

namespace {

DataSpec data_of(const std::string& section) { return *read(experiment_with(section)).data; }

std::string problems_with(const std::string& section) {
  return problems_of(experiment_with(section));
}

}  // namespace

TEST_CASE("npy sources name two files and which rows of them") {
  const DataSpec data = data_of(R"("data": {
      "train": {"type": "npy", "x": "x.npy", "y": "/abs/y.npy", "offset": 3, "limit": 10},
      "test": {"type": "npy", "x": "a", "y": "b", "limit": null}})");
  CHECK(data.train.type == SourceType::npy);
  CHECK(data.train.x == "x.npy");
  CHECK(data.train.y == "/abs/y.npy");
  CHECK(data.train.offset == 3);
  CHECK(data.train.limit == 10);
  CHECK(data.train.place.pointer == "/data/train");
  CHECK(data.train.place.line == 3);
  REQUIRE(data.test);
  CHECK(data.test->offset == 0);
  CHECK_FALSE(data.test->limit);
  CHECK_FALSE(data.split);
}

TEST_CASE("csv sources name their target columns by name or by index, one or several") {
  const auto source = [](const std::string& target, const std::string& more = "") {
    return data_of(R"("data": {"train": {"type": "csv", "path": "t.csv", "target": )" + target +
                   more + "}}")
        .train;
  };
  CHECK(source("\"price\"").target_names == std::vector<std::string>{"price"});
  CHECK(source("\"price\"").header);
  CHECK(source("\"price\"").x == "t.csv");
  CHECK(source("[\"a\", \"b\"]").target_names == std::vector<std::string>{"a", "b"});
  CHECK(source("[3, 0]").target_indices == std::vector<std::int64_t>{3, 0});
  CHECK(source("2", ", \"header\": false").target_indices == std::vector<std::int64_t>{2});
  CHECK_FALSE(source("2", ", \"header\": false").header);
}

TEST_CASE("csv targets that cannot be found are refused") {
  const auto problems = [](const std::string& rest) {
    return problems_with("\"data\": {\"train\": {\"type\": \"csv\", \"path\": \"t.csv\"" + rest +
                         "}}");
  };
  CHECK(problems("") == "line 2, column 19: /data/train/target: is missing");
  CHECK(problems(",\n\"target\": [\"a\", 1]") ==
        "line 3, column 11: /data/train/target: must be names or indices, not both");
  CHECK(problems(",\n\"target\": -1") ==
        "line 3, column 11: /data/train/target: must be the name of a column or its index from 0, "
        "got -1");
  CHECK(
      problems(",\n\"target\": [0, 1.5, true]") ==
      "line 3, column 15: /data/train/target/1: must be the name of a column or its index from 0, "
      "got 1.5\n"
      "line 3, column 20: /data/train/target/2: must be the name of a column or its index from 0, "
      "got true");
  CHECK(problems(",\n\"target\": [2, 2]") ==
        "line 3, column 15: /data/train/target/1: the column 2 is named twice");
  CHECK(problems(",\n\"target\": []") ==
        "line 3, column 11: /data/train/target: must have at least 1 column, got none");
  CHECK(problems(",\n\"target\": \"a\", \"header\": false") ==
        "line 3, column 11: /data/train/target: columns have no names where \"header\" is false; "
        "give "
        "their indices, from 0");
}

TEST_CASE("an npz source names an archive and two of its arrays") {
  const DataSpec data = data_of(R"("data": {
      "train": {"type": "npz", "path": "a/d.npz", "x": "x_train", "y": "y_train"}})");
  CHECK(data.train.type == SourceType::npz);
  CHECK(data.train.x == "a/d.npz");
  CHECK(data.train.x_array == "x_train");
  CHECK(data.train.y_array == "y_train");
  CHECK(data.train.y.empty());
  const std::string problems =
      problems_of(experiment_with(R"("data": {"train": {"type": "npz", "path": "d.npz"}})"));
  CHECK(problems.find("/data/train/x: is missing") != std::string::npos);
  CHECK(problems.find("/data/train/y: is missing") != std::string::npos);
}

TEST_CASE("csv sources say how the table is written, and what to do with words and gaps") {
  const auto source = [](const std::string& more) {
    return data_of(R"("data": {"train": {"type": "csv", "path": "t.csv", "target": "y")" + more +
                   "}}")
        .train.table;
  };
  const TableOptions plain = source("");
  CHECK_FALSE(plain.delimiter);
  CHECK(plain.decimal == '.');
  CHECK_FALSE(plain.header_given);
  CHECK_FALSE(plain.automatic_categories);
  CHECK(plain.unknown == UnknownWords::error);
  CHECK(plain.missing == MissingValues::error);
  CHECK(source(R"(, "delimiter": ";", "decimal": ",")").delimiter == ';');
  CHECK(source(R"(, "delimiter": ";", "decimal": ",")").decimal == ',');
  CHECK(source(R"(, "delimiter": "\t", "header": true)").delimiter == '\t');
  CHECK(source(R"(, "header": true)").header_given);
  CHECK(source(R"(, "categories": "auto")").automatic_categories);
  CHECK(source(R"(, "categories": ["a", 3])").categories.names == std::vector<std::string>{"a"});
  CHECK(source(R"(, "categories": ["a", 3])").categories.indices == std::vector<std::int64_t>{3});
  CHECK(source(R"(, "ignore": ["id"])").ignore.names == std::vector<std::string>{"id"});
  CHECK(source(R"(, "unknown": "zeros")").unknown == UnknownWords::zeros);
  CHECK(source(R"(, "missing": "drop")").missing == MissingValues::drop);
  CHECK(source(R"(, "missing": "mean")").missing == MissingValues::mean);
  const auto problem = [](const std::string& rest) {
    return problems_with(R"("data": {"train": {"type": "csv", "path": "t.csv", "target": "y",
)" + rest + "}}");
  };
  CHECK(problem(R"("delimiter": ";;")") ==
        "line 3, column 14: /data/train/delimiter: must be one character, such as \",\", \";\", "
        "\"\\t\" or \" \" for white space, got \";;\"");
  CHECK(problem(R"("delimiter": ",", "decimal": ",")") ==
        "line 3, column 14: /data/train/delimiter: must differ from the decimal mark, which is "
        "\",\"");
  CHECK(problem(R"("categories": "colour")") ==
        "line 3, column 15: /data/train/categories: must be \"auto\" or a list of columns, by name "
        "or by index from 0, got \"colour\"");
  CHECK(problem(R"("ignore": ["a", -1])") ==
        "line 3, column 17: /data/train/ignore/1: must be the name of a column or its index from "
        "0, got -1");
  CHECK(problem(R"("missing": "means")").find("did you mean \"mean\"?") != std::string::npos);
}

TEST_CASE("a test table is written like the training table unless it says otherwise") {
  const std::string train = R"("data": {"train": {"type": "csv", "path": "a.csv", "target": "y",
      "decimal": ",", "missing": "mean", "categories": ["a"], "ignore": ["id"]}, )";
  const DataSource test =
      *data_of(train + R"("test": {"type": "csv", "path": "b.csv", "missing": "drop"}})").test;
  CHECK(test.table.decimal == ',');
  CHECK(test.table.missing == MissingValues::drop);
  CHECK(test.table.ignore.names == std::vector<std::string>{"id"});
  CHECK(test.target_names.empty());
  CHECK(problems_with(train + R"("test": {"type": "csv", "path": "b.csv",
"categories": ["b"]}})") ==
        "line 4, column 15: /data/test/categories: belongs to the training data: the words of test "
        "samples become the features that training has; remove it");
}

TEST_CASE("test sources need no targets, and labels are words where a step is one_hot") {
  const DataSpec data = data_of(R"("data": {"train": {"type": "npy", "x": "x.npy", "y": "y.npy"},
      "test": {"type": "npy", "x": "z.npy"}})");
  CHECK(data.test->y.empty());
  CHECK_FALSE(data.labels);
  const DataSpec archive = data_of(R"("data": {
      "train": {"type": "npz", "path": "d.npz", "x": "x", "y": "y"},
      "test": {"type": "npz", "path": "d.npz", "x": "z"}})");
  CHECK(archive.test->y_array.empty());
  CHECK(read(experiment_with(R"("data": {"train": {"type": "idx", "images": "i", "labels": "l"},
      "test": {"type": "idx", "images": "j"}}, "preprocess": ["one_hot"])"))
            .data->labels);
}

TEST_CASE("idx and make_regression sources") {
  const DataSpec data = data_of(R"("data": {
      "train": {"type": "idx", "images": "i.gz", "labels": "l.gz"},
      "test": {"type": "make_regression", "n_samples": 125, "n_features": 2, "noise": 0.25}})");
  CHECK(data.train.type == SourceType::idx);
  CHECK(data.train.x == "i.gz");
  CHECK(data.train.y == "l.gz");
  CHECK(data.test->type == SourceType::make_regression);
  CHECK(data.test->n_samples == 125);
  CHECK(data.test->n_features == 2);
  CHECK(data.test->n_informative == 2);  // no more than there are
  CHECK(data.test->noise == 0.25);
  CHECK(data.test->seed == 0);
  CHECK(problems_with(R"("data": {"train": {"type": "make_regression", "n_features": 2,
"n_informative": 3, "noise": -1}})") ==
        "line 3, column 30: /data/train/noise: must be >= 0, got -1   (number, default 0)");
  CHECK(problems_with(R"("data": {"train": {"type": "make_regression", "n_features": 2,
"n_informative": 3}})") ==
        "line 3, column 18: /data/train/n_informative: must be <= n_features, which is 2, got 3");
}

TEST_CASE("an unknown data source or key is reported with the nearest name") {
  CHECK(problems_with(R"("data": {"train": {"type": "nyp", "x": "a", "y": "b"}})") ==
        "line 2, column 28: /data/train/type: no data source \"nyp\"; did you mean \"npy\"?   "
        "(npy, npz, "
        "csv, idx, make_regression)");
  CHECK(problems_with(R"("data": {"trian": {}, "tset": {}})") ==
        R"(line 2, column 9: /data/train: is missing
line 2, column 10: /data/trian: unknown key "trian"; did you mean "train"?   (data takes train, test, split)
line 2, column 23: /data/tset: unknown key "tset"; did you mean "test"?   (data takes train, test, split))");
  CHECK(problems_with(R"("data": {"train": {"type": "npy", "x": "a", "limt": 3}})") ==
        R"(line 2, column 19: /data/train/y: is missing   (string)
line 2, column 45: /data/train/limt: unknown key "limt"; did you mean "limit"?   (npy takes type, x, y, rows, offset, limit))");
  CHECK(problems_with(
            R"("data": {"train": {"type": "npy", "x": "", "y": 3, "limit": 0, "offset": -1}})") ==
        R"(line 2, column 49: /data/train/y: must be a string, got 3
line 2, column 61: /data/train/limit: must be >= 1, got 0   (integer or null)
line 2, column 74: /data/train/offset: must be >= 0, got -1   (integer, default 0))");
  CHECK(problems_with(R"("data": {"train": {"type": "npy", "x": "", "y": "y"}})") ==
        "line 2, column 40: /data/train/x: must be the path of a file, got \"\"");
  CHECK(problems_with(R"("data": {"train": "npy"})") ==
        "line 2, column 19: /data/train: must be an object with \"type\", the data source, one of "
        "npy, npz, csv, idx, make_regression, got \"npy\"");
  CHECK(problems_with(R"("data": {"train": {"x": "a"}})") ==
        "line 2, column 19: /data/train/type: is missing: the data source, one of npy, npz, csv, "
        "idx, "
        "make_regression");
}

TEST_CASE("test rows come from a source or from a split, not both") {
  const std::string train = R"("data": {"train": {"type": "make_regression"})";
  const DataSpec data = data_of(train + R"(, "split": {"shuffle": false}})");
  REQUIRE(data.split);
  CHECK(data.split->test_fraction == 0.1);
  CHECK_FALSE(data.split->shuffle);
  CHECK(problems_with(train + R"(, "test": {"type": "make_regression"},
"split": {}})") ==
        "line 3, column 10: /data/split: \"test\" and \"split\" exclude each other: test rows come "
        "from a source of their own or from the training set; remove one");
  for (const char* fraction : {"0", "1", "-0.5", "2"})
    CHECK(problems_with(train + ",\n\"split\": {\"test_fraction\": " + fraction + "}}") ==
          "line 3, column 28: /data/split/test_fraction: must be > 0 and < 1, got " +
              std::string(fraction) + "   (number, default 0.1)");
}

TEST_CASE("paths are relative to the folder of the experiment") {
  const auto at = [](const char* file) { return std::filesystem::path(file); };
  const Experiment tutorial =
      ExperimentText::read(at(WIDELIMIT_TEST_GOLDEN) / "tutorial" / "experiment.json")
          .validate(test::catalogue());
  REQUIRE(tutorial.data);
  CHECK(tutorial.data->train.x == at(WIDELIMIT_TEST_GOLDEN) / "tutorial" / "x_train.npy");
  CHECK(std::filesystem::exists(tutorial.data->test->y));
}

TEST_CASE("preprocess steps are names or objects, in the order of the file") {
  const auto steps = read(experiment_with(R"("preprocess": ["unit_norm",
      {"type": "standardize_x", "per": "all"}, "standardize_x", {"type": "scale", "factor": -0.5},
      {"type": "zca", "regularization": 0.1}, {"type": "one_hot", "classes": 10},
      "standardize_y", {"type": "center_x", "per": "all"}])"))
                         .preprocess;
  REQUIRE(steps.size() == 8);
  CHECK(steps[0].type == PreprocessType::unit_norm);
  CHECK_FALSE(steps[1].per_feature);
  CHECK(steps[2].per_feature);
  CHECK(steps[3].factor == -0.5);
  CHECK(steps[4].regularization == 0.1);
  CHECK(steps[5].classes == 10);
  CHECK(steps[5].centered);
  CHECK(steps[6].type == PreprocessType::standardize_y);
  CHECK(steps[6].place.pointer == "/preprocess/6");
  CHECK(steps[7].type == PreprocessType::center_x);
  CHECK_FALSE(steps[7].per_feature);
}

TEST_CASE("preprocess steps that cannot be done are refused") {
  CHECK(
      problems_with(R"("preprocess": ["standardise_x", {"type": "scale"},
{"type": "scale", "factor": 0}, {"type": "one_hot", "classes": 1}, {"type": "standardize_x", "per": "row"},
"standardize_y", "one_hot", "standardize_y", 3])") ==
      R"(line 2, column 16: /preprocess/0/type: no preprocess step "standardise_x"; did you mean "standardize_x"?   (standardize_x, center_x, standardize_y, unit_norm, scale, zca, one_hot)
line 2, column 33: /preprocess/1/factor: is missing   (number)
line 3, column 29: /preprocess/2/factor: must not be 0, which leaves nothing of the samples
line 3, column 64: /preprocess/3/classes: must be >= 2, got 1   (integer or null)
line 3, column 101: /preprocess/4/per: must be one of "feature", "all", got "row"   (default "feature")
line 4, column 18: /preprocess/6: one_hot needs integer labels; put it before standardize_y
line 4, column 29: /preprocess/7: standardize_y is there already; once is enough
line 4, column 46: /preprocess/8: must be an object with "type", the preprocess step, one of standardize_x, center_x, standardize_y, unit_norm, scale, zca, one_hot, got 3)");
  CHECK(problems_with(R"("preprocess": "zca")") ==
        "line 2, column 15: /preprocess: must be a list of steps, got \"zca\"");
}

TEST_CASE("kernel says which kernels are computed, both by default") {
  const auto kernel = [](const char* section) { return read(experiment_with(section)).kernel; };
  CHECK(kernel("\"title\": \"\"").compute.nngp);
  CHECK(kernel("\"title\": \"\"").compute.ntk);
  CHECK(kernel(R"("kernel": {})").compute.ntk);
  CHECK_FALSE(kernel(R"("kernel": {"compute": ["nngp"]})").compute.ntk);
  CHECK_FALSE(kernel(R"("kernel": {"compute": ["ntk"]})").compute.nngp);
  CHECK_FALSE(kernel(R"("kernel": {"from": null})").from);
  CHECK(kernel(R"("kernel": {"from": "old.out"})").from == "old.out");
  CHECK(kernel(R"("kernel": {})").store == StoreChoice::automatic);
  CHECK(kernel(R"("kernel": {"store": "temporary"})").store == StoreChoice::temporary);
  CHECK(kernel(R"("kernel": {"store": "keep"})").store == StoreChoice::keep);
  CHECK(kernel(R"("kernel": {"store": "none"})").store == StoreChoice::none);
  CHECK(problems_with(R"("kernel": {"store": "kept"})").find("did you mean \"keep\"?") !=
        std::string::npos);
  CHECK(
      problems_with(R"("kernel": {"compute": ["ntkk"], "form": "x"})") ==
      R"(line 2, column 24: /kernel/compute/0: must be one of "nngp", "ntk", got "ntkk"; did you mean "ntk"?
line 2, column 33: /kernel/form: unknown key "form"; did you mean "from"?   (kernel takes compute, from, store))");
  CHECK(problems_with(R"("kernel": {"compute": []})") ==
        "line 2, column 23: /kernel/compute: must have at least 1 entry, got 0   (list, default "
        "[\"nngp\", \"ntk\"])");
  CHECK(problems_with(R"("kernel": {"compute": ["ntk", "ntk"]})") ==
        "line 2, column 23: /kernel/compute: names a kernel twice; once is enough");
  CHECK(problems_with(R"("kernel": {"from": ""})") ==
        "line 2, column 20: /kernel/from: must be the directory of an earlier run, got \"\"");
}

TEST_CASE("finite networks have an optimizer, steps, batches and an ensemble") {
  const TrainOptions options = read(experiment_with(R"("finite": {
      "optimizer": {"type": "sgd", "learning_rate": 0.5, "momentum": 0.9}, "steps": 10000,
      "batch_size": 32, "ensemble": 5, "seed": 7, "record": "all"})"))
                                   .finite->options;
  CHECK(options.learning_rate == 0.5);
  CHECK(options.momentum == 0.9);
  CHECK(options.steps == 10000);
  CHECK(options.batch_size == 32);
  CHECK(options.ensemble == 5);
  CHECK(options.seed == 7);
  CHECK(options.record_all);
  const TrainOptions plain =
      read(experiment_with(R"("finite": {"batch_size": null})")).finite->options;
  CHECK(plain.learning_rate == 0.1);
  CHECK(plain.momentum == 0);
  CHECK(plain.steps == 1000);
  CHECK_FALSE(plain.batch_size);
  CHECK(plain.ensemble == 1);
  CHECK_FALSE(plain.record_all);
  CHECK_FALSE(read(test::experiment_of("[\"dense\"]")).finite);
}

TEST_CASE("what finite networks cannot do is refused") {
  CHECK(problems_with(R"("finite": {"optimizer": {"type": "adam", "momentum": 1, "lr": 1},
"steps": -1, "batch_size": 0, "ensemble": 0, "record": "logs", "epochs": 3})") ==
        R"(line 2, column 34: /finite/optimizer/type: must be "sgd", got "adam"   (default "sgd")
line 2, column 54: /finite/optimizer/momentum: must be >= 0 and < 1, got 1   (number, default 0)
line 2, column 57: /finite/optimizer/lr: unknown key "lr"   (the optimizer takes type, learning_rate, momentum)
line 3, column 10: /finite/steps: must be >= 0 and <= 1000000000000, got -1   (integer, default 1000)
line 3, column 28: /finite/batch_size: must be >= 1, got 0   (integer or null)
line 3, column 43: /finite/ensemble: must be >= 1 and <= 1000000, got 0   (integer, default 1)
line 3, column 56: /finite/record: must be one of "log", "all", got "logs"; did you mean "log"?   (default "log")
line 3, column 64: /finite/epochs: unknown key "epochs"   (finite takes optimizer, steps, batch_size, ensemble, seed, record))");
  CHECK(problems_with(R"("finite": {"optimizer": "adam"})") ==
        "line 2, column 25: /finite/optimizer/type: must be \"sgd\", got \"adam\"   (default "
        "\"sgd\")");
}

}  // namespace widelimit
