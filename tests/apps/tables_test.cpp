// Tables, labels and test samples without targets, end to end.
#include "support/experiments.hpp"
#include "support/program.hpp"

#include <widelimit/experiment/files.hpp>
#include <widelimit/matrix.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

const std::string network = R"("network": [{"type": "dense", "b_std": 0.1}, "relu", "dense"])";

/// Runs an experiment in a directory of its own.
struct Experiment {
  TemporaryDirectory directory;

  [[nodiscard]] Result run(const std::string& text, const std::string& verb = "run") const {
    directory.file("exp.json", text);
    return run_program(Run{.arguments = {verb, "exp.json"}, .directory = directory.path()});
  }
  [[nodiscard]] Json record() const { return json(directory / "exp.out/run.json"); }
  [[nodiscard]] bool has(const std::string& file) const {
    return std::filesystem::exists(directory / ("exp.out/" + file));
  }
  [[nodiscard]] std::string first_line(const std::string& file) const {
    const std::string text = read(directory / ("exp.out/" + file));
    return text.substr(0, text.find('\n'));
  }
};

std::vector<double> numbers(const Json& list) {
  std::vector<double> all;
  for (const Json& one : list.elements()) all.push_back(number(one));
  return all;
}

}  // namespace

TEST_CASE("test samples without targets get predictions, a report and no metrics") {
  const Experiment e;
  e.directory.file("train.csv", ",size,colour,y\n0,1,red,2\n1,2,blue,3\n2,3,red,5\n3,4,,4\n");
  e.directory.file("test.csv", "colour,size\nblue,1.5\n,2\n");
  const std::string text = R"({"format": 1, "data": {
    "train": {"type": "csv", "path": "train.csv", "target": "y", "categories": ["colour"],
              "missing": "mean"},
    "test": {"type": "csv", "path": "test.csv"}}, "preprocess": ["standardize_y"], )" +
                           network + R"(,
    "kernel": {"store": "keep"},
    "inference": [
      {"method": "gp_inference", "name": "held", "kernels": ["nngp", "ntk"], "diag_reg": 0.1,
       "covariance": "full"},
      {"method": "gp_inference", "name": "streamed", "kernels": ["nngp"], "diag_reg": 0.1,
       "covariance": "diagonal"},
      {"method": "gradient_descent_mse_ensemble", "name": "path", "kernels": ["ntk"],
       "times": [0.5, "inf"], "diag_reg": 0.1}]})";
  const Result checked = e.run(text, "check"), result = e.run(text);
  INFO(result.err);
  REQUIRE(result.status == 0);
  for (const std::string& said : {checked.out, result.err}) {
    CHECK(contains(said, "train.csv: the first column, \"\", counts the rows"));
    CHECK(contains(said, "test.csv: has no column for targets, so there are predictions"));
  }
  CHECK_FALSE(e.has("metrics.json"));
  CHECK(e.has("report.html"));
  CHECK(e.first_line("predictions/held.ntk.csv") == "sample,output,mean,std");
  CHECK(e.first_line("predictions/path.ntk.csv") == "sample,output,time,mean");
  CHECK(e.first_line("loss/path.ntk.csv") == "time,train_mean_loss");
  const Json data = at(e.record(), {"data"});
  CHECK(number(at(data, {"test", "count"})) == 2);
  CHECK(number(at(data, {"test", "outputs"})) == 0);
  CHECK(texts(at(data, {"test", "x_names"})) ==
        std::vector<std::string>{"size", "colour=blue", "colour=red", "colour is missing"});
  CHECK(texts(at(data, {"encoding", "columns", "1", "words"})) ==
        std::vector<std::string>{"blue", "red"});
  CHECK(at(data, {"encoding", "columns", "1", "marks_gaps"}).boolean());
}

TEST_CASE("labels of all kinds become classes with their names") {
  const Experiment e;
  const auto run = [&](const std::vector<std::string>& labels) {
    std::string table = "x,y\n";
    for (std::size_t i = 0; i < 12; ++i)
      table += std::to_string(i) + "," + labels[i % labels.size()] + "\n";
    e.directory.file("t.csv", table);
    const Result result = e.run(R"({"format": 1, "data": {
      "train": {"type": "csv", "path": "t.csv", "target": "y"},
      "test": {"type": "csv", "path": "t.csv"}}, "preprocess": ["standardize_x", "one_hot"], )" +
                                network + R"(, "inference": [{"method": "gp_inference",
      "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "diagonal"}]})");
    INFO(result.err);
    REQUIRE(result.status == 0);
    CHECK(number(at(json(e.directory / "exp.out/metrics.json"),
                    {"gp_inference.nngp", "accuracy"})) > 0);
    const Json data = at(e.record(), {"data"});
    CHECK(number(at(data, {"train", "outputs"})) == static_cast<double>(labels.size()));
    CHECK(numbers(at(data, {"class_samples"})) ==
          std::vector<double>(labels.size(), 12.0 / static_cast<double>(labels.size())));
    return texts(at(data, {"train", "y_names"}));
  };
  using Names = std::vector<std::string>;
  CHECK(run({"1", "2", "3"}) == Names{"1", "2", "3"});
  CHECK(run({"1", "-1"}) == Names{"-1", "1"});
  CHECK(run({"3", "5"}) == Names{"3", "5"});
  CHECK(run({"no", "yes"}) == Names{"no", "yes"});
  CHECK(run({"0", "1"}).empty());
}

TEST_CASE("a class that no training sample has gets no probability") {
  const Experiment e;
  e.directory.file("t.csv", "x,y\n1,0\n2,3\n3,0\n4,3\n90,0\n");
  const Result result = e.run(R"({"format": 1, "data": {
    "train": {"type": "csv", "path": "t.csv", "target": "y", "limit": 4},
    "test": {"type": "csv", "path": "t.csv"}}, "preprocess": [{"type": "one_hot", "classes": 5}], )" +
                              network + R"(, "inference": [{"method": "gp_inference",
    "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "diagonal"}]})");
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(numbers(at(e.record(), {"data", "class_samples"})) == std::vector<double>{2, 0, 0, 2, 0});
  const auto probabilities = widelimit::Matrix::read_npy(
      e.directory / "exp.out/predictions/gp_inference.nngp.probabilities.npy");
  REQUIRE(probabilities.rows() == 5);
  REQUIRE(probabilities.cols() == 5);
  for (std::int64_t i = 0; i < 5; ++i) {
    for (const std::int64_t nobody : {1, 2, 4}) CHECK(probabilities(i, nobody) == 0);
    CHECK(std::abs(probabilities(i, 0) + probabilities(i, 3) - 1) < 1e-15);
  }
  // Neither are these classes ever predicted.
  const Json confusion =
      at(json(e.directory / "exp.out/metrics.json"), {"gp_inference.nngp", "confusion"});
  for (const Json& truth : confusion.elements())
    for (const std::size_t nobody : {1U, 2U, 4U}) CHECK(number(truth.elements()[nobody]) == 0);
}

TEST_CASE("images whose channels come first are remarked on") {
  const Experiment e;
  const auto check = [&](const std::vector<std::int64_t>& shape) {
    std::int64_t size = 1;
    for (const std::int64_t axis : shape) size *= axis;
    std::vector<double> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 7);
    widelimit::write_npy(e.directory / "x.npy", values.data(), shape);
    widelimit::write_npy(e.directory / "y.npy", values.data(), {shape[0]});
    return e
        .run(R"({"format": 1, "data": {"train": {"type": "npy", "x": "x.npy", "y": "y.npy"}},
               "network": ["flatten", "dense"]})",
             "check")
        .out;
  };
  CHECK(contains(check({4, 3, 5, 6}),
                 "/data/train: the samples are taken for images of 3 x 5 with 6 channels; channels "
                 "come last here: if these are images of 5 x 6 with 3 channels, save them as "
                 "[sample, 5, 6, 3] (NumPy: np.moveaxis(x, 1, -1))"));
  CHECK(contains(check({4, 1, 5, 6}), "images of 5 x 6 with 1 channel,"));
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{4, 5, 6, 3}, {4, 3, 5, 1}, {4, 5, 6, 8}, {4, 3, 6}})
    CHECK(check(shape).find("channels come last") == std::string::npos);
}
