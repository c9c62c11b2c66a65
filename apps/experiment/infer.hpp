// The inference entries of an experiment, each on each of its kernels.
// Thread safety: one thread at a time.
#pragma once

#include "blocks.hpp"
#include "plan.hpp"
#include "results.hpp"

#include <widelimit/control.hpp>
#include <widelimit/runtime.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::experiment {

/// The worst mistakes of inferences, by their id.
using MistakesById = std::vector<std::pair<std::string, std::vector<Mistake>>>;

/// What inference reads; refers to objects of a run.
struct InferenceInputs {
  /// Creates the solvers.
  const Runtime& runtime;
  /// Its blocks of training are taken over.
  HeldKernels& kernels;
  const TrainTest& data;
  const TestSet& test;
  /// Of the gradient descent that learning rates are compared with.
  double momentum = 0;
};

/// Appends {"METHOD.KERNEL": ...} to `metrics`, and mistakes if there are any, as each inference
/// finishes, and writes its files and its entry in the record, so that a failure keeps the results
/// before it. Inferences on one kernel and ridge share its factor.
void run_inferences(std::span<const PlannedInference> inferences, const InferenceInputs& inputs,
                    apps::Json::Object& metrics, MistakesById& mistakes, RunDirectory& directory,
                    Control& control);

}  // namespace widelimit::experiment
