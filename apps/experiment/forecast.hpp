// What a run needs of memory and disk, known before it begins, and what is wrong with it.
// Thread safety: pure functions; one thread at a time.
#pragma once

#include "blocks.hpp"
#include "setup.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct Forecast {
  double memory_bytes = 0;  ///< peak of the whole process
  double mapped_bytes = 0;  ///< pages of mapped files in it, given back where memory is short
  double finite_bytes = 0;  ///< of finite networks, where these take the most of what is not mapped
  double disk_bytes = 0;    ///< of all files the run leaves, pictures aside
};
[[nodiscard]] Forecast forecast(const Setup& setup, const KernelPlan& plan, bool kernels_only);

/// Throws Error(usage) that says what is needed, what there is and what to change where the
/// forecast is above what was given with --max-memory, or else, without mapped files, above what
/// the machine has.
void refuse_above(const Forecast& forecast, const std::optional<std::int64_t>& limit,
                  const Setup& setup);

/// That this machine has less memory than is needed; unset where it has enough.
[[nodiscard]] std::optional<std::string> beyond_machine(const Forecast& forecast);

/// How many predictions an inference makes: one a time, or one a ridge.
[[nodiscard]] double prediction_count(const InferenceSpec& spec);
/// Bytes of a line of a table of predictions, and of a line of a loss table.
constexpr double table_line = 90, loss_line = 100;

/// What is worth knowing before a run: entries without effect, arithmetic that may not suffice.
[[nodiscard]] std::vector<std::string> advice(const Setup& setup);

/// Does "finite" fit the data: throws Error(usage) where its network has other outputs, a layer
/// lacks its width, or a batch is larger than the training set.
void check_finite(const Setup& setup);

}  // namespace widelimit::experiment
