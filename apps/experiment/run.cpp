// The order of a run's steps, and what the user reads when one of them fails.
#include "run.hpp"

#include "advice.hpp"
#include "blocks.hpp"
#include "data_advice.hpp"
#include "describe.hpp"
#include "error_places.hpp"
#include "fingerprint.hpp"
#include "forecast/duration.hpp"
#include "forecast/forecast.hpp"
#include "forecast/limits.hpp"
#include "infer.hpp"
#include "pictures.hpp"
#include "plan.hpp"
#include "results.hpp"
#include "reuse.hpp"
#include "sample_errors.hpp"
#include "stores.hpp"
#include "train.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <new>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

namespace fs = std::filesystem;

/// The run that is in the directory. One whose run.json cannot be read does not count: its files
/// are not ours.
std::optional<EarlierRun> earlier_run_in(const fs::path& directory) {
  try {
    return read_earlier(directory);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Is there anything in the directory but its lock?
bool has_files(const fs::path& directory) {
  std::error_code ignored;
  return std::any_of(fs::directory_iterator(directory, ignored), fs::directory_iterator(),
                     [](const fs::directory_entry& entry) {
                       return entry.path().filename() != DirectoryLock::file_name;
                     });
}

/// The steps from the first kernel to the metrics.
class Steps {
 public:
  Steps(const LoadedExperiment& loaded, const RunPlan& plan, TrainTest data,
        TargetTransform targets, RunDirectory& directory, Control& control)
      : loaded_(loaded),
        plan_(plan),
        data_(std::move(data)),
        targets_(std::move(targets)),
        directory_(directory),
        control_(control) {}

  /// Gives the metrics.
  Json run(const std::optional<EarlierRun>& earlier) {
    make_kernels(earlier);
    if (plan_.kernels_only) return {};
    directory_.step("description", "", [&] { describe(); });
    if (auto text = prior_warning(data_.train.y, targets_, held_, plan_.inferences))
      directory_.warn(std::move(*text));
    Json::Object metrics;
    try {
      evaluate(metrics);
    } catch (...) {
      write_metrics(metrics);
      throw;
    }
    write_metrics(metrics);
    return metrics;
  }

 private:
  void make_kernels(const std::optional<EarlierRun>& earlier) {
    const KernelInputs inputs{loaded_.network, loaded_.runtime.catalogue(), plan_.precision, data_};
    for (const BlockPlan& block : plan_.blocks) {
      const std::string name = std::string("kernel ").append(name_of(block.block));
      directory_.step(name, name, [&] {
        try {
          make_block(block, inputs, earlier, directory_, held_, control_);
        } catch (const Error& error) {
          throw with_sample_source(error, sides_of(block.block), *loaded_.experiment.data);
        }
      });
    }
  }

  void describe() {
    write_scatter(data_, targets_, directory_);
    if (shows_pictures(data_.train.x)) write_samples(data_.train, targets_, directory_);
    const DataSpec& sources = *loaded_.experiment.data;
    try {
      directory_.record.network =
          describe_network(loaded_.network.spec(), loaded_.planned, data_.train.x, control_);
    } catch (const Error& error) {
      throw with_sample_source(error, {SampleSet::train, SampleSet::train}, sources);
    }
    if (!data_.test) return;
    try {
      held_.test_diagonal = loaded_.planned.diagonals(
          data_.test->x, plan_.precision, plan_.compute | plan_.test_diagonal, &control_);
    } catch (const Error& error) {
      throw with_sample_source(error, {SampleSet::test, SampleSet::test}, sources);
    }
    write_prior(held_.test_diagonal, plan_.compute, directory_);
  }

  void evaluate(Json::Object& metrics) {
    Matrix truth;
    const Matrix train_truth = in_original_units(data_.train.y, targets_);
    TestSet test{.x = nullptr, .truth = nullptr, .train_truth = &train_truth, .targets = &targets_};
    if (data_.test) {
      test.x = &data_.test->x;
      truth = in_original_units(data_.test->y, targets_);
      if (data_.test->has_targets()) test.truth = &truth;
    }
    MistakesById mistakes;
    const InferenceInputs inputs{.runtime = loaded_.runtime,
                                 .kernels = held_,
                                 .data = data_,
                                 .test = test,
                                 .momentum = plan_.finite ? plan_.finite->options.momentum : 0};
    run_inferences(plan_.inferences, inputs, metrics, mistakes, directory_, control_);
    held_ = {};
    if (!mistakes.empty() && shows_pictures(data_.test->x))
      directory_.step("pictures", "", [&] {
        write_pictures(*loaded_.experiment.data, loaded_.experiment.seed, mistakes, directory_);
      });
    if (plan_.finite)
      run_finite(*plan_.finite, loaded_.network, loaded_.planned.layers(), data_, test, metrics,
                 directory_, control_);
  }

  void write_metrics(const Json::Object& metrics) {
    if (metrics.size() > 0) directory_.write("metrics.json", metrics.indented(3) + "\n");
  }

  const LoadedExperiment& loaded_;
  const RunPlan& plan_;
  TrainTest data_;
  TargetTransform targets_;
  RunDirectory& directory_;
  Control& control_;
  HeldKernels held_;
};

/// The error with a last line that says which results are kept.
Error with_kept_results(const Error& error, const RunDirectory& directory) {
  const std::vector<std::string>& kept = directory.record.kept;
  std::string text =
      kept.empty() ? "nothing was finished" : "kept in " + directory.path().string() + ": ";
  for (const std::string& what : kept) text += (&what == &kept.front() ? "" : ", ") + what;
  if (!directory.record.kernels.empty())
    text += "; the same command with --resume takes the kernels from there";
  std::vector<Problem> problems = error.problems();
  problems.push_back(Problem{.file = {}, .line = 0, .column = 0, .pointer = {}, .message = text});
  return Error(error.code(), std::move(problems), error.facts());
}

/// Notes in the record how the run ended; gives the error to throw.
Error record_failure(const Error& error, RunDirectory& directory) {
  directory.record.status = error.code() == ErrorCode::cancelled ? "interrupted" : "failed";
  directory.record.error = error.what();
  try {
    directory.write_record();
  } catch (const Error&) {
    // Where the record cannot be written, the reason is the one that is reported already.
  }
  return with_kept_results(error, directory);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

void begin_record(const LoadedExperiment& loaded, const RunOptions& options, const TrainTest& data,
                  const TargetTransform& targets, const std::string& fingerprint, Record& record) {
  const Experiment& experiment = loaded.experiment;
  record.title = experiment.title;
  record.experiment_file = options.experiment_file.string();
  record.command = options.command;
  record.started = utc_now();
  record.fingerprint = fingerprint;
  record.experiment = Json::parse(experiment.resolved, record.experiment_file);
  record.data = describe_data(data, targets);
  record.threads = loaded.runtime.threads();
  record.seeds =
      Json::Object{{"experiment", experiment.seed},
                   {"finite", experiment.finite ? Json(experiment.finite->options.seed) : Json()}};
}

/// NaN where the network fails on random samples: it may do better on those of the run.
double seconds_or_nan(const LoadedExperiment& loaded, const RunPlan& plan, const fs::path& out) {
  try {
    return estimate_seconds(plan, loaded.network, loaded.shapes, loaded.runtime, out,
                            Patience::little);
  } catch (const Error&) {
    return std::numeric_limits<double>::quiet_NaN();
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

/// Draws the report, once everything it shows is on disk.
void draw(const RunOptions& options, RunDirectory& directory) {
  if (!options.draw || options.kernels_only) return;
  directory.step("draw", "", [&] {
    Drawing drawing = options.draw(directory.path());
    for (std::string& warning : drawing.warnings) directory.warn(std::move(warning));
    for (const fs::path& file : drawing.files) directory.add(file.string());
  });
}

}  // namespace

fs::path default_output(const fs::path& file) { return file.stem().string() + ".out"; }

Finished run(const LoadedExperiment& loaded, const RunOptions& options, Control& control) try {
  const Experiment& experiment = loaded.experiment;
  const fs::path out = options.out.empty() ? default_output(options.experiment_file) : options.out;
  const RunPlan plan = plan_run(experiment, loaded.network, loaded.shapes, options.kernels_only);
  if (plan.finite) check_finite(*plan.finite, loaded.network, loaded.shapes.train);
  control.check();
  const Forecast cost =
      forecast(plan, loaded.network, loaded.shapes, loaded.runtime, loaded.resident_bytes);
  refuse_above(cost, options.max_memory, loaded.network, loaded.shapes.train);
  if (const auto text = beyond_limits(cost, loaded.runtime.threads()))
    throw Error(ErrorCode::usage, *text);
  const auto begin = std::chrono::steady_clock::now();
  const auto since_begin = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  TrainTest data = read_data(*experiment.data, experiment.seed, &control);
  TargetTransform targets = preprocess(data, experiment.preprocess, experiment.precision, &control);
  const KernelInputs inputs{loaded.network, loaded.runtime.catalogue(), plan.precision, data};
  const std::string kernel_fingerprint = fingerprint(inputs);
  const double loading = since_begin();

  control.check();
  RunDirectory directory(out);
  const std::optional<EarlierRun> existing = earlier_run_in(out);
  const bool has_other_files = !existing && has_files(out);
  const Reuse reuse =
      find_reusable(experiment, plan, data, kernel_fingerprint, existing, options.resume, control);

  directory.on_warning = options.on_warning;
  directory.on_begin = options.on_begin;
  directory.on_step = options.on_step;
  begin_record(loaded, options, data, targets, kernel_fingerprint, directory.record);
  directory.record.memory_forecast = cost.memory_bytes;
  directory.record.disk_forecast = cost.disk_bytes;
  directory.record.timings.push_back(Json::Object{{"phase", "load data"}, {"seconds", loading}});
  // A refusal up to here leaves the directory and the record of its earlier run unchanged.
  claim_stores(plan, inputs, existing, options.resume, directory);
  directory.record.seconds_forecast = seconds_or_nan(loaded, plan, out);
  try {
    directory.replace(existing, reuse.earlier);
    directory.write_record();
    if (!directory.lock().problem().empty()) directory.warn(directory.lock().problem());
    if (has_other_files)
      directory.warn(
          out.string() +
          " is not empty and holds no earlier run; files in it with the name of a file of "
          "this run are replaced, others stay");
    for (const std::string& text : data.warnings) directory.warn(text);
    for (const std::string& text : reuse.warnings) directory.warn(text);
    if (std::optional<std::string> text = beyond_machine(cost)) directory.warn(*text);
    for (std::string& text : advice(experiment, loaded.planned.layers(), loaded.shapes))
      directory.warn(std::move(text));
    if (std::optional<std::string> text = offset_warning(data.train.x)) directory.warn(*text);

    Finished finished;
    finished.metrics = Steps(loaded, plan, std::move(data), std::move(targets), directory, control)
                           .run(reuse.earlier);
    directory.record.status = "finished";
    directory.write_record();
    const double disk = directory.disk_bytes();  // without pictures, as in the forecast
    draw(options, directory);
    directory.record.seconds = since_begin();
    directory.record.disk = disk;
    directory.write_record();
    finished.directory = out;
    finished.record = directory.record;
    return finished;
  } catch (const std::bad_alloc&) {
    throw record_failure(
        Error(ErrorCode::memory,
              "there is not enough memory; `widelimit check` says how much the run needs"),
        directory);
  } catch (const Error& error) {
    throw record_failure(error, directory);
  }
} catch (const Error& error) {
  throw with_file(error, loaded.text);
}

}  // namespace widelimit::experiment
