// What a run says about the numbers of its data: an offset that hides deviations, targets far from
// the prior, a feature that is constant up to rounding, ridges that do not suffice.
#include "experiment/data_advice.hpp"
#include "support/experiments.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace widelimit::test;

namespace {

/// With every digit.
std::string exact(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string table(int rows, const std::function<double(int)>& x,
                  const std::function<double(int)>& y) {
  std::string text = "a,y\n";
  for (int i = 0; i < rows; ++i) text += exact(x(i)) + "," + exact(y(i)) + "\n";
  return text;
}

double wave(int i) { return std::sin(3.0 * i); }

/// A run of two dense layers on a table that trains and tests.
class Experiment {
 public:
  Experiment(const std::string& csv, const std::string& more,
             const std::string& inference = R"({"method": "gp_inference", "kernels": ["nngp"],
                                                "diag_reg": 1e-3, "covariance": "diagonal"})") {
    const std::string source =
        R"({"type": "csv", "target": "y", "path": ")" + directory_.file("data.csv", csv) + "\"}";
    file_ = directory_.file("exp.json", R"({"format": 1, "data": {"train": )" + source +
                                            R"(, "test": )" + source + "}" + more + R"(,
        "network": [{"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu",
                    {"type": "dense", "W_std": 1, "b_std": 0.1}],
        "inference": [)" + inference + "]}");
  }

  Result run() {
    Result result = run_program({"run", file_, "--out", out().string()});
    INFO(result.err);
    return result;
  }
  std::vector<std::string> warnings() {
    CHECK(run().status == 0);
    return texts(at(json(out() / "run.json"), {"warnings"}));
  }
  [[nodiscard]] std::filesystem::path out() const { return directory_ / "out"; }

 private:
  TemporaryDirectory directory_;
  std::string file_;
};

std::vector<std::string> offset_warnings(double offset, const std::string& more) {
  return Experiment(table(
                        20, [&](int i) { return offset + wave(i); },
                        [](int i) { return std::cos(2 * wave(i)); }),
                    more)
      .warnings();
}

std::vector<std::string> target_warnings(double mean, double deviation,
                                         const std::string& more = "",
                                         const std::string& covariance = "diagonal") {
  return Experiment(
             table(20, wave, [&](int i) { return mean + deviation * (i % 2 == 0 ? 1 : -1); }), more,
             R"({"method": "gp_inference", "kernels": ["nngp", "ntk"], "diag_reg": 1e-3,
                 "covariance": ")" +
                 covariance + "\"}")
      .warnings();
}

const std::string standardized = R"(, "preprocess": ["standardize_x"])",
                  centered = R"(, "preprocess": ["center_x"])",
                  float32 = R"(, "precision": "float32")";

}  // namespace

TEST_CASE("samples whose offset hides their deviations are warned of, with the digits left") {
  struct Case {
    double offset;
    bool f32;
    const char* part;  ///< empty: no warning
  };
  for (const Case& c : {Case{0, false, ""}, Case{293, false, ""}, Case{1e4, false, ""},
                        Case{1e6, false, "keep about 3 digits"}, Case{-1e8, false, "keep no digit"},
                        Case{0, true, ""}, Case{293, true, ""}, Case{-293, true, ""},
                        Case{1e4, true, "keep about 3 digits"}, Case{1e6, true, "about 1 digit "},
                        Case{1e8, true, "all 20 training samples are equal in float32"}}) {
    CAPTURE(c.offset);
    CAPTURE(c.f32);
    const std::string more = c.f32 ? float32 : "";
    const std::vector<std::string> warnings = offset_warnings(c.offset, more);
    REQUIRE(warnings.size() == (*c.part == '\0' ? 0 : 1));
    if (warnings.empty()) continue;
    CHECK(contains(warnings[0], "/data/train: "));
    CHECK(contains(warnings[0], c.part));
    CHECK(contains(warnings[0], R"(put "standardize_x" first in "preprocess", or "center_x", )"));
    CHECK(offset_warnings(c.offset, more + standardized).empty());  // the remedies are some
    CHECK(offset_warnings(c.offset, more + centered).empty());
  }
}

TEST_CASE("a small feature beside a large one, and a constant one, are no offset in float32") {
  const auto warnings = [](double scale, const std::function<double(int)>& offset) {
    std::string csv = "a,b,y\n";
    for (int i = 0; i < 20; ++i)
      csv += exact(scale * wave(i)) + "," + exact(offset(i)) + "," + exact(wave(i)) + "\n";
    return Experiment(csv, float32).warnings().size();
  };
  const auto varying = [](int i) { return 1e4 + wave(2 * i); };
  CHECK(warnings(1, varying) == 1);
  CHECK(warnings(1e3, varying) == 0);                // the first feature tells the samples apart
  CHECK(warnings(1, [](int) { return 3e4; }) == 0);  // float32 has 30000 exactly
}

TEST_CASE("targets far from the prior are warned of, with the numbers of both") {
  const std::vector<std::string> mean = target_warnings(1e12, 1),
                                 deviation = target_warnings(0, 8000);
  REQUIRE(mean.size() == 1);
  CHECK(contains(mean[0], "/inference/0: the training targets have a mean of 1e+12 and a "));
  CHECK(contains(mean[0], "the prior of \"gp_inference.nngp\" a mean of 0 and a deviation of "));
  CHECK(contains(mean[0], R"(add "standardize_y" to "preprocess")"));
  REQUIRE(deviation.size() == 1);
  CHECK(contains(deviation[0], "a deviation of 8000,"));
  // The prior's deviation is that of the NNGP kernel.
  const double prior = [] {
    Experiment e(table(20, wave, wave), "");
    CHECK(e.warnings().empty());
    double sum = 0;
    for (const double std : csv(e.out() / "predictions/prior.std.csv").column("nngp_std"))
      sum += std * std;
    return std::sqrt(sum / 20);
  }();
  char text[32];
  std::snprintf(text, sizeof text, "a deviation of %.4g: ", prior);
  CHECK(contains(deviation[0], text));

  for (const double scale : {1e-3, 1.0, 3.0}) CHECK(target_warnings(scale, scale).empty());
  CHECK(target_warnings(1e12, 1, R"(, "preprocess": ["standardize_y"])").empty());
  CHECK(target_warnings(0, 8000, R"(, "preprocess": ["standardize_y"])").empty());
}

TEST_CASE("without variances only an offset of the targets matters") {
  CHECK(target_warnings(0, 8000, "", "none").empty());
  CHECK(target_warnings(8000, 8000, "", "none").empty());
  const std::vector<std::string> offset = target_warnings(8000, 1, "", "none");
  REQUIRE(offset.size() == 1);
  CHECK(contains(offset[0], "predictions far from the training samples return to 0"));
}

TEST_CASE("one output a class is no target of a scale") {
  using namespace widelimit;
  experiment::HeldKernels held;
  held.test_diagonal[Kernel::nngp] = {1e-8, 1e-8};
  const InferenceSpec spec;
  experiment::PlannedInference inference;
  inference.spec = &spec;
  inference.options.covariance = Covariance::diagonal;
  const Matrix y = {{1, 0}, {0, 1}};
  TargetTransform transform;
  CHECK(experiment::prior_warning(y, transform, held, {&inference, 1}));
  transform.classes = 2;
  CHECK(!experiment::prior_warning(y, transform, held, {&inference, 1}));
}

TEST_CASE("an offset is measured at the ends of the range of float64") {
  using widelimit::Matrix;
  using widelimit::Samples;
  for (const double scale : {1e-300, 1.0, 1e300}) {
    CAPTURE(scale);
    const auto warning = [&](double a, double b) {
      return widelimit::experiment::offset_warning(Samples(Matrix{{scale * a}, {scale * b}}));
    };
    CHECK(!warning(-1, 1));
    CHECK(!warning(1, 1 + 1e-5));
    CHECK(warning(1, 1 + 1e-7));
    CHECK(warning(1, 1));
    CHECK(!warning(0, 0));
  }
}

TEST_CASE("a test value near a constant feature does not leave the prediction's range") {
  const TemporaryDirectory directory;
  std::string train = "a,b,y\n";
  for (int i = 0; i < 20; ++i)
    train +=
        exact(wave(i)) + "," + exact(i % 2 == 0 ? 0.3 : 0.1 * 3) + "," + exact(wave(2 * i)) + "\n";
  const auto prediction = [&](double value) {
    const std::string test = "a,b,y\n0.5," + exact(value) + ",0\n";
    const std::string file =
        directory.file("exp.json", R"({"format": 1, "data": {
          "train": {"type": "csv", "target": "y", "path": ")" +
                                       directory.file("train.csv", train) +
                                       R"("}, "test": {"type": "csv", "target": "y", "path": ")" +
                                       directory.file("test.csv", test) + R"("}},
          "preprocess": ["standardize_x"],
          "network": [{"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu", "dense"],
          "inference": [{"method": "gp_inference", "kernels": ["ntk"], "diag_reg": 1e-3}]})");
    const Result result = run_program({"run", file, "--out", (directory / "out").string()});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return npy(directory / "out/predictions/gp_inference.ntk.mean.npy").values.at(0);
  };
  const double at_constant = prediction(0.3);
  CHECK(std::abs(at_constant) < 2);  // targets are at most 1
  CHECK(std::abs(prediction(0.300001) - at_constant) < 1e-4);
}

TEST_CASE("a ridge of a list is refused as it is alone") {
  // numpy.random.default_rng(4): x = normal(3, 3), x[1] = x[0], y = normal(3, 1).
  const std::string csv =
      "a,b,c,y\n"
      "-0.6517911526116896,-0.17471729232577715,1.6637239913911968,0.2417718768768513\n"
      "-0.6517911526116896,-0.17471729232577715,1.6637239913911968,0.23538091873745476\n"
      "-0.6234637409883934,0.14863152325202633,-1.608187784186389,1.5756260314314627\n";
  const auto run = [&](const std::string& ridges) {
    return Experiment(
               csv, "",
               R"({"method": "gp_inference", "kernels": ["ntk"], "diag_reg": )" + ridges + "}")
        .run();
  };
  const std::string refusal = "the ntk kernel of the 3 training samples is not positive definite";
  for (const std::string ridges : {"0", "[0, 1e-3]", "[1e-3, 0]", "[1e-18, 1e-3]"}) {
    CAPTURE(ridges);
    const Result result = run(ridges);
    CHECK(result.status == 1);
    CHECK(contains(result.err, refusal));
  }
  const std::string err = run("[0, 1e-3]").err, key = "Try no \"diag_reg\" below ";
  CHECK(contains(err, refusal + " with \"diag_reg\": 0 of the list: "));
  REQUIRE(contains(err, key));
  const std::string least = err.substr(err.find(key) + key.size(), 5);
  for (const std::string& ridges : {least, "[" + least + ", 1e-3]"}) {
    CAPTURE(ridges);
    const Result result = run(ridges);
    CHECK(result.status == 0);
    CHECK(result.err.find("warning") == std::string::npos);
  }
}

TEST_CASE("no golden experiment is warned of") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WIDELIMIT_TEST_GOLDEN)) {
    if (!entry.is_directory()) continue;
    CAPTURE(entry.path().filename().string());
    const TemporaryDirectory directory;
    const Result result = run_program({"run", (entry.path() / "experiment.json").string(), "--out",
                                       (directory / "out").string()});
    CHECK(result.status == 0);
    CHECK(texts(at(json(directory / "out/run.json"), {"warnings"})).empty());
    ++count;
  }
  CHECK(count > 20);
}
