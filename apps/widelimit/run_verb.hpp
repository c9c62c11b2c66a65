// What the verbs run and kernel share: their options, and a run that the display shows and that
// signals stop.
// Thread safety: the main thread.
#pragma once

#include "experiment_options.hpp"

#include "experiment/run.hpp"

#include <string>

namespace widelimit::program {

struct RunVerb {
  ExperimentOptions common;
  std::string out;
  bool resume = false, quiet = false;

  /// `out_text` explains --out.
  void add_to(const Parser& parser, bool out_required, const char* out_text);
  /// `options` holds what is special about the verb; the rest is filled in.
  [[nodiscard]] experiment::Finished run(const Arguments& arguments,
                                         experiment::RunOptions options) const;
};

}  // namespace widelimit::program
