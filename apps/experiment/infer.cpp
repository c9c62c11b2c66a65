// Inference: kernels and targets in, files and metrics out.
#include "infer.hpp"

#include "common/numbers.hpp"
#include "error_places.hpp"
#include "solvers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/factorised_kernel.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/store.hpp>
#include <widelimit/streamed.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

constexpr std::size_t max_listed_times = 20;
/// Below this a solve, whose relative error is about eps / rcond, has about two correct digits.
constexpr double poor_rcond = 1e-14;

/// The blocks that are held of one kernel. Those of training go to `training`, with their factors.
KernelBlocks blocks_of(PerBlock<Matrix>& held, const std::vector<double>& diagonal,
                       std::optional<FactorisedKernel>& training) {
  KernelBlocks blocks;
  if (!held.train_train.empty())
    blocks.factorised = &training.emplace(std::move(held.train_train), std::move(held.test_train));
  if (!held.test_test.empty()) blocks.test_test = &held.test_test;
  if (!diagonal.empty()) blocks.test_diagonal = &diagonal;
  return blocks;
}

/// f_0 from a file, checked against the samples.
std::optional<Matrix> read_initial(const std::optional<std::filesystem::path>& file,
                                   const Samples& x, std::int64_t outputs,
                                   const std::string& pointer) {
  if (!file) return std::nullopt;
  Matrix f0 = Matrix::read_npy(*file);
  const std::array found{f0.rows(), f0.cols()}, expected{x.count(), outputs};
  if (found != expected)
    throw Error(
        ErrorCode::usage,
        file->string() + " has the shape " + apps::shape_text(found) +
            ", expected one row a sample and one column an output: " + apps::shape_text(expected),
        pointer);
  return f0;
}

/// f_0 of both sets, where the experiment gives it.
struct InitialOutputs {
  std::optional<Matrix> train, test;
};

InitialOutputs read_initial_outputs(const InferenceSpec& spec, const TrainTest& data) {
  InitialOutputs initial;
  const std::int64_t outputs = data.train.y.cols();
  initial.train = read_initial(spec.initial_train, data.train.x, outputs,
                               spec.place.pointer + "/initial_train");
  if (data.test)
    initial.test = read_initial(spec.initial_test, data.test->x, outputs,
                                spec.place.pointer + "/initial_test");
  return initial;
}

Json record_of(const PlannedInference& inference, const InferenceResult& result,
               Json chosen_diag_reg, double greatest_rate) {
  const InferenceSpec& spec = *inference.spec;
  Json::Array times;
  for (const double time : spec.options.times) {
    if (times.size() == max_listed_times) break;
    times.push_back(time);
  }
  return Json::Object{{"id", inference.id},
                      {"method", to_string(spec.options.method)},
                      {"kernel", to_string(inference.options.kernel)},
                      {"solver", spec.solver.type},
                      {"ridge", result.ridge},
                      {"chosen_diag_reg", std::move(chosen_diag_reg)},
                      {"smallest_eigenvalue", result.smallest_eigenvalue},
                      {"largest_eigenvalue", result.largest_eigenvalue},
                      {"rcond", result.solve.rcond},
                      {"iterations", result.solve.iterations},
                      {"residual", result.solve.residual},
                      {"logdet", result.logdet},
                      {"max_learning_rate", greatest_rate},
                      {"times", std::move(times)}};
}

/// The result of `infer`; an Error says which entry of the experiment and which kernel it is about.
InferenceResult with_entry_in_errors(const PlannedInference& inference,
                                     const std::function<InferenceResult()>& infer) {
  try {
    return infer();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    std::vector<Problem> problems = error.problems();
    problems.front().message = inference.id + ": " + problems.front().message;
    throw with_pointer(Error(error.code(), std::move(problems), error.facts()),
                       inference.spec->place.pointer);
  }
}

bool any_finite_time(const InferenceSpec& spec) {
  return std::any_of(spec.options.times.begin(), spec.options.times.end(),
                     [](double time) { return std::isfinite(time); });
}

/// Warns where predictions have few digits, or where no finite network follows the loss curves.
void warn_of_numbers(const PlannedInference& inference, const InferenceResult& result,
                     double greatest_rate, RunDirectory& directory) {
  const InferenceSpec& spec = *inference.spec;
  if (result.solve.rcond < poor_rcond)
    directory.warn(inference.id +
                   ": the kernel is close to singular (reciprocal condition number " +
                   apps::number_text(result.solve.rcond) +
                   "), so the predictions have few correct digits; a larger diag_reg helps");
  if (any_finite_time(spec) && spec.options.learning_rate > greatest_rate)
    directory.warn(spec.place.pointer + "/learning_rate: " + inference.id + " takes steps of " +
                   apps::number_text(spec.options.learning_rate) + ", and above " +
                   apps::rounded_text(greatest_rate) +
                   " such steps diverge: the curves are those of infinitely small steps, which no "
                   "network of finite width follows at this rate");
}

/// From the kernels as the run left them on the disk.
InferenceResult infer_from_disk(const InferenceProblem& problem, bool has_test,
                                const InferenceOptions& options, const Solver& solver,
                                const RunDirectory& directory, Control& control) {
  const Kernel kernel = kernel_of(options.kernel);
  const auto open = [&](Block block) {
    for (const KernelFile& k : directory.record.kernels)
      if (k.block == block && k.kernel == kernel)
        return open_kernel(directory.path() / k.file, kernel);
    throw Error(ErrorCode::internal,
                std::string("the kernel ").append(name_of(block)) + " was not written");
  };
  const auto train_train = open(Block::train_train);
  const auto test_train = has_test ? open(Block::test_train) : nullptr;
  return infer_streamed(StreamedProblem{.train_train = train_train.get(),
                                        .test_train = test_train.get(),
                                        .test_diagonal = problem.kernels[kernel].test_diagonal,
                                        .y_train = problem.y_train,
                                        .y_test = problem.y_test,
                                        .initial_train = problem.initial_train,
                                        .initial_test = problem.initial_test},
                        options, solver, &control);
}

}  // namespace

void run_inferences(std::span<const PlannedInference> inferences, const InferenceInputs& inputs,
                    Json::Object& metrics, MistakesById& mistakes, RunDirectory& directory,
                    Control& control) {
  const TrainTest& data = inputs.data;
  Solvers solvers(inputs.runtime);
  HeldKernels& held = inputs.kernels;
  PerKernel<std::optional<FactorisedKernel>> training;
  InferenceProblem problem;
  for (const Kernel kernel : all_kernels)
    problem.kernels[kernel] =
        blocks_of(held.blocks[kernel], held.test_diagonal[kernel], training[kernel]);
  problem.y_train = &data.train.y;
  if (data.test && data.test->has_targets()) problem.y_test = &data.test->y;

  for (const PlannedInference& inference : inferences) {
    const InferenceSpec& spec = *inference.spec;
    const InferenceOptions& options = inference.options;
    const std::string& id = inference.id;
    const InitialOutputs initial = read_initial_outputs(spec, data);
    problem.initial_train = initial.train ? &*initial.train : nullptr;
    problem.initial_test = initial.test ? &*initial.test : nullptr;
    directory.step("inference " + id, id, [&] {
      const Solver& solver = solvers.get(spec.solver);
      const InferenceResult result = with_entry_in_errors(inference, [&] {
        return inference.streamed ? infer_from_disk(problem, data.test.has_value(), options, solver,
                                                    directory, control)
                                  : infer(problem, options, solver, &control);
      });
      const double greatest_rate = max_learning_rate(result.largest_eigenvalue - result.ridge,
                                                     data.train.y.size(), inputs.momentum);
      warn_of_numbers(inference, result, greatest_rate, directory);
      Json chosen;
      if (!result.predictions.empty()) {
        PredictionSummary summary = write_predictions(id, result, options, inputs.test, directory);
        if (!options.diag_reg_path.empty()) chosen = options.diag_reg_path[summary.shown];
        if (!summary.mistakes.empty()) mistakes.emplace_back(id, std::move(summary.mistakes));
        if (!summary.metrics.is_null()) metrics.set(id, std::move(summary.metrics));
      }
      if (!result.losses.time.empty()) write_losses(id, result.losses, directory);
      directory.record.inference.push_back(
          record_of(inference, result, std::move(chosen), greatest_rate));
    });
  }
}

}  // namespace widelimit::experiment
