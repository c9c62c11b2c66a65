// widelimit run: an experiment from data to report.
#include "experiment/run.hpp"
#include "display.hpp"
#include "experiment/units.hpp"
#include "experiment_options.hpp"
#include "signals.hpp"
#include "table.hpp"

#if WIDELIMIT_HAS_REPORT
#include "report/report.hpp"
#endif

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <utility>

namespace widelimit::program {
namespace {

using experiment::Finished;
using experiment::Json;

struct Options {
  ExperimentOptions common;
  std::string out;
  bool resume = false, quiet = false;
};

/// A number of metrics.json as a cell: four digits, or empty where it is not defined.
std::string cell(const Json* value) {
  if (!value || !value->number()) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", std::stod(*value->number()));
  return text.data();
}

std::string time_cell(const Json* value) {
  return !value ? "" : value->string() ? *value->string() : cell(value);
}

std::string metrics_table(const Json& metrics) {
  constexpr std::array keys{"rmse", "mae", "r2", "nlpd", "coverage_95", "accuracy"};
  std::vector<std::string> heads{"", "time", "diag_reg"};
  heads.insert(heads.end(), keys.begin(), keys.end());
  for (const char* head : {"calibration", "left-out rmse", "left-out accuracy"})
    heads.emplace_back(head);
  std::vector<Align> sides(heads.size(), Align::right);
  sides.front() = Align::left;
  Table table(heads, sides);
  const auto within = [](const Json& values, const char* group, const char* key) {
    const Json* const found = values.find(group);
    return cell(found ? found->find(key) : nullptr);
  };
  const auto add = [&](const std::string& name, const Json& values) {
    std::vector<std::string> row{name, time_cell(values.find("time")),
                                 cell(values.find("diag_reg"))};
    for (const char* key : keys) row.push_back(cell(values.find(key)));
    row.push_back(within(values, "calibration", "expected_calibration_error"));
    row.push_back(within(values, "leave_one_out", "rmse"));
    row.push_back(within(values, "leave_one_out", "accuracy"));
    table.add(std::move(row));
  };
  if (!metrics.object()) return {};
  for (const auto& [name, values] : *metrics.object()) {
    if (!values.array()) {
      add(name, values);
      continue;
    }
    for (const Json& one : *values.array()) add(&one == values.array()->data() ? name : "", one);
  }
  return table.empty() ? "" : table.text() + "\n";
}

void summarise(const Finished& finished) {
  const std::string dir = finished.directory.string();
  std::cout << '\n' << metrics_table(finished.metrics) << "Results in " << dir;
  for (const std::string& file : finished.record.files)
    if (file == "report.html") std::cout << "; to look at them: " << dir << "/report.html";
  std::cout << '\n';
}

int run(const Options& options, const Arguments& arguments) {
  Display display(options.quiet);
  const experiment::Setup setup = options.common.set_up(display);

  experiment::RunOptions run_options;
  run_options.experiment_file = options.common.file;
  run_options.out = options.out;
  run_options.command = arguments;
  run_options.max_memory = options.common.memory_limit();
  run_options.resume = options.resume;
  run_options.on_warning = [&](const std::string& text) { display.warning(text); };
  run_options.on_begin = [&](const std::string& phase) { display.begin(phase); };
  run_options.on_step = [&](const std::string& phase, double seconds) {
    display.step(phase, seconds);
  };
#if WIDELIMIT_HAS_REPORT
  run_options.draw = [](const std::filesystem::path& directory) {
    report::Outcome outcome = report::draw(directory);
    return experiment::Drawing{std::move(outcome.warnings), std::move(outcome.files)};
  };
#endif

  Control control([&](const Progress& progress) { display.progress(progress); });
  const CancelOnSignal cancel(control);
  const Finished finished = experiment::run(setup, run_options, control);
  if (!options.quiet) summarise(finished);
  return done;
}

}  // namespace

Verb add_run(CLI::App& app, const Arguments& arguments) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("run", "Run an experiment: kernels, inference, report");
  options->common.add_to(*verb);
  verb->add_option("--out", options->out,
                   "Directory of the results; files of an earlier run in it are replaced "
                   "[./STEM.out]")
      ->type_name("DIR");
  verb->add_flag(
      "--resume", options->resume,
      "Keep the blocks of kernels (train_train, test_train, test_test) that an earlier run "
      "finished "
      "in the directory, where they still fit; a block that was not finished begins anew");
  verb->add_flag("--quiet", options->quiet, "Print errors alone");
  return {verb, [options, &arguments] { return run(*options, arguments); }};
}

}  // namespace widelimit::program
