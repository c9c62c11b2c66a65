// Classification end to end: pictures and labels in; ridges, what was left out, probabilities and
// mistakes out.
#include "support/experiments.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

constexpr int height = 3, width = 4, classes = 3;

/// Numbers without pattern (Knuth, MMIX).
class Noise {
 public:
  int below(int limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 40) % static_cast<std::uint64_t>(limit));
  }

 private:
  std::uint64_t state_ = 3;
};

struct Pictures {
  std::string images, labels;  ///< IDX files
  std::vector<int> pixels, truth;
};

/// A bright row for each class, in noise that hides it now and then.
Pictures pictures(int count, Noise& noise) {
  Pictures all;
  const auto byte = [](int value) { return static_cast<char>(value); };
  all.images = {0, 0, 8, 3, 0, 0, 0, byte(count), 0, 0, 0, byte(height), 0, 0, 0, byte(width)};
  all.labels = {0, 0, 8, 1, 0, 0, 0, byte(count)};
  for (int i = 0; i < count; ++i) {
    all.truth.push_back(i % classes);
    all.labels += byte(i % classes);
    for (int row = 0; row < height; ++row)
      for (int column = 0; column < width; ++column) {
        all.pixels.push_back(noise.below(160) + (row == i % classes ? 60 : 0));
        all.images += byte(all.pixels.back());
      }
  }
  return all;
}

class Classification {
 public:
  Classification() : train(pictures(45, noise_)), test(pictures(60, noise_)) {
    for (const auto& [name, set] : {std::pair{"train", &train}, std::pair{"test", &test}}) {
      directory.file(std::string(name) + ".images", set->images);
      directory.file(std::string(name) + ".labels", set->labels);
    }
    file = directory.file("exp.json", R"({"format": 1, "data": {
      "train": {"type": "idx", "images": "train.images", "labels": "train.labels"},
      "test": {"type": "idx", "images": "test.images", "labels": "test.labels"}},
    "preprocess": [{"type": "standardize_x", "per": "all"},
                   {"type": "one_hot", "names": ["top", "middle", "bottom"]}],
    "network": ["flatten", {"type": "dense", "b_std": 0.1}, "relu", "dense"],
    "inference": [{"method": "gp_inference", "kernels": ["ntk"], "covariance": "diagonal",
                   "diag_reg": [0.01, 0.1, 1, 10]}]})");
  }
  Result run(const std::string& out, const std::vector<std::string>& settings = {}) const {
    std::vector<std::string> arguments{"run", file, "--out", (directory / out).string()};
    for (const std::string& setting : settings) {
      arguments.emplace_back("--set");
      arguments.push_back(setting);
    }
    return run_program(arguments);
  }

 private:
  Noise noise_;

 public:
  TemporaryDirectory directory;
  Pictures train, test;
  std::string file;
};

std::size_t index(double value) { return static_cast<std::size_t>(value); }

}  // namespace

TEST_CASE("a list of ridges gives the metrics that each of them gives alone") {
  const Classification problem;
  const Result result = problem.run("path");
  INFO(result.err);
  REQUIRE(result.status == 0);
  const Json metrics = json(problem.directory / "path/metrics.json");
  const std::vector<Json> list = at(metrics, {"gp_inference.ntk"}).elements();
  REQUIRE(list.size() == 4);
  std::vector<std::pair<double, double>> left_out;
  for (const Json& one : list)
    left_out.emplace_back(-number(at(one, {"leave_one_out", "accuracy"})),
                          number(at(one, {"leave_one_out", "rmse"})));
  const auto best = std::ranges::min_element(left_out) - left_out.begin();
  CHECK(number(
            at(json(problem.directory / "path/run.json"), {"inference", "0", "chosen_diag_reg"})) ==
        number(at(list[static_cast<std::size_t>(best)], {"diag_reg"})));

  REQUIRE(problem
              .run("one", {"/inference/0/diag_reg=0.1", "/inference/0/leave_one_out=true",
                           "/inference/0/solver=cholesky"})
              .status == 0);
  const Json one = json(problem.directory / "one/metrics.json");
  const Json alone = at(one, {"gp_inference.ntk"});
  CHECK(number(at(list[1], {"diag_reg"})) == 0.1);
  for (const std::vector<std::string>& key : {std::vector<std::string>{"rmse"},
                                              {"nlpd"},
                                              {"calibration", "log_loss"},
                                              {"calibration", "expected_calibration_error"},
                                              {"leave_one_out", "rmse"},
                                              {"accuracy"},
                                              {"leave_one_out", "accuracy"}})
    CHECK(number(at(list[1], key)) == doctest::Approx(number(at(alone, key))).epsilon(1e-10));
  CHECK(at(list[1], {"confusion"}).one_line() == at(alone, {"confusion"}).one_line());
  CHECK(at(alone, {"leave_one_out", "nlpd"}).is_null());  // the ntk is no covariance
  CHECK(npy(problem.directory / "path/predictions/gp_inference.ntk.mean.npy").shape ==
        std::vector<std::int64_t>{4, 60, 3});
  CHECK(npy(problem.directory / "one/predictions/gp_inference.ntk.leave_one_out.npy").shape ==
        std::vector<std::int64_t>{45, 3});
}

TEST_CASE("probabilities, confusion and mistakes agree with the predictions and the pictures") {
  const Classification problem;
  REQUIRE(problem.run("out", {"/inference/0/diag_reg=0.1"}).status == 0);
  const std::string stem = (problem.directory / "out/predictions/gp_inference.ntk.").string();
  const Array mean = npy(stem + "mean.npy"), p = npy(stem + "probabilities.npy");
  REQUIRE(p.shape == std::vector<std::int64_t>{60, classes});
  std::vector<int> guesses;
  std::vector<std::vector<int>> confusion(classes, std::vector<int>(classes));
  for (std::size_t i = 0; i < 60; ++i) {
    const auto row = mean.values.begin() + static_cast<std::ptrdiff_t>(classes * i);
    guesses.push_back(static_cast<int>(std::max_element(row, row + classes) - row));
    ++confusion[index(problem.test.truth[i])][index(guesses.back())];
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      sum += p.values[classes * i + c];
      CHECK(p.values[classes * i + c] <= p.values[classes * i + index(guesses.back())]);
    }
    CHECK(sum == doctest::Approx(1).epsilon(1e-14));
  }
  const Json metrics = json(problem.directory / "out/metrics.json");
  for (int t = 0; t < classes; ++t)
    for (int g = 0; g < classes; ++g)
      CHECK(number(at(metrics, {"gp_inference.ntk", "confusion", std::to_string(t),
                                std::to_string(g)})) == confusion[index(t)][index(g)]);

  const Csv mistakes = csv(stem + "mistakes.csv");
  const Array drawn = npy(stem + "mistakes.npy");
  REQUIRE(!mistakes.rows.empty());
  REQUIRE(drawn.shape == std::vector<std::int64_t>{std::ssize(mistakes.rows), height, width, 1});
  double before = 1e300;
  for (std::size_t i = 0; i < mistakes.rows.size(); ++i) {
    const std::size_t sample = index(mistakes.column("sample")[i]);
    const std::size_t truth = index(mistakes.column("truth")[i]);
    const std::size_t guess = index(mistakes.column("predicted")[i]);
    CHECK(truth == index(problem.test.truth[sample]));
    CHECK(guess == index(guesses[sample]));
    CHECK(guess != truth);
    const double margin = mistakes.column("margin")[i];
    CHECK(margin == doctest::Approx(mean.values[classes * sample + guess] -
                                    mean.values[classes * sample + truth])
                        .epsilon(1e-14));
    CHECK(margin <= before);
    before = margin;
    for (std::size_t pixel = 0; pixel < height * width; ++pixel)
      CHECK(drawn.values[i * height * width + pixel] ==
            problem.test.pixels[sample * height * width + pixel]);
  }
}

TEST_CASE("the first training pictures of each class are kept as the network sees them") {
  const Classification problem;
  REQUIRE(problem.run("out", {R"(/preprocess/0={"type": "scale", "factor": 0.5})"}).status == 0);
  const Csv table = csv(problem.directory / "out/data/pictures.csv");
  const Array kept = npy(problem.directory / "out/data/pictures.npy");
  REQUIRE(table.rows.size() == 8 * classes);
  REQUIRE(kept.shape == std::vector<std::int64_t>{8 * classes, height, width, 1});
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::size_t sample = index(table.column("sample")[i]);
    // Sample i is of class i modulo 3.
    CHECK(index(table.column("class")[i]) == i / 8);
    CHECK(sample == 3 * (i % 8) + i / 8);
    for (std::size_t pixel = 0; pixel < height * width; ++pixel)
      CHECK(kept.values[i * height * width + pixel] ==
            0.5 * problem.train.pixels[sample * height * width + pixel]);
  }
}

TEST_CASE("a report shows classes, calibration, ridges and the worst mistakes as pictures") {
  const Classification problem;
  REQUIRE(problem.run("out").status == 0);
  const std::string page = read(problem.directory / "out/report.html");
  for (const char* part :
       {"Worst mistakes", "data:image/png;base64,", "taken for", "middle", "Expected calibration",
        "leave-one-out", "best test accuracy", "0&nbsp;top", "training sample 3, class top"})
    CHECK(contains(page, part));
  for (const char* plot : {"classes", "calibration", "ridge"})
    CHECK(std::filesystem::exists(problem.directory / "out/plots" /
                                  (std::string(plot) + ".gp_inference.ntk.svg")));
}

TEST_CASE("without test data ridges are compared by leave-one-out accuracy") {
  const Classification problem;
  const Result result = problem.run("all", {R"(/data={"train": {"type": "idx",
    "images": "train.images", "labels": "train.labels"}})"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const Json metrics = json(problem.directory / "all/metrics.json");
  CHECK(number(at(metrics, {"gp_inference.ntk", "3", "leave_one_out", "accuracy"})) > 0.3);
  CHECK_FALSE(at(metrics, {"gp_inference.ntk", "3"}).contains("rmse"));
  CHECK(std::filesystem::exists(problem.directory / "all/plots/ridge.gp_inference.ntk.svg"));
}
