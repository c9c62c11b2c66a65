// widelimit kernel: only the kernels of an experiment, in bounded memory.
#include "run_verb.hpp"

#include <iostream>
#include <memory>
#include <utility>

namespace widelimit::program {
namespace {

int run(const RunVerb& verb, const Arguments& arguments) {
  experiment::RunOptions options;
  options.kernels_only = true;
  const experiment::Finished finished = verb.run(arguments, std::move(options));
  if (!verb.quiet)
    for (const experiment::KernelFile& kernel : finished.record.kernels)
      std::cout << (finished.directory / kernel.file).string() << "  [" << kernel.rows << ", "
                << kernel.cols << "]\n";
  return done;
}

}  // namespace

Verb add_kernel(const Parser& program, const Arguments& arguments) {
  auto verb = std::make_shared<RunVerb>();
  const Parser parser = program.verb("kernel", "Compute only the kernels of an experiment");
  verb->add_to(parser, true, "Directory of the results");
  return {parser, [verb, &arguments] { return run(*verb, arguments); }};
}

}  // namespace widelimit::program
