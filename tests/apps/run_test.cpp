// widelimit run: what it leaves in its directory, what it replaces and what it leaves alone.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

const std::string inference = R"(, "inference": [
  {"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "diagonal"},
  {"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"], "times": [1, "inf"],
   "learning_rate": 0.5, "diag_reg": 0.01, "covariance": "full"}])";
const std::string finite_networks =
    R"(, "finite": {"optimizer": {"type": "sgd", "learning_rate": 0.01}, "steps": 20, "ensemble": 2})";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("a run leaves exactly the files that its record lists, under the contract's names") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(24, inference + finite_networks));
  const std::filesystem::path out = directory / "out";
  const Result result = run_program({"run", file, "--out", out.string()});
  INFO(result.err);
  REQUIRE(result.status == 0);

  const Json record = json(out / "run.json");
  std::vector<std::string> listed = texts(at(record, {"files"}));
  std::sort(listed.begin(), listed.end());
  CHECK(listed == files_below(out));
  for (const std::string name : {"run.json",
                                 "metrics.json",
                                 "kernel/train_train.nngp.npy",
                                 "kernel/train_train.ntk.npy",
                                 "kernel/test_train.nngp.npy",
                                 "kernel/test_train.ntk.npy",
                                 "kernel/test_test.nngp.npy",
                                 "kernel/test_test.ntk.npy",
                                 "predictions/gp_inference.nngp.mean.npy",
                                 "predictions/gp_inference.nngp.std.npy",
                                 "predictions/gp_inference.nngp.csv",
                                 "predictions/gradient_descent_mse_ensemble.ntk.mean.npy",
                                 "predictions/gradient_descent_mse_ensemble.ntk.std.npy",
                                 "predictions/gradient_descent_mse_ensemble.ntk.cov.npy",
                                 "predictions/gradient_descent_mse_ensemble.ntk.csv",
                                 "loss/gradient_descent_mse_ensemble.ntk.csv",
                                 "finite/losses.csv",
                                 "finite/predictions.npy",
                                 "finite/parameters.0/0.dense.npy",
                                 "finite/parameters.1/2.dense.npy",
                                 "predictions/prior.std.csv",
                                 "data/scatter.csv"}) {
    INFO(name);
    CHECK(has(listed, name));
  }
  CHECK(!has(listed, "predictions/gp_inference.nngp.cov.npy"));
  CHECK(!has(listed, "loss/gp_inference.nngp.csv"));

  CHECK(text(at(record, {"status"})) == "finished");
  CHECK(at(record, {"error"}).is_null());
  CHECK(text(at(record, {"title"})) == "small");
  CHECK(number(at(record, {"data", "train", "count"})) == 18);
  CHECK(number(at(record, {"data", "test", "count"})) == 6);
  CHECK(number(at(record, {"peak_memory_bytes"})) > 1e6);
  CHECK(at(record, {"network"}).size() == 3);
  CHECK(text(at(record, {"network", "0", "type"})) == "dense");
  CHECK(number(at(record, {"network", "0", "params", "W_std"})) == 1.5);
  CHECK(number(at(record, {"network", "2", "mean_variance"})) > 0);
  CHECK(text(at(record, {"inference", "1", "id"})) == "gradient_descent_mse_ensemble.ntk");
  CHECK(text(at(record, {"inference", "1", "times", "1"})) == "inf");
  CHECK(number(at(record, {"finite", "members"})) == 2);
  CHECK(number(at(record, {"finite", "parameters"})) == 3 * 16 + 16 + 16 + 1);
  CHECK(at(record, {"timings"}).size() > 0);

  CHECK(npy(out / "predictions/gp_inference.nngp.mean.npy").shape ==
        std::vector<std::int64_t>{6, 1});
  CHECK(npy(out / "predictions/gp_inference.nngp.std.npy").shape == std::vector<std::int64_t>{6});
  CHECK(npy(out / "predictions/gradient_descent_mse_ensemble.ntk.mean.npy").shape ==
        std::vector<std::int64_t>{2, 6, 1});
  CHECK(npy(out / "finite/predictions.npy").shape == std::vector<std::int64_t>{2, 6, 1});

  const Csv table = csv(out / "predictions/gradient_descent_mse_ensemble.ntk.csv");
  CHECK(table.header ==
        std::vector<std::string>{"sample", "output", "time", "mean", "std", "truth"});
  REQUIRE(table.rows.size() == 12);
  CHECK(std::isinf(table.column("time")[11]));
  CHECK(table.column("mean")[7] ==
        npy(out / "predictions/gradient_descent_mse_ensemble.ntk.mean.npy").values[7]);
  CHECK(csv(out / "loss/gradient_descent_mse_ensemble.ntk.csv").header ==
        std::vector<std::string>{"time", "train_mean_loss", "test_mean_loss", "train_expected_loss",
                                 "test_expected_loss"});
  CHECK(csv(out / "finite/losses.csv").header ==
        std::vector<std::string>{"member", "step", "train_loss", "test_loss"});

  const Json metrics = json(out / "metrics.json");
  CHECK(number(at(metrics, {"gp_inference.nngp", "rmse"})) > 0);
  CHECK(at(metrics, {"gp_inference.nngp", "pearson", "features"}).size() == 3);
  CHECK(at(metrics, {"gradient_descent_mse_ensemble.ntk"}).size() == 2);
  CHECK(text(at(metrics, {"gradient_descent_mse_ensemble.ntk", "1", "time"})) == "inf");
  CHECK(at(metrics, {"finite", "nlpd"}).is_null());
}

TEST_CASE("a run without test data leaves the results of training") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 10, "n_features": 2, "n_informative": 1}},
    "network": ["relu"], "inference": [{"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
    "times": [1, 2], "diag_reg": 0.1}]})");
  const std::filesystem::path out = directory / "out";
  const Result result = run_program({"run", file, "--out", out.string(), "--set",
                                     R"(/network=[{"type": "dense"}, "relu", {"type": "dense"}])"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const std::vector<std::string> files = files_below(out);
  CHECK(has(files, "kernel/train_train.ntk.npy"));
  CHECK(!has(files, "kernel/test_train.ntk.npy"));
  CHECK(!has(files, "metrics.json"));
  CHECK(csv(out / "loss/gradient_descent_mse_ensemble.ntk.csv").header ==
        std::vector<std::string>{"time", "train_mean_loss"});
  CHECK(contains(result.err, "no test data"));
}

TEST_CASE("results go to STEM.out in the working directory where --out is not given") {
  const TemporaryDirectory directory;
  directory.file("sub/my.first.json", regression(8));
  const Result result =
      run_program(Run{.arguments = {"run", "sub/my.first.json"}, .directory = directory.path()});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(std::filesystem::exists(directory / "my.first.out/run.json"));
}

TEST_CASE("a second run replaces the files of the first and leaves other files alone") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string out = (directory / "out").string();
  REQUIRE(run_program({"run", file, "--out", out}).status == 0);
  directory.file("out/notes.txt", "mine");
  directory.file("out/kernel/mine.npy", "mine");
  REQUIRE(std::filesystem::exists(directory / "out/predictions/gp_inference.nngp.csv"));

  REQUIRE(run_program({"run", file, "--out", out, "--set", "/inference=[]"}).status == 0);
  CHECK(!std::filesystem::exists(directory / "out/predictions/gp_inference.nngp.csv"));
  CHECK(!std::filesystem::exists(directory / "out/predictions/gp_inference.nngp.mean.npy"));
  CHECK(!std::filesystem::exists(directory / "out/loss"));  // no file, no folder
  CHECK(!std::filesystem::exists(directory / "out/metrics.json"));
  CHECK(read(directory / "out/notes.txt") == "mine");
  CHECK(read(directory / "out/kernel/mine.npy") == "mine");
}

TEST_CASE("a run.json that names files elsewhere gets nothing removed") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8));
  const std::string precious = directory.file("precious.txt", "mine");
  directory.file("out/deep/kept.txt", "mine");
  directory.file("out/run.json", R"({"widelimit": {}, "files": ["../precious.txt", ")" + precious +
                                     R"(", "kernel/../deep/kept.txt", "deep/kept.txt", 3]})");
  REQUIRE(run_program({"run", file, "--out", (directory / "out").string()}).status == 0);
  CHECK(read(precious) == "mine");
  CHECK(read(directory / "out/deep/kept.txt") == "mine");
}

TEST_CASE("kernel.from reuses kernels whose fingerprint matches and refuses others") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string first = (directory / "first").string();
  REQUIRE(run_program({"run", file, "--out", first}).status == 0);
  const std::string from = "/kernel={\"from\": \"" + first + "\"}";

  // Kernels that were tampered with are seen to be read, not computed.
  const std::filesystem::path stored = directory / "first/kernel/train_train.nngp.npy";
  std::string bytes = read(stored);
  std::fill(bytes.end() - 8, bytes.end(), '\x40');  // a larger last diagonal entry
  directory.file("first/kernel/train_train.nngp.npy", bytes);
  const Result again = run_program({"run", file, "--out", (directory / "second").string(), "--set",
                                    from, "--set", "/inference/0/diag_reg=0.5"});
  INFO(again.err);
  REQUIRE(again.status == 0);
  CHECK(read(directory / "second/kernel/train_train.nngp.npy") == bytes);

  const Result other = run_program({"run", file, "--out", (directory / "third").string(), "--set",
                                    from, "--set", "/network/0/W_std=1.25"});
  CHECK(other.status == 2);
  CHECK(contains(other.err, "/kernel/from"));
  CHECK(contains(other.err, "/network/0/W_std was 1.5 and is 1.25"));
  CHECK(!std::filesystem::exists(directory / "third"));

  const Result nothing = run_program({"run", file, "--out", (directory / "third").string(), "--set",
                                      "/kernel={\"from\": \"nowhere\"}"});
  CHECK(nothing.status == 2);
  CHECK(contains(nothing.err, "run.json"));
}

TEST_CASE("--resume keeps the kernels of the directory where they still fit") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string out = (directory / "out").string();
  REQUIRE(run_program({"run", file, "--out", out}).status == 0);
  const std::filesystem::path kernel = directory / "out/kernel/train_train.ntk.npy";
  const std::string computed = read(kernel);
  std::string bytes = computed;
  std::fill(bytes.end() - 8, bytes.end(), '\x40');
  directory.file("out/kernel/train_train.ntk.npy", bytes);

  REQUIRE(run_program({"run", file, "--out", out, "--resume"}).status == 0);
  CHECK(read(kernel) == bytes);

  REQUIRE(run_program({"run", file, "--out", out}).status == 0);
  CHECK(read(kernel) == computed);
}

TEST_CASE("damaged kernels of kernel.from are refused with file and place, before any output") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string first = (directory / "first").string();
  REQUIRE(run_program({"kernel", file, "--out", first}).status == 0);
  const auto refused = [&](const std::string& verb, const std::string& kernel,
                           const std::string& bytes, const std::vector<std::string>& parts) {
    const std::string whole = read(directory / kernel);
    directory.file(kernel, bytes);
    const Result result = run_program({verb, file, "--out", (directory / "second").string(),
                                       "--set", "/kernel={\"from\": \"" + first + "\"}"});
    CHECK(result.status == 2);
    CHECK(contains(result.err, "/kernel/from"));
    CHECK(contains(result.err, kernel));
    for (const std::string& part : parts) CHECK(contains(result.err, part));
    CHECK(!std::filesystem::exists(directory / "second"));
    directory.file(kernel, whole);
  };
  // test_test [3, 3] is written by `kernel` and never held; train_train is [9, 9].
  const std::string small = "first/kernel/test_test.nngp.npy",
                    large = "first/kernel/train_train.ntk.npy";
  const std::string square = read(directory / small);
  for (const std::string verb : {"kernel", "run"}) {
    const std::string kernel = verb == "kernel" ? small : large;
    const std::int64_t columns = verb == "kernel" ? 3 : 9;
    const std::string whole = read(directory / kernel);
    refused(verb, kernel, whole.substr(0, whole.size() - 50), {"is truncated", "the file holds"});
    refused(verb, kernel, whole + "12345678", {"has bytes after its array"});
    std::string bytes = whole;  // row 1, column 1, a NaN
    std::fill_n(bytes.begin() + 128 + (columns + 1) * 8, 8, '\xff');
    refused(verb, kernel, bytes, {"row 1, column 1", "nan"});
  }
  refused("kernel", large, square, {"[3, 3]", "[9, 9]"});
  std::string narrow = square;
  narrow.replace(narrow.find("<f8"), 3, "<f4");
  narrow.resize(128 + 9 * 4);
  refused("kernel", small, narrow, {"float32", "float64"});
  refused("kernel", small, "", {"expected an .npy file"});
  CHECK(run_program({"kernel", file, "--out", (directory / "second").string(), "--set",
                     "/kernel={\"from\": \"" + first + "\"}"})
            .status == 0);
}

TEST_CASE("--resume computes damaged kernels again and says so") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string out = (directory / "out").string();
  REQUIRE(run_program({"kernel", file, "--out", out}).status == 0);
  const std::vector<std::string> names{"out/kernel/test_test.nngp.npy",
                                       "out/kernel/train_train.ntk.npy",
                                       "out/kernel/test_train.nngp.npy"};
  std::vector<std::string> whole;
  for (const std::string& name : names) whole.push_back(read(directory / name));
  directory.file(names[0], whole[0].substr(0, whole[0].size() - 50));
  std::string bytes = whole[1];
  std::fill_n(bytes.begin() + 128, 8, '\xff');
  directory.file(names[1], bytes);
  std::filesystem::remove(directory / names[2]);

  const Result result = run_program({"kernel", file, "--out", out, "--resume"});
  INFO(result.err);
  CHECK(result.status == 0);
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(contains(result.err, names[i]));
    CHECK(read(directory / names[i]) == whole[i]);
  }
  CHECK(contains(result.err, "row 0, column 0"));
  CHECK(texts(at(json(directory / "out/run.json"), {"warnings"})).size() == names.size());
}

TEST_CASE("targets in other units give the same predictions in those units") {
  // y and 100 y + 7 standardise to the same numbers, up to rounding of the targets themselves.
  const TemporaryDirectory directory;
  std::string small = "a,b,y\n", large = small;
  for (int i = 0; i < 20; ++i) {
    const double a = std::sin(3.0 * i), b = std::cos(5.0 * i), y = a * b + 0.25 * a;
    const std::string x = std::to_string(a) + "," + std::to_string(b) + ",";
    small += x + std::to_string(y) + "\n";
    large += x + std::to_string(100 * std::stod(std::to_string(y)) + 7) + "\n";
  }
  directory.file("small.csv", small);
  directory.file("large.csv", large);
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "csv", "path": "small.csv", "target": ["y"]},
             "split": {"test_fraction": 0.3}},
    "preprocess": ["standardize_y"],
    "network": [{"type": "dense", "b_std": 0.3}, "erf", {"type": "dense"}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.01,
                   "covariance": "full"}]})");
  REQUIRE(run_program({"run", file, "--out", (directory / "small").string()}).status == 0);
  REQUIRE(run_program({"run", file, "--out", (directory / "large").string(), "--set",
                       "/data/train/path=large.csv"})
              .status == 0);
  const auto array = [&](const std::string& run, const std::string& what) {
    return npy(directory.path() / run / ("predictions/gp_inference.nngp." + what + ".npy"));
  };
  // Rounding of the targets is amplified by the condition number, at most n / diag_reg.
  constexpr double tolerance = 14 / 0.01 * 1e-15 * 100;
  const Array mean = array("large", "mean"), std = array("large", "std"),
              cov = array("large", "cov");
  const Array mean1 = array("small", "mean"), std1 = array("small", "std"),
              cov1 = array("small", "cov");
  REQUIRE(mean.values.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(std::abs(mean.values[i] - (100 * mean1.values[i] + 7)) <= tolerance * 100);
    CHECK(std::abs(std.values[i] - 100 * std1.values[i]) <= tolerance * 100);
    CHECK(std.values[i] > 0);
  }
  for (std::size_t i = 0; i < 36; ++i)
    CHECK(std::abs(cov.values[i] - 1e4 * cov1.values[i]) <= tolerance * 1e4);
  const Csv table = csv(directory / "large/predictions/gp_inference.nngp.csv");
  CHECK(table.column("mean") == mean.values);
  CHECK(table.column("std") == std.values);
  // Truth is in the units of the file: between 100 (-1.25) + 7 and 100 (1.25) + 7, and not
  // standardised.
  double largest = 0;
  for (const double y : table.column("truth")) largest = std::max(largest, std::abs(y - 7));
  CHECK(largest > 10);
  CHECK(largest <= 125);
}

TEST_CASE("--quiet prints nothing, and lines are plain where there is no terminal") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const Result quiet = run_program({"run", file, "--out", (directory / "a").string(), "--quiet"});
  CHECK(quiet.status == 0);
  CHECK(quiet.out == "");
  CHECK(quiet.err == "");
  const Result plain = run_program({"run", file, "--out", (directory / "b").string()});
  CHECK(contains(plain.err, "kernel train_train"));
  CHECK(plain.err.find('\x1b') == std::string::npos);
  CHECK(plain.err.find('\r') == std::string::npos);
  CHECK(contains(plain.out, "gp_inference.nngp"));
}

TEST_CASE("the numbers of a column have as many decimals, and four digits in the smallest") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(60, R"(, "inference": [
    {"method": "gp_inference", "name": "close", "kernels": ["nngp"], "diag_reg": 1e-3},
    {"method": "gp_inference", "name": "far", "kernels": ["nngp"], "diag_reg": 1e3}])"));
  const std::string out = (directory / "out").string();
  const Result result = run_program({"run", file, "--out", out});
  REQUIRE(result.status == 0);
  const Json metrics = json(directory / "out/metrics.json");
  std::vector<std::string> names, rows[2];
  std::istringstream lines(result.out);
  for (std::string line, cell; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    while (cells >> cell) row.push_back(cell);
    if (!row.empty() && row[0] == "rmse") names = row;
    if (!row.empty() && row[0] == "close.nngp") rows[0] = row;
    if (!row.empty() && row[0] == "far.nngp") rows[1] = row;
  }
  REQUIRE(names.size() >= 3);
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    std::size_t decimals[2] = {}, digits = 100;
    for (const int row : {0, 1}) {
      const std::string& cell = rows[row].at(i + 1);
      const std::size_t point = cell.find('.');
      decimals[row] = point == std::string::npos ? 0 : cell.size() - point - 1;
      const std::size_t first = cell.find_first_of("123456789");
      digits = std::min(digits, static_cast<std::size_t>(std::count_if(
                                    cell.begin() + static_cast<std::ptrdiff_t>(first), cell.end(),
                                    [](char c) { return c >= '0' && c <= '9'; })));
      const double exact = number(at(metrics, {row == 0 ? "close.nngp" : "far.nngp", names[i]}));
      CHECK(std::abs(std::stod(cell) - exact) <=
            0.500001 * std::pow(10.0, -static_cast<double>(decimals[row])));
    }
    CHECK(decimals[0] == decimals[1]);
    CHECK(digits >= 4);
  }
}
