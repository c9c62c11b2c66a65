// Comparing a forecast with what may be used.
#include "limits.hpp"

#include "common/numbers.hpp"
#include "experiment/train.hpp"
#include "machine.hpp"

#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>

#include <cmath>

namespace widelimit::experiment {
namespace {

/// A size that --max-memory takes and that allows the run.
std::string enough(const Forecast& forecast) {
  constexpr double GiB = 1 << 30;
  return std::to_string(std::llround(std::ceil(forecast.memory_bytes / GiB))) + "GiB";
}

}  // namespace

void refuse_above(const Forecast& forecast, const std::optional<std::int64_t>& limit,
                  const Network& network, const DataShape& samples) {
  const double most = limit ? static_cast<double>(*limit) : machine_memory();
  const double needed = limit ? forecast.memory_bytes : forecast.unmapped_bytes();
  if (needed <= most) return;
  const std::string mapped = forecast.mapped_bytes > 0 && !limit
                                 ? ", and for mapped files " +
                                       apps::bytes_text(forecast.mapped_bytes) +
                                       " while there is room"
                                 : "";
  const std::string what =
      "this run needs about " + apps::bytes_text(needed) + " of memory" + mapped + " (" +
      apps::count_text(samples.count, "training sample", "training samples") + "), more than " +
      (limit ? "the limit of " + apps::bytes_text(most) + " given with --max-memory"
             : "the " + apps::bytes_text(most) + " that this machine has");
  const std::string allow = limit ? "allow more" : "allow it with --max-memory " + enough(forecast);
  if (forecast.finite_bytes > 0 && (!limit || forecast.mapped_bytes == 0))
    throw Error(ErrorCode::usage,
                what +
                    ", for its finite networks; make the largest layer narrower, lower "
                    "\"ensemble\" or \"batch_size\", or " +
                    allow,
                largest_layer(FiniteNetwork(network, samples.sample)));
  throw Error(ErrorCode::usage,
              what +
                  "; lower \"limit\" in the data, leave out inference with full covariance, "
                  "compute the kernels alone with `widelimit kernel`, or " +
                  allow);
}

std::optional<std::string> beyond_machine(const Forecast& forecast) {
  const double most = machine_memory();
  if (forecast.unmapped_bytes() <= most) return std::nullopt;
  return "about " + apps::bytes_text(forecast.unmapped_bytes()) +
         " of memory are needed, and this machine has " + apps::bytes_text(most);
}

}  // namespace widelimit::experiment
