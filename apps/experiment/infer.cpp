// Inference: kernels and targets in, files and metrics out.
#include "infer.hpp"

#include "common/numbers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/store.hpp>
#include <widelimit/streamed.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

constexpr std::size_t max_listed_times = 20;
/// Below this a solve, whose relative error is about eps / rcond, has about two digits left.
constexpr double poor_rcond = 1e-14;

KernelBlocks blocks_of(const std::array<Matrix, 3>& held, const std::vector<double>& diagonal) {
  const auto given = [&](Block block) {
    const Matrix& matrix = held[static_cast<std::size_t>(block)];
    return matrix.empty() ? nullptr : &matrix;
  };
  return {.train_train = given(Block::train_train),
          .test_train = given(Block::test_train),
          .test_test = given(Block::test_test),
          .test_diagonal = diagonal.empty() ? nullptr : &diagonal};
}

/// f_0 from a file, checked against what it is added to.
std::optional<Matrix> initial(const std::optional<std::filesystem::path>& file, const char* key,
                              std::int64_t rows, std::int64_t cols, const InferenceSpec& spec) {
  if (!file) return std::nullopt;
  Matrix f0 = Matrix::read_npy(*file);
  if (f0.rows() != rows || f0.cols() != cols)
    throw Error(ErrorCode::usage,
                file->string() + " has the shape [" + std::to_string(f0.rows()) + ", " +
                    std::to_string(f0.cols()) +
                    "], expected one row a sample and one column an output: [" +
                    std::to_string(rows) + ", " + std::to_string(cols) + "]",
                spec.place.pointer + "/" + key);
  return f0;
}

Json record_of(const std::string& id, const InferenceSpec& spec, KernelKind kernel,
               const InferenceResult& result, Json chosen_diag_reg, double learning_rate) {
  Json::Array times;
  for (const double time : spec.times) {
    if (times.size() == max_listed_times) break;
    times.push_back(time);
  }
  return Json::Object{{"id", id},
                      {"method", to_string(spec.method)},
                      {"kernel", to_string(kernel)},
                      {"solver", spec.solver.type},
                      {"ridge", result.ridge},
                      {"chosen_diag_reg", std::move(chosen_diag_reg)},
                      {"smallest_eigenvalue", result.smallest_eigenvalue},
                      {"largest_eigenvalue", result.largest_eigenvalue},
                      {"rcond", result.solve.rcond},
                      {"residual", result.solve.residual},
                      {"logdet", result.logdet},
                      {"max_learning_rate", learning_rate},
                      {"times", std::move(times)}};
}

/// One Solver object a configuration, so that the cache recognises it.
class Solvers {
 public:
  explicit Solvers(const Runtime& runtime) : runtime_(runtime) {}
  const Solver& get(const SolverSpec& spec) {
    const auto key = std::pair(spec.type, spec.params);
    const auto found = solvers_.find(key);
    return found != solvers_.end() ? found->second
                                   : solvers_.emplace(key, runtime_.solver(spec)).first->second;
  }

 private:
  const Runtime& runtime_;
  std::map<std::pair<std::string, std::string>, Solver> solvers_;
};

/// An error that is about numbers says which entry and kernel it happened in.
InferenceResult infer_at(const InferenceSpec& spec, const std::string& id,
                         const std::function<InferenceResult()>& infer) {
  try {
    return infer();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    std::vector<Problem> problems = error.problems();
    problems.front().message = id + ": " + problems.front().message;
    throw at(spec.place.pointer, Error(error.code(), std::move(problems)));
  }
}

bool any_finite_time(const InferenceSpec& spec) {
  return std::any_of(spec.times.begin(), spec.times.end(),
                     [](double time) { return std::isfinite(time); });
}

std::string four_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

/// From the kernels as the run left them on the disk.
InferenceResult infer_from_disk(const InferenceProblem& problem, const InferenceOptions& options,
                                const Solver& solver, const RunDirectory& directory,
                                Control& control) {
  const bool nngp = options.kernel == KernelKind::nngp;
  const auto open = [&](Block block) {
    for (const KernelFile& k : directory.record.kernels)
      if (k.block == to_string(block) && k.kernel == (nngp ? "nngp" : "ntk"))
        return open_kernel(directory.path() / k.file,
                           nngp ? StoredKernel::nngp : StoredKernel::ntk);
    throw Error(ErrorCode::internal, "the kernel " + to_string(block) + " was not written");
  };
  const auto train_train = open(Block::train_train);
  const auto test_train = problem.y_test ? open(Block::test_train) : nullptr;
  return infer_streamed(StreamedProblem{.train_train = train_train.get(),
                                        .test_train = test_train.get(),
                                        .test_diagonal = nngp ? problem.nngp.test_diagonal
                                                              : problem.ntk.test_diagonal,
                                        .y_train = problem.y_train,
                                        .y_test = problem.y_test,
                                        .initial_train = problem.initial_train,
                                        .initial_test = problem.initial_test},
                        options, solver, &control);
}

}  // namespace

std::string to_string(KernelKind kernel) {
  return kernel == KernelKind::nngp ? "nngp" : kernel == KernelKind::ntk ? "ntk" : "ntkgp";
}

std::string to_string(Method method) {
  return method == Method::gp_inference           ? "gp_inference"
         : method == Method::gradient_descent_mse ? "gradient_descent_mse"
                                                  : "gradient_descent_mse_ensemble";
}

std::string id_of(const InferenceSpec& spec, KernelKind kernel) {
  return spec.name + "." + to_string(kernel);
}

void run_inference(const Setup& setup, const HeldKernels& held, const TrainTest& data,
                   const TestSet& test, Json::Object& metrics, MistakesById& mistakes,
                   RunDirectory& directory, Control& control) {
  Solvers solvers(setup.runtime);
  InferenceCache cache;
  InferenceProblem problem;
  problem.nngp = blocks_of(held.nngp, held.nngp_diagonal);
  problem.ntk = blocks_of(held.ntk, held.ntk_diagonal);
  problem.y_train = &data.train.y;
  if (data.test) problem.y_test = &data.test->y;
  const double momentum = setup.experiment.finite ? setup.experiment.finite->momentum : 0;

  for (const InferenceSpec& spec : setup.experiment.inference) {
    const std::int64_t outputs = data.train.y.cols();
    const std::optional<Matrix> f0_train =
        initial(spec.initial_train, "initial_train", data.train.x.count(), outputs, spec);
    std::optional<Matrix> f0_test;
    if (data.test)
      f0_test = initial(spec.initial_test, "initial_test", data.test->x.count(), outputs, spec);
    problem.initial_train = f0_train ? &*f0_train : nullptr;
    problem.initial_test = f0_test ? &*f0_test : nullptr;

    for (const KernelKind kernel : spec.kernels) {
      const std::string id = id_of(spec, kernel);
      directory.step("inference " + id, id, [&] {
        const InferenceOptions options = options_of(spec, kernel, data.test.has_value());
        const Solver& solver = solvers.get(spec.solver);
        const InferenceResult result = infer_at(spec, id, [&] {
          return streams(setup, spec, kernel)
                     ? infer_from_disk(problem, options, solver, directory, control)
                     : infer(problem, options, solver, &cache, &control);
        });
        if (result.solve.rcond < poor_rcond)
          directory.warn(
              id + ": the kernel is close to singular (reciprocal condition number " +
              apps::number_text(result.solve.rcond) +
              "), so few digits of the predictions are certain; a larger diag_reg helps");
        const double greatest = max_learning_rate(result.largest_eigenvalue - result.ridge,
                                                  data.train.y.size(), momentum);
        if (any_finite_time(spec) && spec.learning_rate > greatest)
          directory.warn(
              spec.place.pointer + "/learning_rate: " + id + " is training in steps of " +
              apps::number_text(spec.learning_rate) + ", and above " + four_digits(greatest) +
              " such steps diverge: the curves are those of infinitely small ones, which "
              "no network of finite width follows at this rate");
        Json chosen;
        if (!result.predictions.empty()) {
          Written written = write_predictions(id, result, options, test, directory);
          if (!options.diag_reg_path.empty()) chosen = options.diag_reg_path[written.shown];
          if (!written.mistakes.empty()) mistakes.emplace_back(id, std::move(written.mistakes));
          metrics.set(id, std::move(written.metrics));
        }
        if (!result.losses.time.empty()) write_losses(id, result.losses, directory);
        directory.record.inference.push_back(
            record_of(id, spec, kernel, result, std::move(chosen), greatest));
      });
    }
  }
}

}  // namespace widelimit::experiment
