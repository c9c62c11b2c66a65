// widelimit kernel: only the kernels of an experiment, in bounded memory.
#include "display.hpp"
#include "experiment/run.hpp"
#include "experiment_options.hpp"
#include "signals.hpp"

#include <iostream>
#include <memory>

namespace widelimit::program {
namespace {

struct Options {
  ExperimentOptions common;
  std::string out;
  bool resume = false, quiet = false;
};

int run(const Options& options, const Arguments& arguments) {
  Display display(options.quiet);
  const experiment::LoadedExperiment loaded = options.common.load(display);

  experiment::RunOptions run_options;
  run_options.experiment_file = options.common.file;
  run_options.out = options.out;
  run_options.command = arguments;
  run_options.max_memory = options.common.memory_limit();
  run_options.resume = options.resume;
  run_options.kernels_only = true;
  run_options.on_warning = [&](const std::string& text) { display.warning(text); };
  run_options.on_begin = [&](const std::string& phase) { display.begin(phase); };
  run_options.on_step = [&](const std::string& phase, double seconds) {
    display.step(phase, seconds);
  };

  Control control([&](const Progress& progress) { display.progress(progress); });
  const CancelOnSignal cancel(control);
  const experiment::Finished finished = experiment::run(loaded, run_options, control);
  if (!options.quiet)
    for (const experiment::KernelFile& kernel : finished.record.kernels)
      std::cout << (finished.directory / kernel.file).string() << "  [" << kernel.rows << ", "
                << kernel.cols << "]\n";
  return done;
}

}  // namespace

Verb add_kernel(const Parser& program, const Arguments& arguments) {
  auto options = std::make_shared<Options>();
  const Parser verb = program.verb("kernel", "Compute only the kernels of an experiment");
  options->common.add_to(verb);
  verb.required_option("--out", options->out, "Directory of the results", "DIR");
  verb.flag(
      "--resume", options->resume,
      "Keep the blocks of kernels (train_train, test_train, test_test) that an earlier run in the "
      "directory finished, if they still fit; continue those with a store, and compute the others "
      "again");
  verb.flag("--quiet", options->quiet, "Print errors only");
  return {verb, [options, &arguments] { return run(*options, arguments); }};
}

}  // namespace widelimit::program
