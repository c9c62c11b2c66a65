// Comparing fingerprints, and reading every number of the files.
#include "reuse.hpp"

#include "common/numbers.hpp"
#include "npy.hpp"
#include "stores.hpp"

#include <widelimit/error.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

/// Numbers read at once.
constexpr std::int64_t chunk = 1 << 18;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

/// Throws Error that names the file, and the entry where it is about one.
void require_sound(const std::filesystem::path& file, std::array<std::int64_t, 2> shape,
                   Precision precision, Control& control) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::usage, file.string() + ": " + why);
  };
  const std::vector<std::int64_t> expected(shape.begin(), shape.end());
  const auto require = [&](const std::vector<std::int64_t>& found, Precision found_precision) {
    if (found != expected)
      refuse("has the shape " + shape_text(found) + ", expected " + shape_text(expected));
    if (found_precision != precision)
      refuse(std::string("holds ") + (precision == Precision::float64 ? "float32" : "float64") +
             ", expected " + (precision == Precision::float64 ? "float64" : "float32"));
  };
  if (is_store(file)) {  // whose tiles have checksums, which are compared where they are read
    const StoreReader reader(file);
    require({reader.spec().rows, reader.spec().cols}, reader.spec().precision);
    return;
  }
  NpyReader npy(file);
  require(npy.shape(), npy.precision());
  for (std::int64_t begin = 0; begin < npy.size(); begin += chunk) {
    control.check();
    const std::vector<double> values = npy.read(begin, std::min(chunk, npy.size() - begin));
    const auto bad = std::find_if(values.begin(), values.end(),
                                  [](double value) { return !std::isfinite(value); });
    if (bad == values.end()) continue;
    const std::int64_t at = begin + (bad - values.begin());
    refuse("row " + std::to_string(at / shape[1]) + ", column " + std::to_string(at % shape[1]) +
           " (counted from 0) is " + apps::number_text(*bad) + "; every number must be finite");
  }
}

std::optional<Block> block_of(const KernelFile& kernel) {
  for (const Block block : {Block::train_train, Block::test_train, Block::test_test})
    if (to_string(block) == kernel.block) return block;
  return std::nullopt;
}

bool reads(const KernelPlan& plan, const KernelFile& kernel) {
  return std::any_of(plan.blocks.begin(), plan.blocks.end(), [&](const BlockPlan& block) {
    return to_string(block.block) == kernel.block &&
           (kernel.kernel == "nngp" ? block.write.nngp || block.hold.nngp
                                    : block.write.ntk || block.hold.ntk);
  });
}

/// Examines the kernels of `read`, all where it is NULL. `damaged` is told what is wrong with a
/// file; its kernel is then no longer listed.
template <class Damaged>
void leave_sound(EarlierRun& earlier, const KernelPlan* read, const TrainTest& data,
                 Precision precision, Control& control, Damaged damaged) {
  const std::int64_t n = data.train.x.count(), m = data.test ? data.test->x.count() : 0;
  std::erase_if(earlier.kernels, [&](const KernelFile& kernel) {
    if (read && !reads(*read, kernel)) return false;
    const std::optional<Block> block = block_of(kernel);
    if (!block) return true;
    try {
      require_sound(earlier.directory / kernel.file, shape_of(*block, n, m), precision, control);
      return false;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      damaged(error);
      return true;
    }
  });
}

/// Where two configurations differ, as "/network/0/W_std was 1.5 and is 1.4". A layer's name is
/// nothing that its kernel knows of.
void compare(const Json& before, const Json& now, const std::string& pointer,
             std::vector<std::string>& all) {
  constexpr std::size_t longest = 40;
  if (before.is_object() && now.is_object()) {
    for (const auto& [key, value] : before.members())
      if (key != "name") compare(value, now[key], pointer + "/" + key, all);
    for (const auto& [key, value] : now.members())
      if (key != "name" && !before.contains(key)) compare({}, value, pointer + "/" + key, all);
    return;
  }
  if (before.is_array() && now.is_array() && before.size() == now.size()) {
    for (std::size_t i = 0; i < now.size(); ++i)
      compare(before[i], now[i], pointer + "/" + std::to_string(i), all);
    return;
  }
  const std::string was = before.is_null() ? "not there" : before.one_line(),
                    is = now.is_null() ? "not there" : now.one_line();
  if (was == is) return;
  all.push_back(pointer + (was.size() > longest || is.size() > longest
                               ? " is another"
                               : " was " + was + " and is " + is));
}

/// What makes the kernels of `experiment` others than those of the earlier run.
std::string changes(const EarlierRun& earlier, const Experiment& experiment) {
  const Json now = Json::parse(experiment.resolved, experiment.file.string());
  std::vector<std::string> all;
  for (const std::string member : {"network", "precision", "data", "preprocess"})
    compare(earlier.experiment[member], now[member], "/" + member, all);
  if (experiment.data && experiment.data->split && experiment.data->split->shuffle)
    compare(earlier.experiment["seed"], now["seed"], "/seed", all);
  if (all.empty()) return "the data files hold other samples, or a layer has another version";
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) text += (i ? ", " : "") + all[i];
  return text + (all.size() > most ? " (and " + std::to_string(all.size() - most) + " more)" : "");
}

/// Stores say themselves what changed, and may grow with the samples.
bool has_store(const KernelPlan& plan, const std::filesystem::path& directory) {
  std::error_code ignored;
  return std::any_of(plan.blocks.begin(), plan.blocks.end(), [&](const BlockPlan& block) {
    return block.store != StoreUse::none &&
           std::filesystem::exists(directory / store_file(block.block), ignored);
  });
}

EarlierRun from_directory(const std::filesystem::path& directory, const Experiment& experiment,
                          const std::string& fingerprint, const std::string& pointer) {
  std::optional<EarlierRun> earlier = read_earlier(directory);
  if (!earlier)
    throw Error(ErrorCode::usage,
                directory.string() + " has no run.json; expected the directory of an earlier run",
                pointer);
  if (earlier->fingerprint != fingerprint)
    throw Error(ErrorCode::usage,
                "the kernels in " + directory.string() + " are of another experiment: " +
                    changes(*earlier, experiment) + "; leave out \"from\" to compute them again",
                pointer);
  return std::move(*earlier);
}

}  // namespace

Reuse reusable(const Setup& setup, const KernelPlan& plan, bool resume,
               const std::optional<EarlierRun>& in_place, const std::string& fingerprint,
               const TrainTest& data, Control& control) {
  const KernelChoice& kernel = setup.experiment.kernel;
  const Precision precision = setup.experiment.precision;
  Reuse reuse;
  if (kernel.from) {
    const std::string pointer = kernel.place.pointer + "/from";
    reuse.earlier = from_directory(*kernel.from, setup.experiment, fingerprint, pointer);
    leave_sound(*reuse.earlier, &plan, data, precision, control, [&](const Error& error) {
      throw Error(ErrorCode::usage,
                  std::string("damaged kernel: ") + error.what() +
                      "; leave out \"from\" to compute it again",
                  pointer);
    });
  } else if (resume && in_place) {
    if (in_place->fingerprint != fingerprint && has_store(plan, in_place->directory)) return reuse;
    if (in_place->fingerprint != fingerprint)
      throw Error(ErrorCode::usage,
                  "the run in " + in_place->directory.string() +
                      " cannot be resumed, its kernels are of another experiment: " +
                      changes(*in_place, setup.experiment) +
                      "; leave out --resume to replace them, or name another directory with --out");
    reuse.earlier = in_place;
    leave_sound(*reuse.earlier, nullptr, data, precision, control, [&](const Error& error) {
      reuse.warnings.push_back(std::string("damaged kernel, computed again: ") + error.what());
    });
  }
  return reuse;
}

}  // namespace widelimit::experiment
