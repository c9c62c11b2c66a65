// The section "inference": methods, kernels, times, solvers, names.
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace widelimit {

using test::experiment_with;
using test::problems_of;
using test::read;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string entries(const std::string& list) { return experiment_with("\"inference\": " + list); }

InferenceSpec inference_of(const std::string& entry) {
  return read(entries("[" + entry + "]")).inference.at(0);
}

/// Of an ensemble with the given "times".
InferenceSpec with_times(const std::string& times) {
  return inference_of(
      R"({"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"], "times": )" + times + "}");
}

std::string problems_of_times(const std::string& times) {
  return problems_of(entries(
      "[{\"method\": \"gradient_descent_mse_ensemble\", \"kernels\": [\"ntk\"], \"times\":\n" +
      times + "}]"));
}

}  // namespace

TEST_CASE("an inference gets the defaults of the contract") {
  const InferenceSpec gp = inference_of(R"({"method": "gp_inference", "kernels": ["nngp"]})");
  CHECK(gp.options.method == Method::gp_inference);
  CHECK(gp.kernels == std::vector<DrivingKernel>{DrivingKernel::nngp});
  CHECK(gp.options.times.empty());
  CHECK(gp.options.learning_rate == 1);
  CHECK(gp.options.diag_reg == 0);
  CHECK_FALSE(gp.options.diag_reg_absolute_scale);
  CHECK(gp.options.covariance == Covariance::none);
  CHECK(gp.solver.type == "cholesky");
  CHECK(gp.solver.params == "{\"residual\": false}");
  CHECK(gp.name == "gp_inference");
  CHECK_FALSE(gp.initial_train);
  const InferenceSpec ensemble =
      inference_of(R"({"method": "gradient_descent_mse_ensemble", "kernels": ["ntk", "nngp"]})");
  CHECK(ensemble.kernels == std::vector<DrivingKernel>{DrivingKernel::ntk, DrivingKernel::nngp});
  CHECK(ensemble.options.times == std::vector<double>{infinity});
  CHECK(ensemble.options.predictions);
}

TEST_CASE("every key of an inference is read") {
  const InferenceSpec spec = inference_of(R"({"method": "gradient_descent_mse", "kernels": ["ntk"],
      "times": [0, 2.5, "inf"], "learning_rate": 0.3, "diag_reg": 1e-4, "diag_reg_absolute_scale": true,
      "solver": {"type": "eigh"}, "name": "one", "initial_train": "f0.npy", "initial_test": "g0.npy"})");
  CHECK(spec.options.method == Method::gradient_descent_mse);
  CHECK(spec.options.times == std::vector<double>{0, 2.5, infinity});
  CHECK(spec.options.learning_rate == 0.3);
  CHECK(spec.options.diag_reg == 1e-4);
  CHECK(spec.options.diag_reg_absolute_scale);
  CHECK(spec.solver.type == "eigh");
  CHECK(spec.name == "one");
  CHECK(spec.initial_train == "f0.npy");
  CHECK(spec.initial_test == "g0.npy");
  CHECK(spec.place.pointer == "/inference/0");
}

TEST_CASE("covariances are none, diagonal or full") {
  const auto covariance = [](const std::string& word) {
    return inference_of(R"({"method": "gp_inference", "kernels": ["ntkgp"], "covariance": ")" +
                        word + "\"}")
        .options.covariance;
  };
  CHECK(covariance("none") == Covariance::none);
  CHECK(covariance("diagonal") == Covariance::diagonal);
  CHECK(covariance("full") == Covariance::full);
}

TEST_CASE("on a kernel, predictions need test samples and a covariance a result that holds it") {
  InferenceSpec spec = inference_of(R"({"method": "gp_inference", "kernels": ["ntkgp"],
      "covariance": "full"})");
  CHECK(spec.options_on(DrivingKernel::ntkgp, true).kernel == DrivingKernel::ntkgp);
  CHECK(spec.options_on(DrivingKernel::ntkgp, true).predictions);
  CHECK_FALSE(spec.options_on(DrivingKernel::ntkgp, true).losses);
  CHECK(spec.options_on(DrivingKernel::ntkgp, true).covariance == Covariance::full);
  CHECK_FALSE(spec.options_on(DrivingKernel::ntkgp, false).predictions);
  CHECK(spec.options_on(DrivingKernel::ntkgp, false).covariance == Covariance::none);

  spec = inference_of(R"({"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
      "times": [1], "covariance": "full"})");
  CHECK(spec.options_on(DrivingKernel::ntk, true).losses);
  CHECK(spec.options_on(DrivingKernel::ntk, true).covariance == Covariance::full);
  CHECK(spec.options_on(DrivingKernel::ntk, false).covariance == Covariance::diagonal);
}

TEST_CASE("a range of times with a step excludes its end: 10,000 for 0, 1000, 0.1") {
  const InferenceSpec spec = with_times(R"({"start": 0, "stop": 1000, "step": 0.1})");
  CHECK_FALSE(spec.options.predictions);
  REQUIRE(spec.options.times.size() == 10000);
  CHECK(spec.options.times.front() == 0);
  CHECK(spec.options.times[1] == 0.1);
  CHECK(spec.options.times[9999] == 9999 * 0.1);
  CHECK(spec.solver.type == "eigh");
  CHECK(with_times(R"({"start": 1, "stop": 2, "step": 0.3})").options.times.size() ==
        3);  // round(10 / 3)
  CHECK(with_times(R"({"start": 5, "stop": 6, "step": 1})").options.times ==
        std::vector<double>{5});
}

TEST_CASE("a range of times with a number includes both ends, evenly or logarithmically") {
  CHECK(with_times(R"({"start": 0, "stop": 1, "num": 5})").options.times ==
        std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  const std::vector<double> log =
      with_times(R"({"start": 0.01, "stop": 1000, "num": 6, "spacing": "log"})").options.times;
  REQUIRE(log.size() == 6);
  CHECK(log.front() == 0.01);
  CHECK(log.back() == 1000);
  for (std::size_t i = 0; i < log.size(); ++i)  // a few roundings of exp and log
    CHECK(std::abs(log[i] / std::pow(10.0, static_cast<double>(i) - 2) - 1) <
          64 * std::numeric_limits<double>::epsilon());
}

TEST_CASE("ranges of times that make no sense are refused") {
  CHECK(problems_of_times(R"({"start": 0, "stop": 10})") ==
        "line 3, column 1: /inference/0/times: needs \"step\" or \"num\": how far apart times are, "
        "or "
        "how many");
  CHECK(problems_of_times(R"({"start": 0, "stop": 10, "step": 1, "num": 3})") ==
        "line 3, column 1: /inference/0/times: takes \"step\" or \"num\", not both; remove one");
  CHECK(problems_of_times(R"({"start": 10, "stop": 10, "step": 1})") ==
        "line 3, column 23: /inference/0/times/stop: must be > start, which is 10, got 10");
  CHECK(problems_of_times(R"({"start": 0, "stop": 10, "num": 5, "spacing": "log"})") ==
        "line 3, column 11: /inference/0/times/start: must be > 0 where \"spacing\" is \"log\", "
        "got 0");
  CHECK(problems_of_times(R"({"start": 0, "stop": 10, "step": 1, "spacing": "log"})") ==
        "line 3, column 48: /inference/0/times/spacing: goes with \"num\"; times by \"step\" are "
        "evenly "
        "spaced");
  CHECK(problems_of_times(R"({"start": 0, "stop": 10, "step": 100})") ==
        "line 3, column 34: /inference/0/times/step: is too large: not one time lies between start "
        "and "
        "stop");
  CHECK(problems_of_times(R"({"start": 0, "stop": 1e300, "step": 1e-300})") ==
        "line 3, column 37: /inference/0/times/step: is too small: more than 10,000,000 times in "
        "all");
  CHECK(problems_of_times(R"({"start": 0, "stop": 1, "num": 1})") ==
        "line 3, column 32: /inference/0/times/num: must be >= 2, got 1   (integer)");
  CHECK(
      problems_of_times(R"({"start": 0, "stop": 1, "num": 10000001})") ==
      "line 3, column 32: /inference/0/times/num: is too large: more than 10,000,000 times in all");
  CHECK(problems_of_times(R"({"begin": 0, "stop": -1, "step": 0, "spacing": "logs"})") ==
        R"(line 3, column 1: /inference/0/times/start: is missing   (number)
line 3, column 2: /inference/0/times/begin: unknown key "begin"   (a range of times takes start, stop, step, num, spacing)
line 3, column 22: /inference/0/times/stop: must be >= 0, got -1   (number)
line 3, column 34: /inference/0/times/step: must be > 0, got 0   (number)
line 3, column 48: /inference/0/times/spacing: must be one of "linear", "log", got "logs"; did you mean "log"?)");
}

TEST_CASE("the ranges of all inferences together stay below a limit") {
  const std::string half = R"("kernels": ["ntk"], "times": {"start": 0, "stop": 6, "step": 1e-6}})";
  CHECK(problems_of(entries(R"([{"method": "gradient_descent_mse", )" + half + ",\n" +
                            R"({"method": "gradient_descent_mse_ensemble", )" + half + "]")) ==
        "line 3, column 106: /inference/1/times/step: is too small: more than 10,000,000 times in "
        "all");
}

TEST_CASE("lists of times hold numbers and \"inf\"") {
  CHECK(problems_of_times("[0, -1, \"infinity\", null, [1]]") ==
        R"(line 3, column 5: /inference/0/times/1: must be a number >= 0 or "inf", got -1
line 3, column 9: /inference/0/times/2: must be a number >= 0 or "inf", got "infinity"
line 3, column 21: /inference/0/times/3: must be a number >= 0 or "inf", got null
line 3, column 27: /inference/0/times/4: must be a number >= 0 or "inf", got [1])");
  CHECK(problems_of_times("[]") ==
        "line 3, column 1: /inference/0/times: must have at least 1 time, got none");
  CHECK(problems_of_times("\"inf\"") ==
        "line 3, column 1: /inference/0/times: must be a list of times, as in [0, 100, \"inf\"], "
        "or a "
        "range, as in {\"start\": 0, \"stop\": 1000, \"step\": 0.1}, got \"inf\"");
}

TEST_CASE("the default solver is cholesky if the only time is \"inf\", otherwise eigh") {
  CHECK(with_times("[\"inf\"]").solver.type == "cholesky");
  CHECK(with_times("[\"inf\", 1]").solver.type == "eigh");
  CHECK(with_times("[0]").solver.type == "eigh");
}

TEST_CASE("a finite time with a solver that has no eigendecomposition is an error of usage") {
  CHECK(problems_of(entries(R"([{"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
"times": [1, "inf"], "solver": "cholesky"}])")) ==
        "line 3, column 32: /inference/0/solver: \"cholesky\" serves the time \"inf\" only; finite "
        "times need the eigendecomposition that \"eigh\" offers   (loaded solvers that do: eigh)");
  CHECK(problems_of(entries(R"([{"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
"times": ["inf"], "solver": "cholesky"}])")) == "");
  CHECK(problems_of(entries(
            R"([{"method": "gp_inference", "kernels": ["ntk"], "solver": "eigh"}])")) == "");
}

TEST_CASE("a default solver that is not loaded is named with the remedy") {
  std::vector<TypeInfo> layers;
  for (const TypeInfo& type : test::catalogue().types())
    if (type.kind == TypeKind::layer) layers.push_back(type);
  CHECK(problems_of([&] {
          static_cast<void>(
              ExperimentText::parse(entries(R"([{"method": "gp_inference", "kernels": ["ntk"]}])"))
                  .validate(Catalogue(layers)));
        }) ==
        "line 2, column 15: /inference/0/solver: the solver used by default here, \"cholesky\", is "
        "not "
        "among the loaded plugins; load it or name another");
}

TEST_CASE("a default solver that two plugins offer needs its qualified name") {
  TypeInfo rival = test::layer("com.example.lapack", "cholesky", "{\"type\": \"object\"}");
  rival.kind = TypeKind::solver;
  const Catalogue two = test::catalogue_with({rival});
  CHECK(
      problems_of([&] {
        static_cast<void>(
            ExperimentText::parse(entries(R"([{"method": "gp_inference", "kernels": ["ntk"]}])"))
                .validate(two));
      })
          .find(
              "/inference/0/solver: solver type \"cholesky\" is offered by com.widelimit.cholesky "
              "(/plugins/com.widelimit.cholesky.so) and com.example.lapack") != std::string::npos);
}

TEST_CASE("unknown methods, kernels, solvers and keys are reported with the nearest name") {
  CHECK(
      problems_of(entries(R"([{"method": "gp_inferense", "kernels": ["ntk"]},
{"method": "gradient_descent_mse_ensemble", "kernels": ["ntkgp"]},
{"method": "gp_inference", "kernels": ["ntpk"], "solver": "eihg", "diagreg": 1, "covariance": "fulll"},
{"method": "gradient_descent_mse", "kernels": []},
{"method": "gp_inference", "kernels": ["ntk", "ntk"], "name": "x"},
{"kernels": ["ntk"]}])")) ==
      R"(line 2, column 26: /inference/0/method: no inference method "gp_inferense"; did you mean "gp_inference"?   (gp_inference, gradient_descent_mse_ensemble, gradient_descent_mse)
line 3, column 57: /inference/1/kernels/0: must be one of "nngp", "ntk", got "ntkgp"; did you mean "ntk"?
line 4, column 40: /inference/2/kernels/0: must be one of "nngp", "ntk", "ntkgp", got "ntpk"; did you mean "ntk"?
line 4, column 59: /inference/2/solver: no solver type "eihg"; did you mean "eigh"?   (2 types from 2 plugins; see `widelimit plugins`)
line 4, column 67: /inference/2/diagreg: unknown key "diagreg"; did you mean "diag_reg"?   (gp_inference takes method, kernels, leave_one_out, name, learning_rate, diag_reg, diag_reg_absolute_scale, covariance, solver)
line 4, column 95: /inference/2/covariance: must be one of "none", "diagonal", "full", got "fulll"; did you mean "full"?   (default "none")
line 5, column 47: /inference/3/kernels: must have at least 1 entry, got 0   (list)
line 6, column 47: /inference/4/kernels/1: "ntk" is given twice
line 7, column 1: /inference/5/method: is missing: the inference method, one of gp_inference, gradient_descent_mse_ensemble, gradient_descent_mse)");
}

TEST_CASE("numbers of an inference have their ranges") {
  CHECK(problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"],
"learning_rate": 0, "diag_reg": -1e-9, "diag_reg_absolute_scale": 1}])")) ==
        R"(line 3, column 18: /inference/0/learning_rate: must be > 0, got 0   (number, default 1)
line 3, column 33: /inference/0/diag_reg: must be >= 0, got -1e-09   (number, default 0)
line 3, column 67: /inference/0/diag_reg_absolute_scale: must be true or false, got 1   (default false))");
}

TEST_CASE("gp_inference takes several ridges, as a list or as a range that is expanded") {
  const InferenceSpec list =
      inference_of(R"({"method": "gp_inference", "kernels": ["ntk"], "diag_reg": [1e-4, 0, 2]})");
  CHECK(list.options.diag_reg_path == std::vector<double>{1e-4, 0, 2});
  CHECK(list.options.leave_one_out);
  CHECK(list.solver.type == "eigh");
  const InferenceSpec range = inference_of(
      R"({"method": "gp_inference", "kernels": ["ntk"], "leave_one_out": false,
          "diag_reg": {"start": 1e-4, "stop": 1e4, "num": 9}})");
  REQUIRE(range.options.diag_reg_path.size() == 9);
  for (int i = 0; i < 9; ++i)
    CHECK(range.options.diag_reg_path[static_cast<std::size_t>(i)] ==
          doctest::Approx(std::pow(10.0, i - 4)).epsilon(1e-14));
  CHECK_FALSE(range.options.leave_one_out);
  const InferenceSpec even = inference_of(
      R"({"method": "gp_inference", "kernels": ["ntk"],
          "diag_reg": {"start": 0, "stop": 2, "num": 3, "spacing": "linear"}})");
  CHECK(even.options.diag_reg_path == std::vector<double>{0, 1, 2});
  const InferenceSpec one =
      inference_of(R"({"method": "gp_inference", "kernels": ["ntk"], "diag_reg": 0.5})");
  CHECK(one.options.diag_reg_path.empty());
  CHECK(one.options.diag_reg == 0.5);
  CHECK_FALSE(one.options.leave_one_out);
}

TEST_CASE("ridges that are none, and where there can be only one, are refused with their place") {
  CHECK(problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"],
"diag_reg": []}, {"method": "gp_inference", "name": "b", "kernels": ["ntk"],
"diag_reg": [1, -1, "x", 1]}, {"method": "gp_inference", "name": "c", "kernels": ["ntk"],
"diag_reg": {"start": 0, "stop": 0, "num": 5}}, {"method": "gp_inference", "name": "d", "kernels": ["ntk"],
"diag_reg": true}, {"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
"diag_reg": [1, 2]}, {"method": "gp_inference", "name": "e", "kernels": ["ntk"], "solver": "cholesky",
"diag_reg": [1, 2]}])")) ==
        R"(line 3, column 13: /inference/0/diag_reg: must have at least 1 ridge, got none
line 4, column 17: /inference/1/diag_reg/1: must be a number >= 0, got -1
line 4, column 21: /inference/1/diag_reg/2: must be a number >= 0, got "x"
line 4, column 26: /inference/1/diag_reg/3: 1 is given twice
line 5, column 23: /inference/2/diag_reg/start: must be > 0 where "spacing" is "log", got 0
line 5, column 34: /inference/2/diag_reg/stop: must be > start, which is 0, got 0
line 6, column 13: /inference/3/diag_reg: must be a number >= 0, a list of such, as in [1e-4, 1e-2], or a range, as in {"start": 1e-6, "stop": 1, "num": 13}, got true
line 7, column 13: /inference/4/diag_reg: must be a number: several ridges are served by gp_inference, whose answer is the one at the time "inf"
line 7, column 92: /inference/5/solver: "cholesky" serves one diag_reg; several need the eigendecomposition that "eigh" offers   (loaded solvers that do: eigh))");
}

TEST_CASE("gp_inference takes no times") {
  CHECK(problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"],
"times": ["inf"]}])")) ==
        "line 3, column 10: /inference/0/times: gp_inference takes no times: its answer is the one "
        "at "
        "\"inf\"; remove them, or use gradient_descent_mse_ensemble");
}

TEST_CASE("gradient_descent for other losses is refused with what to use instead") {
  CHECK(
      problems_of(entries(R"([{"method": "gradient_descent", "kernels": ["ntk"]}])")) ==
      "line 2, column 26: /inference/0/method: gradient_descent, for any loss, is not part of this "
      "release; for the mean squared error use \"gradient_descent_mse\"");
}

TEST_CASE("one network has no covariance, and only it has initial outputs") {
  CHECK(
      problems_of(entries(R"([{"method": "gradient_descent_mse", "kernels": ["ntk"],
"covariance": "full"}])")) ==
      "line 3, column 15: /inference/0/covariance: must be \"none\": gradient_descent_mse is about "
      "one network; the spread of many is what gradient_descent_mse_ensemble gives");
  CHECK(problems_of(
            entries(R"([{"method": "gp_inference", "kernels": ["ntk"], "initial_train": "f"}])"))
            .find("/inference/0/initial_train: unknown key") != std::string::npos);
  CHECK(problems_of(
            entries(
                R"([{"method": "gradient_descent_mse", "kernels": ["ntk"], "initial_test": ""}])"))
            .find("/inference/0/initial_test: must be the path of a file, got \"\"") !=
        std::string::npos);
}

TEST_CASE("results are filed by name, so names differ and can be parts of file names") {
  CHECK(problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"]},
{"method": "gp_inference", "kernels": ["nngp"]}])")) ==
        "line 3, column 1: /inference/1/name: \"gp_inference\" is what /inference/0 is called "
        "already, "
        "and results are filed by this name; give one of them another \"name\"");
  CHECK(problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"], "name": "a"},
{"method": "gp_inference", "kernels": ["nngp"], "name": "a"}])")) ==
        "line 3, column 57: /inference/1/name: \"a\" is what /inference/0 is called already, and "
        "results are filed by this name; give one of them another \"name\"");
  CHECK(
      problems_of(entries(R"([{"method": "gp_inference", "kernels": ["ntk"], "name": "a/b"}])")) ==
      "line 2, column 70: /inference/0/name: must be up to 100 letters, digits, _ - + or . (it "
      "becomes part of file names), got \"a/b\"");
  const auto two = read(entries(R"([{"method": "gp_inference", "kernels": ["ntk"]},
      {"method": "gp_inference", "kernels": ["ntk"], "name": "lr-0.1_b"}])"))
                       .inference;
  CHECK(two[1].name == "lr-0.1_b");
}

}  // namespace widelimit
