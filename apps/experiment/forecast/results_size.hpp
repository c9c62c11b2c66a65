// How large the files are that inference and finite networks leave.
// Thread safety: pure functions.
#pragma once

#include "experiment/plan.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/network.hpp>

namespace widelimit::experiment {

/// Bytes of predictions/ID.csv and of loss/ID.csv, if they are written.
[[nodiscard]] double prediction_table_bytes(const PlannedInference& inference,
                                            const DataShapes& shapes);
[[nodiscard]] double loss_table_bytes(const PlannedInference& inference);

/// Bytes of all files but the kernels.
[[nodiscard]] double results_bytes(const RunPlan& plan, const Network& network,
                                   const DataShapes& shapes);

}  // namespace widelimit::experiment
