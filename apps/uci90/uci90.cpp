// The benchmark of 90 small classification sets, by the protocol of Arora et al. (ICLR 2020,
// arXiv:1910.01663): kernel and ridge are chosen on two halves, accuracy is the mean of four folds.
#include "sets.hpp"

#include "common/process_limits.hpp"
#include "experiment/blocks.hpp"
#include "experiment/metrics.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/csv.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <new>
#include <set>
#include <string>
#include <thread>
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
  problem.kernels.ntk = {.train_train = &train, .test_train = &test};
  problem.y_train = &data.train.y;
  const InferenceSpec& spec = experiment.inference.front();
  const InferenceResult result =
      infer(problem, spec.options_on(DrivingKernel::ntk, true), runtime.solver(spec.solver));
  std::vector<Score> scores;
  for (const Prediction& one : result.predictions)
    scores.push_back({one.diag_reg, experiment::accuracy(one.mean, data.test->y)});
  return scores;
}

/// The kernel and ridge of greatest accuracy on the halves; of equal ones the first, which is the
/// shallowest, with the fewest untrained layers and the least ridge.
struct Choice {
  ReluNetwork kernel;
  Score score{0, -1};
  void offer(const ReluNetwork& other, const Score& its) {
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
      const ReluNetwork kernel{depth, frozen};
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

constexpr const char* heads =
    "set,samples,features,classes,depth,frozen,diag_reg,chosen_by,accuracy,nngp_accuracy,seconds\n";

/// One line of results.csv.
std::string line_of(const Set& set, const Result& result, double seconds) {
  const Choice& choice = result.any;
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), "%s,%lld,%lld,%lld,%d,%d,%g,%.6f,%.6f,%.6f,%.2f\n",
                set.name.c_str(), static_cast<long long>(set.samples),
                static_cast<long long>(set.features), static_cast<long long>(set.classes),
                choice.kernel.depth, choice.kernel.frozen, choice.score.diag_reg,
                choice.score.accuracy, result.any_accuracy, result.nngp_accuracy, seconds);
  return line.data();
}

/// Takes sets until none is left. Most matrices are far too small for several threads of BLAS.
void work(const std::vector<Set>& sets, std::atomic<std::size_t>& next,
          const std::filesystem::path& out) {
  RuntimeOptions options;
  options.threads = 1;
  const Runtime runtime(options);
  for (std::size_t i = next++; i < sets.size(); i = next++) {
    const Set& set = sets[i];
    const auto begin = std::chrono::steady_clock::now();
    const Result one = run(runtime, set, out);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    write_file(out / set.name / "result.csv", heads + line_of(set, one, seconds));
    std::printf("%-32s %5lld samples  depth %d, frozen %d, ridge %-6g  %6.2f %%  %6.1f s\n",
                set.name.c_str(), static_cast<long long>(set.samples), one.any.kernel.depth,
                one.any.kernel.frozen, one.any.score.diag_reg, 100 * one.any_accuracy, seconds);
    std::fflush(stdout);
  }
}

int report(const Error& error) {
  std::fprintf(stderr, "uci90: %s\n", error.what());
  return error.code() == ErrorCode::usage ? 2 : 1;
}

/// One process a core: BLAS and its threads are shared by a whole process. Gives the worst exit
/// status.
int work_in_processes(const std::vector<Set>& sets, const std::filesystem::path& out) {
  void* const shared = mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw Error(ErrorCode::memory, "there is not enough memory");
  auto* const next = new (shared) std::atomic<std::size_t>(0);
  const std::size_t processes = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1,
                                                        std::max<std::size_t>(sets.size(), 1));
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child > 0) {
      children.push_back(child);
      continue;
    }
    int status = 1;
    try {
      work(sets, *next, out);
      status = 0;
    } catch (const Error& error) {
      *next = sets.size();  // the others stop after what they are at
      status = report(error);
    } catch (const std::exception& error) {
      *next = sets.size();
      std::fprintf(stderr, "uci90: %s\n", error.what());
    }
    _exit(status);
  }
  if (children.empty()) throw Error(ErrorCode::io, "no process could be started");
  int worst = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  return worst;
}

int run_all(const std::filesystem::path& data, const std::filesystem::path& out,
            std::set<std::string> wanted) {
  std::vector<Set> sets = find_sets(data);
  if (!wanted.empty())
    std::erase_if(sets, [&](const Set& set) { return wanted.erase(set.name) == 0; });
  if (!wanted.empty()) throw Error(ErrorCode::usage, "there is no set " + *wanted.begin());
  const std::vector<Set> by_name = sets;
  // The longest first, so that no core is left with one at the end.
  std::ranges::stable_sort(sets, std::greater<>(), &Set::samples);
  if (const int status = work_in_processes(sets, out); status != 0) return status;

  std::string table = heads;
  double sum = 0, sum_nngp = 0;
  for (const Set& set : by_name) {
    CsvFile csv(out / set.name / "result.csv");
    if (!csv.next())
      throw Error(ErrorCode::internal, (out / set.name / "result.csv").string() + ": has no row");
    for (std::size_t i = 0; i < csv.columns().size(); ++i)
      table.append(i == 0 ? "" : ",").append(csv.text(i));
    table += "\n";
    sum += csv.number(csv.require("accuracy"));
    sum_nngp += csv.number(csv.require("nngp_accuracy"));
  }
  write_file(out / "results.csv", table);
  const auto count = static_cast<double>(by_name.size());
  std::printf(
      "mean accuracy of %zu sets: %.2f %% (of the kernels that train the last layer alone: %.2f "
      "%%)\nThe halves that choose share samples with the folds, here as in the published "
      "numbers.\n",
      by_name.size(), 100 * sum / count, 100 * sum_nngp / count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  widelimit::apps::restart_within_limits(argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2 || arguments[0].starts_with("-")) return usage();
  return run_all(arguments[0], arguments[1], {arguments.begin() + 2, arguments.end()});
} catch (const Error& error) {
  return report(error);
} catch (const std::exception& error) {
  std::fprintf(stderr, "uci90: %s\n", error.what());
  return 1;
}
