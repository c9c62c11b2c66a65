// widelimit check: what an experiment is and what it will cost, from the headers of arrays and from
// small tables.
#include "display.hpp"
#include "experiment/blocks.hpp"
#include "experiment/duration.hpp"
#include "experiment/forecast.hpp"
#include "experiment/infer.hpp"
#include "experiment/json.hpp"
#include "experiment/run.hpp"
#include "experiment/units.hpp"
#include "experiment_options.hpp"
#include "table.hpp"

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

using experiment::count_text;
using experiment::Json;
using experiment::Setup;

struct Options {
  ExperimentOptions common;
  bool json = false;
};

struct Plan {
  experiment::KernelPlan kernels;
  experiment::Forecast forecast;
  double seconds = 0;  ///< NaN: could not be measured
  std::vector<std::string> warnings;
};

/// Text is read where that takes no time, since it has no header that says what it holds: throws
/// Error for what `run` would refuse in it. Gives a warning of each table that is too large for it.
std::vector<std::string> read_text(const Experiment& experiment) {
  constexpr std::uintmax_t most = 64 << 20;
  std::vector<std::string> unread;
  const DataSpec& data = *experiment.data;
  for (const DataSource* source : {&data.train, data.test ? &*data.test : nullptr}) {
    if (!source || source->type != SourceType::csv) continue;
    std::error_code ignored;
    if (const auto bytes = std::filesystem::file_size(source->x, ignored); bytes > most)
      unread.push_back(source->place.pointer + ": " + source->x.string() +
                       " was not read: it has " +
                       experiment::bytes_text(static_cast<double>(bytes)) + ", more than " +
                       experiment::bytes_text(most) + "; the run does, and may find it damaged");
    else
      static_cast<void>(experiment::read_data(
          DataSpec{.place = data.place, .train = *source, .test = {}, .split = {}},
          experiment.seed));
  }
  return unread;
}

Plan plan_of(const Setup& setup, const ExperimentOptions& options) try {
  const std::optional<std::int64_t> limit = options.memory_limit();
  Plan plan;
  plan.kernels = experiment::plan_kernels(setup, false);
  experiment::check_finite(setup);
  plan.forecast = experiment::forecast(setup, plan.kernels, false);
  if (limit) experiment::refuse_above(plan.forecast, limit, setup);
  plan.warnings = read_text(setup.experiment);
  for (std::string& text : experiment::advice(setup)) plan.warnings.push_back(std::move(text));
  if (const auto text = experiment::beyond_machine(plan.forecast)) plan.warnings.push_back(*text);
  try {
    plan.seconds = experiment::estimate_seconds(setup, plan.kernels, false,
                                                experiment::default_output(options.file),
                                                experiment::Patience::enough);
  } catch (const Error& error) {
    plan.seconds = std::numeric_limits<double>::quiet_NaN();
    plan.warnings.push_back(
        std::string("the time could not be measured on random samples, and the run may fail "
                    "likewise: ") +
        error.problems().front().text());
  }
  return plan;
} catch (const Error& error) {
  throw experiment::placed(error, setup.text);
}

std::string json_of(const Setup& setup, const Plan& plan) {
  Json::Array layers;
  for (const PlanRow& row : setup.plan)
    layers.push_back(Json::Object{{"pointer", row.pointer},
                                  {"type", row.type},
                                  {"name", row.name},
                                  {"shape", row.shape},
                                  {"displacements", row.displacements},
                                  {"of", row.of},
                                  {"share", row.share},
                                  {"depth", row.depth},
                                  {"gaussian", row.gaussian}});
  return Json(Json::Object{{"layers", std::move(layers)},
                           {"memory_bytes", std::llround(plan.forecast.memory_bytes)},
                           {"mapped_bytes", std::llround(plan.forecast.mapped_bytes)},
                           {"disk_bytes", std::llround(plan.forecast.disk_bytes)},
                           {"seconds", plan.seconds},
                           {"warnings", plan.warnings}})
             .text(2) +
         "\n";
}

std::string layers_table(const Setup& setup) {
  Table table({"", "layer", "name", "shape", "displacements", "Gaussian", "work"},
              {Align::right, Align::left, Align::left, Align::right, Align::right, Align::left,
               Align::right});
  for (std::size_t i = 0; i < setup.plan.size(); ++i) {
    const PlanRow& row = setup.plan[i];
    const std::string indent(static_cast<std::size_t>(row.depth) * 2, ' ');
    const double percent = 100 * row.share;
    table.add({std::to_string(i), indent + row.type, row.name, row.shape,
               row.of > 1 ? count_text(row.displacements) + " of " + count_text(row.of) : "",
               row.gaussian ? "yes" : "no",
               percent > 0 && percent < 1 ? "< 1 %" : std::to_string(std::lround(percent)) + " %"});
  }
  return table.text();
}

std::string shape_text(const DataShape& shape) {
  std::string text;
  for (const std::int64_t site : shape.sample.sites) text += count_text(site) + " x ";
  return text + count_text(shape.sample.channels);
}

std::string data_text(const Setup& setup) {
  const DataShape& train = setup.shapes.train;
  std::string text = count_text(train.count, "training sample", "training samples");
  if (setup.shapes.test)
    text += " and " + count_text(setup.shapes.test->count, "test sample", "test samples");
  return text + " of " + shape_text(train) + (train.sample.sites.empty() ? " features" : "") +
         ", " + count_text(train.outputs, "output", "outputs");
}

std::string kernels_text(const Setup& setup, const experiment::KernelPlan& plan) {
  std::string text;
  const std::int64_t m = setup.shapes.test ? setup.shapes.test->count : 0;
  for (const experiment::BlockPlan& block : plan.blocks) {
    const auto shape = experiment::shape_of(block.block, setup.shapes.train.count, m);
    text += (text.empty() ? "" : ", ") + experiment::to_string(block.block) + " " +
            count_text(shape[0]) + " x " + count_text(shape[1]);
  }
  const bool f64 = setup.experiment.precision == Precision::float64;
  return text + (f64 ? "; float64" : "; float32");
}

std::string inference_text(const InferenceSpec& spec) {
  std::string text = spec.name + " on ";
  for (const KernelKind& kernel : spec.kernels)
    text += (&kernel == spec.kernels.data() ? "" : ", ") + experiment::to_string(kernel);
  if (spec.times.size() == 1)
    text += std::isinf(spec.times[0]) ? "" : " at t = " + experiment::number_text(spec.times[0]);
  else if (!spec.times.empty())
    text += " at " + count_text(static_cast<std::int64_t>(spec.times.size())) + " times";
  text += spec.times_are_range ? ", losses" : "";
  text += spec.covariance == Covariance::full       ? ", full covariance"
          : spec.covariance == Covariance::diagonal ? ", variances"
                                                    : "";
  return text + "; " + spec.solver.type;
}

void print(const Setup& setup, const Plan& plan, const std::string& file) {
  const Experiment& experiment = setup.experiment;
  std::cout << (experiment.title.empty() ? file : experiment.title + "  (" + file + ")") << "\n\n"
            << layers_table(setup) << '\n';
  const auto line = [](const char* label, const std::string& text) {
    std::cout << "  " << padded(label, 11) << text << '\n';
  };
  line("data", data_text(setup));
  line("kernels", kernels_text(setup, plan.kernels));
  for (const InferenceSpec& spec : experiment.inference)
    line(&spec == experiment.inference.data() ? "inference" : "", inference_text(spec));
  if (experiment.finite)
    line("finite", count_text(experiment.finite->ensemble, "network", "networks") + ", " +
                       count_text(experiment.finite->steps, "step", "steps") + " each");
  const double mapped = plan.forecast.mapped_bytes;
  line("memory", "about " + experiment::bytes_text(plan.forecast.memory_bytes) +
                     (mapped > 0.1 * plan.forecast.memory_bytes
                          ? ", of which mapped files give back " + experiment::bytes_text(mapped) +
                                " where memory is short"
                          : ""));
  line("disk", "about " + experiment::bytes_text(plan.forecast.disk_bytes));
  if (std::isfinite(plan.seconds))
    line("time", "about " + experiment::seconds_text(plan.seconds) + " on " +
                     count_text(setup.runtime.threads(), "thread", "threads"));
  for (const std::string& warning : plan.warnings) std::cout << "\nwarning: " << warning << '\n';
}

int run(const Options& options) {
  Display display(false);
  const Setup setup = options.common.set_up(display);
  const Plan plan = plan_of(setup, options.common);
  if (options.json)
    std::cout << json_of(setup, plan);
  else
    print(setup, plan, options.common.file);
  return done;
}

}  // namespace

Verb add_check(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("check", "Validate an experiment and show its plan; runs nothing");
  options->common.add_to(*verb);
  verb->add_flag("--json", options->json, "The plan as JSON");
  return {verb, [options] { return run(*options); }};
}

}  // namespace widelimit::program
