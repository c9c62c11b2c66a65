// The inference entries of an experiment, each on each of its kernels.
// Thread safety: one thread at a time.
#pragma once

#include "blocks.hpp"
#include "results.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>

#include <string>
#include <utility>
#include <vector>

namespace widelimit::experiment {

/// "METHOD.KERNEL" with its worst mistakes.
using MistakesById = std::vector<std::pair<std::string, std::vector<Mistake>>>;

/// Appends {"METHOD.KERNEL": ...} to `metrics` and mistakes, where there are, as entries finish;
/// files and record likewise, so that a failure leaves what came before. Entries on one kernel and
/// ridge share its factor.
void run_inference(const Setup& setup, const HeldKernels& held, const TrainTest& data,
                   const TestSet& test, Json::Object& metrics, MistakesById& mistakes,
                   RunDirectory& directory, Control& control);

/// "gp_inference.ntk": what the files of an entry are called.
[[nodiscard]] std::string id_of(const InferenceSpec& spec, KernelKind kernel);
[[nodiscard]] std::string to_string(KernelKind kernel);
[[nodiscard]] std::string to_string(Method method);

}  // namespace widelimit::experiment
