// The order of a run's steps, and what is said when one of them fails.
#include "run.hpp"

#include "blocks.hpp"
#include "duration.hpp"
#include "fingerprint.hpp"
#include "forecast.hpp"
#include "infer.hpp"
#include "pictures.hpp"
#include "results.hpp"
#include "reuse.hpp"
#include "statement.hpp"
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

/// An error about a sample in terms of the data: core knows the rows and columns of a block alone.
Error told_of_samples(const Error& error, Block block, const DataSpec& data) {
  const auto set_of = [&](bool rows) {
    return block == Block::train_train || (block == Block::test_train && !rows) ? "training set"
                                                                                : "test set";
  };
  std::string message = error.what();
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = message.find(from);
    if (at != std::string::npos) message.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  const bool rows = replace("of the rows", std::string("of the ") + set_of(true));
  const bool cols = replace("of the columns", std::string("of the ") + set_of(false));
  if ((!rows && !cols) || error.index() < 0) return error;
  const bool own_source = data.test && set_of(rows) == std::string_view("test set");
  const DataSource& source = own_source ? *data.test : data.train;
  if (source.type != SourceType::make_regression)
    message += "; sample " + std::to_string(error.index()) + " is from " + source.x.string() +
               (data.split ? ", split" : ", row " + std::to_string(source.offset + error.index()));
  return Error(error.code(), message, source.place.pointer, error.index());
}

/// An output directory whose run.json nobody can read is simply used: its files are not ours.
std::optional<EarlierRun> found_in(const fs::path& directory) {
  try {
    return read_earlier(directory);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Is anything in the directory that its lock is not?
bool is_used(const fs::path& directory) {
  std::error_code ignored;
  return std::any_of(fs::directory_iterator(directory, ignored), fs::directory_iterator(),
                     [](const fs::directory_entry& entry) {
                       return entry.path().filename() != DirectoryLock::file_name;
                     });
}

/// Everything between the first file and the last.
class Steps {
 public:
  Steps(const Setup& setup, const RunOptions& options, const KernelPlan& plan, TrainTest data,
        TargetTransform targets, RunDirectory& directory, Control& control)
      : setup_(setup),
        options_(options),
        plan_(plan),
        data_(std::move(data)),
        targets_(std::move(targets)),
        directory_(directory),
        control_(control) {}

  Json run(const std::optional<EarlierRun>& earlier) {
    for (const BlockPlan& block : plan_.blocks)
      directory_.step("kernel " + to_string(block.block), "kernel " + to_string(block.block), [&] {
        try {
          make_block(block, setup_, data_, earlier, directory_, held_, control_);
        } catch (const Error& error) {
          throw told_of_samples(error, block.block, *setup_.experiment.data);
        }
      });
    if (options_.kernels_only) return {};
    directory_.step("description", "", [&] { describe(); });
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
  void describe() {
    write_scatter(data_, targets_, directory_);
    if (shows_pictures(data_.train.x)) write_samples(data_.train, targets_, directory_);
    directory_.record.network = describe_network(setup_, data_, control_);
    if (!data_.test) return;
    const Kernels compute{setup_.experiment.kernel.nngp, setup_.experiment.kernel.ntk};
    const Kernels which{compute.nngp || plan_.test_diagonal.nngp,
                        compute.ntk || plan_.test_diagonal.ntk};
    Network::Diagonals diagonals =
        setup_.network.diagonals(data_.test->x, setup_.experiment.precision, which);
    write_prior(compute.nngp ? diagonals.nngp : std::vector<double>(),
                compute.ntk ? diagonals.ntk : std::vector<double>(), directory_);
    held_.nngp_diagonal = std::move(diagonals.nngp);
    held_.ntk_diagonal = std::move(diagonals.ntk);
  }

  void evaluate(Json::Object& metrics) {
    Matrix truth;
    const Matrix train_truth = restored(data_.train.y, targets_);
    TestSet test{.x = nullptr, .truth = nullptr, .train_truth = &train_truth, .targets = &targets_};
    if (data_.test) {
      truth = restored(data_.test->y, targets_);
      test.x = &data_.test->x;
      test.truth = &truth;
    }
    MistakesById mistakes;
    run_inference(setup_, held_, data_, test, metrics, mistakes, directory_, control_);
    held_ = {};
    if (!mistakes.empty() && shows_pictures(data_.test->x))
      directory_.step("pictures", "", [&] { write_pictures(setup_, mistakes, directory_); });
    if (setup_.experiment.finite) run_finite(setup_, data_, test, metrics, directory_, control_);
  }

  void write_metrics(const Json::Object& metrics) {
    if (metrics.size() > 0) directory_.write("metrics.json", metrics.indented(3) + "\n");
  }

  const Setup& setup_;
  const RunOptions& options_;
  const KernelPlan& plan_;
  TrainTest data_;
  TargetTransform targets_;
  RunDirectory& directory_;
  Control& control_;
  HeldKernels held_;
};

/// The error with a last line that says what is left of the work.
Error told(const Error& error, const RunDirectory& directory) {
  const std::vector<std::string>& kept = directory.record.kept;
  std::string text =
      kept.empty() ? "nothing was finished" : "kept in " + directory.path().string() + ": ";
  for (const std::string& what : kept) text += (&what == &kept.front() ? "" : ", ") + what;
  if (!directory.record.kernels.empty())
    text += "; the same command with --resume takes the kernels from there";
  std::vector<Problem> problems = error.problems();
  problems.push_back(Problem{.file = {}, .line = 0, .column = 0, .pointer = {}, .message = text});
  return Error(error.code(), std::move(problems));
}

/// Notes in the record how the run ended; gives the error to throw on.
Error failed(const Error& error, RunDirectory& directory) {
  directory.record.status = error.code() == ErrorCode::cancelled ? "interrupted" : "failed";
  directory.record.error = error.what();
  try {
    directory.write_record();
  } catch (const Error&) {
    // Where the record cannot be written, the reason is the one that is reported already.
  }
  return told(error, directory);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

void begin_record(const Setup& setup, const RunOptions& options, const TrainTest& data,
                  const std::string& fingerprint, Record& record) {
  const Experiment& experiment = setup.experiment;
  record.title = experiment.title;
  record.experiment_file = options.experiment_file.string();
  record.command = options.command;
  record.started = utc_now();
  record.fingerprint = fingerprint;
  record.experiment = Json::parse(experiment.resolved, record.experiment_file);
  record.data = describe_data(data);
  record.threads = setup.runtime.threads();
  record.seeds =
      Json::Object{{"experiment", experiment.seed},
                   {"finite", experiment.finite ? Json(experiment.finite->seed) : Json()}};
}

/// NaN where the network fails on random samples: the run's own are another matter.
double seconds_of(const Setup& setup, const KernelPlan& plan, bool kernels_only,
                  const fs::path& out) {
  try {
    return estimate_seconds(setup, plan, kernels_only, out, Patience::little);
  } catch (const Error&) {
    return std::numeric_limits<double>::quiet_NaN();
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

/// Pictures, after everything they show is on disk.
void draw(const RunOptions& options, RunDirectory& directory) {
  if (!options.draw || options.kernels_only) return;
  directory.step("draw", "", [&] {
    Drawing drawing = options.draw(directory.path());
    for (std::string& warning : drawing.warnings) directory.warn(std::move(warning));
    for (const fs::path& file : drawing.files) directory.written(file.string());
  });
}

}  // namespace

fs::path default_output(const fs::path& file) { return file.stem().string() + ".out"; }

Finished run(const Setup& setup, const RunOptions& options, Control& control) try {
  const Experiment& experiment = setup.experiment;
  const fs::path out = options.out.empty() ? default_output(options.experiment_file) : options.out;
  const KernelPlan plan = plan_kernels(setup, options.kernels_only);
  if (!options.kernels_only) check_finite(setup);
  control.check();
  const Forecast needs = forecast(setup, plan, options.kernels_only);
  refuse_above(needs, options.max_memory, setup);
  const auto begin = std::chrono::steady_clock::now();
  const auto since_begin = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  TrainTest data = read_data(*experiment.data, experiment.seed);
  TargetTransform targets = preprocess(data, experiment.preprocess, experiment.precision);
  const std::string print = fingerprint(experiment, setup.runtime.catalogue(), data);
  const double loading = since_begin();

  control.check();
  RunDirectory directory(out);
  const std::optional<EarlierRun> in_place = found_in(out);
  const bool used = !in_place && is_used(out);
  const Reuse reuse = reusable(setup, plan, options.resume, in_place, print, data, control);

  directory.on_warning = options.on_warning;
  directory.on_begin = options.on_begin;
  directory.on_step = options.on_step;
  begin_record(setup, options, data, print, directory.record);
  directory.record.memory_forecast = needs.memory_bytes;
  directory.record.disk_forecast = needs.disk_bytes;
  directory.record.timings.push_back(Json::Object{{"phase", "load data"}, {"seconds", loading}});
  // What is refused here leaves the directory, and the record of the run that was here, alone.
  claim_stores(plan, setup, data, in_place, options.resume, directory);
  directory.record.seconds_forecast = seconds_of(setup, plan, options.kernels_only, out);
  try {
    directory.replace(in_place, reuse.earlier);
    directory.write_record();
    if (!directory.lock().problem().empty()) directory.warn(directory.lock().problem());
    if (used)
      directory.warn(out.string() +
                     " is not empty and holds no earlier run; files in it that are called like a "
                     "run's are replaced, others left alone");
    for (const std::string& text : reuse.warnings) directory.warn(text);
    if (std::optional<std::string> text = beyond_machine(needs)) directory.warn(*text);
    for (std::string& text : advice(setup)) directory.warn(std::move(text));

    Finished finished;
    finished.metrics =
        Steps(setup, options, plan, std::move(data), std::move(targets), directory, control)
            .run(reuse.earlier);
    directory.record.status = "finished";
    directory.write_record();
    const double disk = directory.disk_bytes();  // without pictures, as it was foretold
    draw(options, directory);
    directory.record.seconds = since_begin();
    directory.record.disk = disk;
    directory.write_record();
    finished.directory = out;
    finished.record = directory.record;
    return finished;
  } catch (const std::bad_alloc&) {
    throw failed(Error(ErrorCode::memory,
                       "there is not enough memory; `widelimit check` says how much the run needs"),
                 directory);
  } catch (const Error& error) {
    throw failed(error, directory);
  }
} catch (const Error& error) {
  throw placed(error, setup.text);
}

}  // namespace widelimit::experiment
