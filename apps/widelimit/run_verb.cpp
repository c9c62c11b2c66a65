// From the options of a verb to those of a run.
#include "run_verb.hpp"

#include "display.hpp"
#include "signals.hpp"

namespace widelimit::program {

void RunVerb::add_to(const Parser& parser, bool out_required, const char* out_text) {
  common.add_to(parser);
  if (out_required)
    parser.required_option("--out", out, out_text, "DIR");
  else
    parser.option("--out", out, out_text, "DIR");
  parser.flag(
      "--resume", resume,
      "Keep the blocks of kernels (train_train, test_train, test_test) that an earlier run in the "
      "directory finished, if they still fit; continue those with a store, and compute the others "
      "again");
  parser.flag("--quiet", quiet, "Print errors only");
}

experiment::Finished RunVerb::run(const Arguments& arguments,
                                  experiment::RunOptions options) const {
  Display display(quiet);
  const experiment::LoadedExperiment loaded = common.load(display);

  options.experiment_file = common.file;
  options.out = out;
  options.command = arguments;
  options.max_memory = common.memory_limit();
  options.resume = resume;
  options.on_warning = [&](const std::string& text) { display.warning(text); };
  options.on_begin = [&](const std::string& phase) { display.begin(phase); };
  options.on_step = [&](const std::string& phase, double seconds) { display.step(phase, seconds); };

  Control control([&](const Progress& progress) { display.progress(progress); });
  const CancelOnSignal cancel(control);
  return experiment::run(loaded, options, control);
}

}  // namespace widelimit::program
