// Comparing fingerprints, and reading every number of the files.
#include "reuse.hpp"

#include "stores.hpp"
#include "units.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

namespace widelimit::experiment {
namespace {

constexpr std::int64_t numbers_at_once = 1 << 18;

/// Throws Error that names the file, and the entry where it is about one.
void require_sound(const std::filesystem::path& file, std::array<std::int64_t, 2> shape,
                   Precision precision, Control& control) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::usage, file.string() + ": " + why);
  };
  const std::vector<std::int64_t> expected(shape.begin(), shape.end());
  const auto name_of = [](std::optional<Precision> type) {
    return !type ? "uint8" : type == Precision::float64 ? "float64" : "float32";
  };
  const auto require = [&](const std::vector<std::int64_t>& found,
                           std::optional<Precision> found_precision) {
    if (found != expected)
      refuse("has the shape " + shape_text(found) + ", expected " + shape_text(expected));
    if (found_precision != precision)
      refuse(std::string("holds ") + name_of(found_precision) + ", expected " + name_of(precision));
  };
  if (is_store(file)) {  // whose tiles have checksums, which are compared where they are read
    const StoreReader reader(file);
    require({reader.spec().rows, reader.spec().cols}, reader.spec().precision);
    return;
  }
  const NpyFile npy(file);
  require(npy.shape(), npy.precision());
  const std::int64_t step = std::max<std::int64_t>(1, numbers_at_once / npy.row_size());
  for (std::int64_t begin = 0; begin < shape[0]; begin += step) {
    control.check();
    const Matrix rows = npy.rows(begin, std::min(step, shape[0] - begin));
    const std::span<const double> values = rows.flat();
    const auto bad = std::find_if(values.begin(), values.end(),
                                  [](double value) { return !std::isfinite(value); });
    if (bad == values.end()) continue;
    const std::int64_t at = begin * shape[1] + (bad - values.begin());
    refuse("row " + std::to_string(at / shape[1]) + ", column " + std::to_string(at % shape[1]) +
           " (counted from 0) is " + number_text(*bad) + "; every number must be finite");
  }
}

bool needs(const RunPlan& plan, const KernelFile& kernel) {
  return std::any_of(plan.blocks.begin(), plan.blocks.end(), [&](const BlockPlan& block) {
    return block.block == kernel.block && block.needed()[kernel.kernel];
  });
}

/// Removes damaged kernels from the list, and calls `on_damage` with an Error for each. Only those
/// that `plan` needs are examined; all where it is NULL.
template <class OnDamage>
void drop_damaged(EarlierRun& earlier, const RunPlan* plan, const TrainTest& data,
                  Precision precision, Control& control, OnDamage on_damage) {
  std::erase_if(earlier.kernels, [&](const KernelFile& kernel) {
    if (plan && !needs(*plan, kernel)) return false;
    try {
      require_sound(earlier.directory / kernel.file, shape_of(kernel.block, data), precision,
                    control);
      return false;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      on_damage(error);
      return true;
    }
  });
}

/// Where two configurations differ, as "/network/0/W_std was 1.5 and is 1.4". Names of layers do
/// not count: kernels do not depend on them.
void compare(const Json* before, const Json* now, const std::string& pointer,
             std::vector<std::string>& all) {
  constexpr std::size_t longest = 40;
  if (before && now && before->object() && now->object()) {
    for (const auto& [key, value] : *before->object())
      if (key != "name") compare(&value, now->find(key), pointer + "/" + key, all);
    for (const auto& [key, value] : *now->object())
      if (key != "name" && !before->find(key)) compare(nullptr, &value, pointer + "/" + key, all);
    return;
  }
  if (before && now && before->array() && now->array() &&
      before->array()->size() == now->array()->size()) {
    for (std::size_t i = 0; i < now->array()->size(); ++i)
      compare(&(*before->array())[i], &(*now->array())[i], pointer + "/" + std::to_string(i), all);
    return;
  }
  const std::string was = before ? before->text() : "not there",
                    is = now ? now->text() : "not there";
  if (was == is) return;
  all.push_back(pointer + (was.size() > longest || is.size() > longest
                               ? " has changed"
                               : " was " + was + " and is " + is));
}

/// Why the kernels of `experiment` differ from those of the earlier run.
std::string changes(const EarlierRun& earlier, const Experiment& experiment) {
  const Json now = Json::parse(experiment.resolved, experiment.file.string());
  std::vector<std::string> all;
  for (const std::string member : {"network", "precision", "data", "preprocess"})
    compare(earlier.experiment.find(member), now.find(member), "/" + member, all);
  if (experiment.data && experiment.data->split && experiment.data->split->shuffle)
    compare(earlier.experiment.find("seed"), now.find("seed"), "/seed", all);
  if (all.empty()) return "the data files hold other samples, or a layer has another version";
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) text += (i ? ", " : "") + all[i];
  return text + (all.size() > most ? " (and " + std::to_string(all.size() - most) + " more)" : "");
}

/// Is there a store that this run would continue? A store finds out itself what changed, and it may
/// grow with the samples.
bool has_store(const RunPlan& plan, const std::filesystem::path& directory) {
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

Reuse find_reusable(const Experiment& experiment, const RunPlan& plan, const TrainTest& data,
                    const std::string& fingerprint, const std::optional<EarlierRun>& existing,
                    bool resume, Control& control) {
  const KernelChoice& kernel = experiment.kernel;
  Reuse reuse;
  if (kernel.from) {
    const std::string pointer = kernel.place.pointer + "/from";
    reuse.earlier = from_directory(*kernel.from, experiment, fingerprint, pointer);
    drop_damaged(*reuse.earlier, &plan, data, plan.precision, control, [&](const Error& error) {
      throw Error(ErrorCode::usage,
                  std::string("damaged kernel: ") + error.what() +
                      "; leave out \"from\" to compute it again",
                  pointer);
    });
  } else if (resume && existing) {
    if (existing->fingerprint != fingerprint && has_store(plan, existing->directory)) return reuse;
    if (existing->fingerprint != fingerprint)
      throw Error(ErrorCode::usage,
                  "the run in " + existing->directory.string() +
                      " cannot be resumed, its kernels are of another experiment: " +
                      changes(*existing, experiment) +
                      "; leave out --resume to replace them, or name another directory with --out");
    reuse.earlier = existing;
    drop_damaged(*reuse.earlier, nullptr, data, plan.precision, control, [&](const Error& error) {
      reuse.warnings.push_back(std::string("damaged kernel, computed again: ") + error.what());
    });
  }
  return reuse;
}

}  // namespace widelimit::experiment
