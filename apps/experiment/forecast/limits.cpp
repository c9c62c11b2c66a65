// Comparing a forecast with what may be used.
#include "limits.hpp"

#include "common/numbers.hpp"
#include "experiment/train.hpp"
#include "machine.hpp"

#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>
#include <widelimit/memory.hpp>

#include <cmath>

namespace widelimit::experiment {
namespace {

/// A size that --max-memory takes and that allows the run.
std::string enough(const Forecast& forecast) {
  constexpr double GiB = 1 << 30;
  return std::to_string(std::llround(std::ceil(forecast.memory_bytes / GiB))) + "GiB";
}

/// A limit of this process, the option of `ulimit` that sets it, and what a run needs of it.
struct Demand {
  std::string what, option;
  double limit = 0, needed = 0, for_thread = 0;
};

/// "`ulimit -v 620000`": a little more than `bytes`, because each start of a program differs.
std::string ulimit_command(const std::string& option, double bytes) {
  constexpr double step = 10'000, margin = 1.01;  // KiB
  return "`ulimit " + option + " " +
         std::to_string(std::llround(std::ceil(margin * bytes / 1024 / step) * step)) + "`";
}

/// Unset: there is enough.
std::optional<std::string> refusal_of(const Demand& d, int threads, double memory) {
  if (d.needed <= d.limit) return std::nullopt;
  const double buffers = (2 * threads - 1) * static_cast<double>(blas_buffer_bytes);
  std::string text = "this run needs about " + apps::bytes_text(d.needed) + " of " + d.what +
                     " on " + apps::count_text(threads, "thread", "threads") + " (" +
                     apps::bytes_text(buffers) + " of it for the buffers of OpenBLAS), more than " +
                     "the " + apps::bytes_text(d.limit) + " that `ulimit " + d.option +
                     "` allows; ";
  const std::string allow = "allow more (" + ulimit_command(d.option, d.needed) + ")";
  const auto fewer = threads - std::llround(std::ceil((d.needed - d.limit) / d.for_thread));
  if (fewer > 0) return text + "use --threads " + std::to_string(fewer) + ", or " + allow;
  const double alone = d.needed - (threads - 1) * d.for_thread;
  // About half of a small run's memory are libraries.
  if (alone - 0.5 * memory <= d.limit) text += "lower \"limit\" in the data, or ";
  text += allow;
  if (threads > 1) text += "; " + ulimit_command(d.option, alone) + " is enough for --threads 1";
  return text;
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

std::optional<std::string> beyond_limits(const Forecast& forecast, int threads,
                                         const apps::AddressSpace& limits) {
  const apps::AddressSpace &needed = forecast.address_space, &thread = forecast.for_thread;
  for (const Demand& demand :
       {Demand{"address space", "-v", limits.all, needed.all, thread.all},
        Demand{"private memory", "-d", limits.data, needed.data, thread.data}})
    if (auto text = refusal_of(demand, threads, forecast.memory_bytes)) return text;
  return std::nullopt;
}

std::optional<std::string> beyond_machine(const Forecast& forecast) {
  const double most = machine_memory();
  if (forecast.unmapped_bytes() <= most) return std::nullopt;
  return "about " + apps::bytes_text(forecast.unmapped_bytes()) +
         " of memory are needed, and this machine has " + apps::bytes_text(most);
}

}  // namespace widelimit::experiment
