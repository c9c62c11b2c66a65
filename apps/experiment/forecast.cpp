// Memory and disk, by adding up what is allocated and written.
#include "forecast.hpp"

#include "machine.hpp"
#include "train.hpp"
#include "units.hpp"

#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <tuple>

namespace widelimit::experiment {
namespace {

constexpr double f64 = sizeof(double);
/// What OpenBLAS touches of a thread's buffer in large products; in small ones their operands.
constexpr double blas_buffer = 12.0 * (1 << 20);
/// What the libraries touch once they are at work.
constexpr double at_work = 4.5 * (1 << 20);
/// Steps that "log" records, about.
constexpr double log_records = 200;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// A factor or an eigendecomposition that several inferences may share.
using FactorKey = std::tuple<bool /* ntk */, double, bool, std::string, std::string, bool>;
FactorKey key_of(const InferenceSpec& spec, KernelKind kernel, bool eigen) {
  // A path decomposes the kernel without a ridge.
  const bool path = !spec.diag_reg_path.empty();
  return {
      kernel != KernelKind::nngp, path ? 0 : spec.diag_reg, !path && spec.diag_reg_absolute_scale,
      spec.solver.type,           spec.solver.params,       eigen};
}

/// Numbers that inference over finite times keeps of a block of times: decays and gains of all
/// eigenvalues with their tables, operands and results of its products, of test samples a part
/// where they are many. A block has at most 512 times, 32 where there are many samples.
double time_block(double n, double m, double times) {
  return (6 * n + std::min(m, std::max(n, 1024.0))) *
         std::min(times, std::clamp(std::floor((1 << 19) / n), 32.0, 512.0));
}

double inference_bytes(const Setup& setup, double n, double m, double outputs) {
  std::set<FactorKey> factors;
  double kept = 0, passing = 0;
  for (const InferenceSpec& spec : setup.experiment.inference)
    for (const KernelKind kernel : spec.kernels) {
      const InferenceOptions options = options_of(spec, kernel, m > 0);
      const bool eigen = needs_of(options).eigen;
      if (streams(setup, spec, kernel)) {
        // The factor, a panel of the kernel and what it is multiplied by, twice.
        passing = std::max(passing, f64 * (n * (n + 1) / 2 + 4 * 128 * n + 3 * outputs * (n + m)));
        continue;
      }
      if (factors.insert(key_of(spec, kernel, eigen)).second) kept += f64 * n * n;
      const double times =
          options.predictions || options.leave_one_out ? prediction_count(spec) : 0;
      const double cross = options.covariance != Covariance::none ? 3 : eigen ? 1 : 0;
      double work = f64 * (cross * n * m + (times + 2) * outputs * (n + m));
      if (options.leave_one_out) work += f64 * times * outputs * 2 * n;
      if (eigen) {
        passing = std::max(passing, f64 * 3 * n * n);  // while it is decomposed
        work += f64 * time_block(n, m, static_cast<double>(spec.times.size()));
      }
      if (options.losses && spec.covariance != Covariance::none) work += f64 * n * n;
      if (options.covariance == Covariance::full) work += 2 * f64 * (times + 1) * m * m;
      passing = std::max(passing, work);
    }
  return kept + passing;
}

double least_diag_reg(const InferenceSpec& spec) {
  return spec.diag_reg_path.empty() ? spec.diag_reg : *std::ranges::min_element(spec.diag_reg_path);
}

double finite_bytes(const Setup& setup, double n, double m) {
  if (!setup.experiment.finite) return 0;
  const FiniteSpec& spec = *setup.experiment.finite;
  const FiniteNetwork network(setup.network, setup.shapes.train.sample);
  const std::int64_t at_once = std::min<std::int64_t>(spec.ensemble, setup.runtime.threads());
  const auto all = static_cast<std::int64_t>(n), tests = static_cast<std::int64_t>(m);
  const std::int64_t batch = std::min(all, spec.batch_size.value_or(all));
  const auto training = static_cast<double>(
      network.training_bytes(at_once, batch, std::max(tests, batch < all ? all : 0)));
  const double parameters = f64 * static_cast<double>(network.parameter_count());
  return static_cast<double>(spec.ensemble) * parameters + training +
         std::min(static_cast<double>(at_once) * blas_buffer, training);
}

/// A size that --max-memory takes and that allows the run.
std::string enough(const Forecast& forecast) {
  constexpr double GiB = 1 << 30;
  return std::to_string(std::llround(std::ceil(forecast.memory_bytes / GiB))) + "GiB";
}

double unreturned(const Forecast& forecast) {
  return forecast.memory_bytes - forecast.mapped_bytes;
}

double predictions_disk(const Setup& setup, double m, double outputs) {
  double bytes = 0;
  for (const InferenceSpec& spec : setup.experiment.inference)
    for (const KernelKind kernel : spec.kernels) {
      const InferenceOptions options = options_of(spec, kernel, m > 0);
      const double times = prediction_count(spec);
      if (options.leave_one_out)
        bytes += times * static_cast<double>(setup.shapes.train.count) * outputs * f64;
      if (options.predictions) {
        bytes += times * m * outputs * (f64 + table_line);
        if (options.covariance != Covariance::none) bytes += times * m * f64;
        if (options.covariance == Covariance::full) bytes += times * m * m * f64;
      }
      if (options.losses) bytes += times * loss_line;
    }
  if (setup.experiment.finite) {
    const FiniteSpec& spec = *setup.experiment.finite;
    const FiniteNetwork network(setup.network, setup.shapes.train.sample);
    const double records = spec.record_all ? static_cast<double>(spec.steps) : log_records;
    bytes +=
        static_cast<double>(spec.ensemble) * (static_cast<double>(network.parameter_count()) * f64 +
                                              m * outputs * f64 + records * loss_line / 2);
  }
  return bytes;
}

}  // namespace

double prediction_count(const InferenceSpec& spec) {
  return static_cast<double>(
      std::max({spec.times.size(), spec.diag_reg_path.size(), std::size_t{1}}));
}

Forecast forecast(const Setup& setup, const KernelPlan& plan, bool kernels_only) {
  const DataShape& train = setup.shapes.train;
  const auto n = static_cast<double>(train.count), m = static_cast<double>(setup.test_count());
  const auto outputs = static_cast<double>(train.outputs);
  const auto entry = static_cast<double>(bytes_of(setup.experiment.precision));
  const auto both = [](const Kernels& k) { return (k.nngp ? 1.0 : 0.0) + (k.ntk ? 1.0 : 0.0); };

  Forecast all;
  double held = 0, workspace = 0, mapped = 0, mapped_once = 0;
  for (const BlockPlan& block : plan.blocks) {
    const auto shape = shape_of(block.block, train.count, static_cast<std::int64_t>(m));
    const double entries = static_cast<double>(shape[0]) * static_cast<double>(shape[1]);
    held += both(block.hold) * entries * f64;
    const double stored =
        both(block.write) * entries * entry * (block.block != Block::test_train ? 0.5 : 1);
    all.disk_bytes += block.store == StoreUse::kept ? stored : both(block.write) * entries * entry;
    if (block.store == StoreUse::kept) mapped += stored;
    if (block.store != StoreUse::none) mapped_once = std::max(mapped_once, stored);
    workspace =
        std::max(workspace, static_cast<double>(setup.network.workspace_bytes(
                                shape[0], shape[1], train.sample, setup.experiment.precision)));
  }
  if (!kernels_only)
    workspace =
        std::max(workspace, static_cast<double>(setup.network.statistics_bytes(train.sample)));
  // While they are read samples stand twice, once in float64: before there is more.
  const auto features = static_cast<double>(train.sample.features());
  const double samples = (n + m) * (features * entry + outputs * f64),
               reading = (n + m) * (features + outputs) * f64;
  const double inference = kernels_only ? 0 : inference_bytes(setup, n, m, outputs);
  const double finite = kernels_only ? 0 : finite_bytes(setup, n, m);
  const double products =
      std::min(blas_buffer, 2 * f64 * n * n) * static_cast<double>(setup.runtime.threads());
  // The longest table is made as text, in a string that may be twice as long.
  double text = 0;
  for (const InferenceSpec& spec : setup.experiment.inference)
    text = std::max(text, 2 * prediction_count(spec) *
                              (spec.times_are_range ? loss_line : m * outputs * table_line));
  const double libraries = resident_bytes() + at_work + (kernels_only ? 0 : text);
  // Stores are read as memory maps, whose pages count: one by one where they are read at once, all
  // of a kernel by inference that streams.
  const auto& specs = setup.experiment.inference;
  const bool streaming = std::any_of(specs.begin(), specs.end(), [&](const InferenceSpec& spec) {
    return std::any_of(spec.kernels.begin(), spec.kernels.end(),
                       [&](KernelKind kernel) { return streams(setup, spec, kernel); });
  });
  // One after another. Buffers of products stay once there are any: kernels of samples without
  // sites are made of products, else a solve makes the first. A store is read while most of what
  // computed it, in blocks too small to be given back, is still there.
  const double before_solve = held + (train.sample.sites.empty() ? products : 0);
  const double computing = before_solve + workspace, writing = computing + mapped_once,
               solving = kernels_only ? 0 : held + products + inference,
               streamed = streaming && !kernels_only ? mapped : 0;
  const double unmapped = std::max({reading, computing, solving, finite});
  const double most = std::max({unmapped, writing, solving + streamed});
  all.memory_bytes = libraries + samples + most;
  all.mapped_bytes = most - unmapped;
  all.finite_bytes = finite == unmapped ? finite : 0;
  if (!kernels_only) all.disk_bytes += predictions_disk(setup, m, outputs);
  return all;
}

void refuse_above(const Forecast& forecast, const std::optional<std::int64_t>& limit,
                  const Setup& setup) {
  const double most = limit ? static_cast<double>(*limit) : machine_memory();
  const double needed = limit ? forecast.memory_bytes : unreturned(forecast);
  if (needed <= most) return;
  const std::string mapped =
      forecast.mapped_bytes > 0 && !limit
          ? ", and for mapped files " + bytes_text(forecast.mapped_bytes) + " while there is room"
          : "";
  const std::string what =
      "this run needs about " + bytes_text(needed) + " of memory" + mapped + " (" +
      count_text(setup.shapes.train.count, "training sample", "training samples") +
      "), more than " +
      (limit ? "the limit of " + bytes_text(most) + " given with --max-memory"
             : "the " + bytes_text(most) + " that this machine has");
  const std::string allow = limit ? "allow more" : "allow it with --max-memory " + enough(forecast);
  if (forecast.finite_bytes > 0 && (!limit || forecast.mapped_bytes == 0))
    throw Error(ErrorCode::usage,
                what +
                    ", for its finite networks; make the largest layer narrower, lower "
                    "\"ensemble\" or \"batch_size\", or " +
                    allow,
                largest_layer(FiniteNetwork(setup.network, setup.shapes.train.sample)));
  throw Error(ErrorCode::usage,
              what +
                  "; lower \"limit\" in the data, leave out inference with full covariance, "
                  "compute the kernels alone with `widelimit kernel`, or " +
                  allow);
}

std::optional<std::string> beyond_machine(const Forecast& forecast) {
  const double most = machine_memory();
  if (unreturned(forecast) <= most) return std::nullopt;
  return "about " + bytes_text(unreturned(forecast)) +
         " of memory are needed, and this machine has " + bytes_text(most);
}

std::vector<std::string> advice(const Setup& setup) {
  std::vector<std::string> all;
  const Experiment& experiment = setup.experiment;
  if (!setup.shapes.test)
    for (const InferenceSpec& spec : experiment.inference)
      all.push_back(spec.place.pointer + ": there is no test data, so \"" + spec.name +
                    "\" gives no predictions; add \"test\" or \"split\" to \"data\"");
  if (experiment.precision == Precision::float32)
    for (const InferenceSpec& spec : experiment.inference)
      if (least_diag_reg(spec) < 1e-6 && !spec.diag_reg_absolute_scale)
        all.push_back(spec.place.pointer +
                      ": kernels in float32 are exact to about 1e-6 of their "
                      "diagonal; a diag_reg of at least 1e-5 keeps \"" +
                      spec.name + "\" from fitting their rounding");
  if (!experiment.inference.empty() && !setup.plan.empty() && !setup.plan.back().gaussian)
    all.push_back(
        experiment.network.back().place.pointer + ": the network ends in \"" +
        setup.plan.back().type +
        "\", after which its outputs are no Gaussian process: inference takes them for one "
        "with the same covariance, so predictions, nlpd and coverage_95 are not those of "
        "this network; end it with {\"type\": \"dense\", \"width\": " +
        std::to_string(setup.shapes.train.outputs) + "}");
  for (const InferenceSpec& spec : experiment.inference)
    if (spec.method == Method::gp_inference && spec.learning_rate != 1)
      all.push_back(spec.place.pointer +
                    "/learning_rate: has no effect on gp_inference, which is training without end; "
                    "for finite times use gradient_descent_mse_ensemble");
  return all;
}

void check_finite(const Setup& setup) {
  if (!setup.experiment.finite) return;
  const FiniteSpec& spec = *setup.experiment.finite;
  if (spec.batch_size.value_or(1) > setup.shapes.train.count)
    throw Error(ErrorCode::usage,
                "must be <= " + count_text(setup.shapes.train.count) +
                    ", the number of training samples, got " + count_text(*spec.batch_size) +
                    "; null takes all of them",
                spec.place.pointer + "/batch_size");
  const FiniteNetwork network(setup.network, setup.shapes.train.sample);
  if (network.outputs() == setup.shapes.train.outputs) return;
  const NetworkSpec& layers = setup.experiment.network;
  throw Error(ErrorCode::usage,
              "the finite network has " + count_text(network.outputs(), "output", "outputs") +
                  ", the data " + count_text(setup.shapes.train.outputs) +
                  "; give the last layer that width",
              layers.empty() ? "/network" : layers.back().place.pointer);
}

}  // namespace widelimit::experiment
