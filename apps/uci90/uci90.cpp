// The benchmark of 90 small classification sets, by the protocol of Arora et al. (ICLR 2020,
// arXiv:1910.01663): kernel and ridge are chosen on two halves, accuracy is the mean of four folds.
#include "sets.hpp"

#include "experiment/blocks.hpp"
#include "experiment/metrics.hpp"

#include <widelimit/data.hpp>
#include <widelimit/error.hpp>
#include <widelimit/files.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using namespace widelimit::uci90;

/// Accuracy on the test rows for each ridge of an experiment file, without files of results.
struct Score {
  double diag_reg = 0, accuracy = 0;
};
std::vector<Score> scores_of(const Runtime& runtime, const std::filesystem::path& file) {
  const Experiment experiment = ExperimentText::read(file).validate(runtime.catalogue());
  TrainTest data = load_data(*experiment.data, experiment.seed);
  static_cast<void>(preprocess(data, experiment.preprocess, experiment.precision));
  const Network network = runtime.network(experiment.network);
  const Matrix train = network.ntk(data.train.x), test = network.ntk(data.test->x, data.train.x);
  InferenceProblem problem;
  problem.ntk = {.train_train = &train, .test_train = &test};
  problem.y_train = &data.train.y;
  const InferenceSpec& spec = experiment.inference.front();
  const InferenceResult result = infer(problem, experiment::options_of(spec, KernelKind::ntk, true),
                                       runtime.solver(spec.solver));
  std::vector<Score> scores;
  for (const Prediction& one : result.predictions)
    scores.push_back({one.diag_reg, experiment::accuracy(one.mean, data.test->y)});
  return scores;
}

/// The kernel and ridge of greatest accuracy on the halves; of equal ones the first, which is the
/// shallowest, with the fewest untrained layers and the least ridge.
struct Choice {
  Kernel kernel;
  Score score{0, -1};
  void offer(const Kernel& other, const Score& its) {
    if (its.accuracy > score.accuracy) *this = {other, its};
  }
};

double mean_of_folds(const Runtime& runtime, const Experiments& experiments, const Choice& choice) {
  double sum = 0;
  for (int fold = 1; fold <= folds; ++fold)
    sum += scores_of(runtime, experiments.fold(fold, choice.kernel, choice.score.diag_reg))
               .front()
               .accuracy;
  return sum / folds;
}

struct Result {
  Choice any, nngp;  ///< of all kernels; of those that train the last layer alone
  double any_accuracy = 0, nngp_accuracy = 0;
};

Result run(const Runtime& runtime, const Set& set, const std::filesystem::path& out) {
  const Experiments experiments(set, out);
  Result result;
  for (int depth = 0; depth <= most_depth; ++depth)
    for (int frozen = 0; frozen <= depth; ++frozen) {
      const Kernel kernel{depth, frozen};
      for (const Score& score : scores_of(runtime, experiments.choose(kernel))) {
        result.any.offer(kernel, score);
        if (frozen == depth) result.nngp.offer(kernel, score);
      }
    }
  result.nngp_accuracy = mean_of_folds(runtime, experiments, result.nngp);
  result.any_accuracy = mean_of_folds(runtime, experiments, result.any);
  return result;
}

int usage() {
  std::fputs(
      "usage: uci90 DATA OUT [NAME]...\n"
      "  DATA   folder with one folder a set (NAME/NAME_R.dat, conxuntos.dat, ...)\n"
      "  OUT    where experiment files and results.csv go\n"
      "  NAME   sets to run; all of them where none is named\n",
      stderr);
  return 2;
}

int run_all(const std::filesystem::path& data, const std::filesystem::path& out,
            std::set<std::string> wanted) {
  const bool all = wanted.empty();
  const Runtime runtime;
  std::string table =
      "set,samples,features,classes,depth,frozen,diag_reg,chosen_by,accuracy,nngp_accuracy,"
      "seconds\n";
  double sum = 0, sum_nngp = 0;
  int count = 0;
  for (const Set& set : find_sets(data)) {
    if (!all && wanted.erase(set.name) == 0) continue;
    const auto begin = std::chrono::steady_clock::now();
    const Result one = run(runtime, set, out);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    char line[512];
    const Choice& choice = one.any;
    std::snprintf(line, sizeof line, "%s,%lld,%lld,%lld,%d,%d,%g,%.6f,%.6f,%.6f,%.2f\n",
                  set.name.c_str(), static_cast<long long>(set.samples),
                  static_cast<long long>(set.features), static_cast<long long>(set.classes),
                  choice.kernel.depth, choice.kernel.frozen, choice.score.diag_reg,
                  choice.score.accuracy, one.any_accuracy, one.nngp_accuracy, seconds);
    table += line;
    write_file(out / "results.csv", table);
    std::printf("%-32s %5lld samples  depth %d, frozen %d, ridge %-6g  %6.2f %%  %6.1f s\n",
                set.name.c_str(), static_cast<long long>(set.samples), choice.kernel.depth,
                choice.kernel.frozen, choice.score.diag_reg, 100 * one.any_accuracy, seconds);
    std::fflush(stdout);
    sum += one.any_accuracy;
    sum_nngp += one.nngp_accuracy;
    ++count;
  }
  if (!wanted.empty()) throw Error(ErrorCode::usage, "there is no set " + *wanted.begin());
  std::printf(
      "mean accuracy of %d sets: %.2f %% (of the kernels that train the last layer alone: %.2f "
      "%%)\nThe halves that choose share samples with the folds, here as in the published "
      "numbers.\n",
      count, 100 * sum / count, 100 * sum_nngp / count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2 || arguments[0].starts_with("-")) return usage();
  return run_all(arguments[0], arguments[1], {arguments.begin() + 2, arguments.end()});
} catch (const Error& error) {
  std::fprintf(stderr, "uci90: %s\n", error.what());
  return error.code() == ErrorCode::usage ? 2 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "uci90: %s\n", error.what());
  return 1;
}
