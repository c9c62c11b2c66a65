// widelimit check: what an experiment does and what it will cost, from the headers of arrays and
// small tables.
#include "common/json.hpp"
#include "common/numbers.hpp"
#include "common/sizes.hpp"
#include "common/table.hpp"
#include "display.hpp"
#include "experiment/advice.hpp"
#include "experiment/error_places.hpp"
#include "experiment/forecast/duration.hpp"
#include "experiment/forecast/forecast.hpp"
#include "experiment/forecast/limits.hpp"
#include "experiment/load.hpp"
#include "experiment/plan.hpp"
#include "experiment/run.hpp"
#include "experiment_options.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

namespace widelimit::program {
namespace {

using apps::count_text;
using apps::Json;
using experiment::LoadedExperiment;

struct Options {
  ExperimentOptions common;
  bool json = false;
};

/// What `check` finds out about an experiment.
struct Findings {
  experiment::RunPlan plan;
  experiment::Forecast forecast;
  /// NaN: could not be measured.
  double seconds = 0;
  std::vector<std::string> warnings;
};

/// Reads the tables if they are small enough to take no time, since they have no header that says
/// what is in them: throws Error for what `run` would refuse in them. Gives the warnings of `run`,
/// or one for each table that was too large.
std::vector<std::string> check_tables(const Experiment& experiment) {
  constexpr std::uintmax_t most = 64 << 20;
  std::vector<std::string> unread;
  bool any_table = false;
  const DataSpec& data = *experiment.data;
  for (const DataSource* source : {&data.train, data.test ? &*data.test : nullptr}) {
    if (!source || source->type != SourceType::csv) continue;
    any_table = true;
    std::error_code ignored;
    if (const auto bytes = std::filesystem::file_size(source->x, ignored); bytes > most)
      unread.push_back(source->place.pointer + ": " + source->x.string() +
                       " was not read, because it has " +
                       apps::bytes_text(static_cast<double>(bytes)) + ", more than " +
                       apps::bytes_text(most) + "; the run reads it, and may find it damaged");
  }
  if (!any_table || !unread.empty()) return unread;
  return experiment::read_data(data, experiment.seed).warnings;
}

Findings examine(const LoadedExperiment& loaded, const ExperimentOptions& options) try {
  const Experiment& experiment = loaded.experiment;
  Findings found;
  found.plan = experiment::plan_run(experiment, loaded.network, loaded.shapes, false);
  if (found.plan.finite)
    experiment::check_finite(*found.plan.finite, loaded.network, loaded.shapes.train);
  found.forecast = experiment::forecast(found.plan, loaded.network, loaded.shapes, loaded.runtime,
                                        loaded.resident_bytes);
  if (const std::optional<std::int64_t> limit = options.memory_limit())
    experiment::refuse_above(found.forecast, limit, loaded.network, loaded.shapes.train);
  found.warnings = check_tables(experiment);
  for (std::string& text : experiment::advice(experiment, loaded.planned.layers(), loaded.shapes))
    found.warnings.push_back(std::move(text));
  if (const auto text = experiment::beyond_machine(found.forecast)) found.warnings.push_back(*text);
  found.seconds = std::numeric_limits<double>::quiet_NaN();
  if (const auto text = experiment::beyond_limits(found.forecast, loaded.runtime.threads())) {
    found.warnings.push_back(*text);
    return found;
  }
  try {
    found.seconds = experiment::estimate_seconds(
        found.plan, loaded.network, loaded.shapes, loaded.runtime,
        experiment::default_output(options.file), experiment::Patience::enough);
  } catch (const Error& error) {
    found.warnings.push_back(
        std::string("the time could not be measured on random samples, and the run may fail in the "
                    "same way: ") +
        error.problems().front().text());
  }
  return found;
} catch (const Error& error) {
  throw experiment::with_file(error, loaded.text);
}

std::string json_of(const std::vector<PlannedLayer>& rows, const Findings& found) {
  Json::Array layers;
  for (const PlannedLayer& row : rows)
    layers.push_back(Json::Object{{"pointer", row.pointer},
                                  {"type", row.type},
                                  {"name", row.name},
                                  {"shape", row.shape},
                                  {"displacements", row.displacements},
                                  {"of", row.possible_displacements},
                                  {"share", row.share},
                                  {"depth", row.depth},
                                  {"gaussian", row.gaussian}});
  return Json::Object{{"layers", layers},
                      {"memory_bytes", std::llround(found.forecast.memory_bytes)},
                      {"mapped_bytes", std::llround(found.forecast.mapped_bytes)},
                      {"disk_bytes", std::llround(found.forecast.disk_bytes)},
                      {"seconds", found.seconds},
                      {"warnings", found.warnings}}
             .indented(2) +
         "\n";
}

std::string layers_table(const std::vector<PlannedLayer>& rows) {
  apps::Table table({"", "layer", "name", "shape", "displacements", "Gaussian", "work"},
                    {apps::Align::right, apps::Align::left, apps::Align::left, apps::Align::right,
                     apps::Align::right, apps::Align::left, apps::Align::right});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const PlannedLayer& row = rows[i];
    const std::string indent(to_size(row.depth) * 2, ' ');
    const double percent = 100 * row.share;
    table.add({std::to_string(i), indent + row.type, row.name, row.shape,
               row.possible_displacements > 1
                   ? count_text(row.displacements) + " of " + count_text(row.possible_displacements)
                   : "",
               row.gaussian ? "yes" : "no",
               percent > 0 && percent < 1 ? "< 1 %" : std::to_string(std::lround(percent)) + " %"});
  }
  return table.text();
}

std::string data_text(const DataShapes& shapes) {
  const DataShape& train = shapes.train;
  std::vector<std::int64_t> extents = train.sample.sites;
  extents.push_back(train.sample.channels);
  std::string text = count_text(train.count, "training sample", "training samples");
  if (shapes.test) text += " and " + count_text(shapes.test->count, "test sample", "test samples");
  return text + " of " + apps::extents_text(extents) +
         (train.sample.sites.empty() ? " features" : "") + ", " +
         count_text(train.outputs, "output", "outputs");
}

std::string kernels_text(const experiment::RunPlan& plan, const DataShapes& shapes) {
  std::string text;
  for (const experiment::BlockPlan& block : plan.blocks) {
    const auto shape = experiment::shape_of(block.block, shapes);
    text.append(text.empty() ? "" : ", ").append(name_of(block.block));
    text += " " + apps::extents_text(shape);
  }
  const bool f64 = plan.precision == Precision::float64;
  return text + (f64 ? "; float64" : "; float32");
}

std::string inference_text(const InferenceSpec& spec) {
  std::string text = spec.name + " on ";
  for (const DrivingKernel& kernel : spec.kernels)
    text += (&kernel == spec.kernels.data() ? "" : ", ") + experiment::to_string(kernel);
  if (spec.options.times.size() == 1)
    text += std::isinf(spec.options.times[0])
                ? ""
                : " at t = " + apps::number_text(spec.options.times[0]);
  else if (!spec.options.times.empty())
    text += " at " + count_text(static_cast<std::int64_t>(spec.options.times.size())) + " times";
  text += spec.options.predictions ? "" : ", losses";
  text += spec.options.covariance == Covariance::full       ? ", full covariance"
          : spec.options.covariance == Covariance::diagonal ? ", variances"
                                                            : "";
  return text + "; " + spec.solver.type;
}

void print(const LoadedExperiment& loaded, const Findings& found, const std::string& file) {
  const Experiment& experiment = loaded.experiment;
  std::cout << (experiment.title.empty() ? file : experiment.title + "  (" + file + ")") << "\n\n"
            << layers_table(loaded.planned.layers()) << '\n';
  const auto line = [](const char* label, const std::string& text) {
    std::cout << "  " << apps::padded(label, 11) << text << '\n';
  };
  line("data", data_text(loaded.shapes));
  line("kernels", kernels_text(found.plan, loaded.shapes));
  for (const InferenceSpec& spec : experiment.inference)
    line(&spec == experiment.inference.data() ? "inference" : "", inference_text(spec));
  if (experiment.finite)
    line("finite", count_text(experiment.finite->options.ensemble, "network", "networks") + ", " +
                       count_text(experiment.finite->options.steps, "step", "steps") + " each");
  const double mapped = found.forecast.mapped_bytes;
  line("memory", "about " + apps::bytes_text(found.forecast.memory_bytes) +
                     (mapped > 0.1 * found.forecast.memory_bytes
                          ? ", of which " + apps::bytes_text(mapped) +
                                " are mapped files, given back if memory is short"
                          : ""));
  line("disk", "about " + apps::bytes_text(found.forecast.disk_bytes));
  if (std::isfinite(found.seconds))
    line("time", "about " + apps::seconds_text(found.seconds) + " on " +
                     count_text(loaded.runtime.threads(), "thread", "threads"));
  for (const std::string& warning : found.warnings) std::cout << "\nwarning: " << warning << '\n';
}

int run(const Options& options) {
  Display display(false);
  const LoadedExperiment loaded = options.common.load(display);
  const Findings found = examine(loaded, options.common);
  if (options.json)
    std::cout << json_of(loaded.planned.layers(), found);
  else
    print(loaded, found, options.common.file);
  return done;
}

}  // namespace

Verb add_check(const Parser& program) {
  auto options = std::make_shared<Options>();
  const Parser verb =
      program.verb("check", "Validate an experiment and show its plan, without running it");
  options->common.add_to(verb);
  verb.flag("--json", options->json, "Print the plan as JSON");
  return {verb, [options] { return run(*options); }};
}

}  // namespace widelimit::program
