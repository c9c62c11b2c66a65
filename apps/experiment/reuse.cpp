// Comparing fingerprints, and reading every number of the files.
#include "reuse.hpp"

#include "common/numbers.hpp"
#include "stores.hpp"

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

using apps::Json;

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
      refuse("has the shape " + apps::shape_text(found) + ", expected " +
             apps::shape_text(expected));
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
           " (counted from 0) is " + apps::number_text(*bad) + "; every number must be finite");
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
class Differences {
 public:
  void compare(const Json& before, const Json& now, const std::string& pointer) {
    if (before.is_object() && now.is_object()) {
      for (const auto& [key, value] : before.members()) {
        if (key == "name") continue;
        if (now.contains(key))
          compare(value, now[key], pointer + "/" + key);
        else
          add(pointer + "/" + key, value.one_line(), "not there");
      }
      for (const auto& [key, value] : now.members())
        if (key != "name" && !before.contains(key))
          add(pointer + "/" + key, "not there", value.one_line());
    } else if (before.is_array() && now.is_array() && before.size() == now.size()) {
      for (std::size_t i = 0; i < now.size(); ++i)
        compare(before[i], now[i], pointer + "/" + std::to_string(i));
    } else {
      add(pointer, before.one_line(), now.one_line());
    }
  }
  /// The first few; empty where there are none.
  [[nodiscard]] std::string text() const {
    constexpr std::size_t most = 3;
    const std::vector<std::string> first(
        all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(std::min(most, all_.size())));
    return apps::join(first) +
           (all_.size() > most ? " (and " + std::to_string(all_.size() - most) + " more)" : "");
  }

 private:
  void add(const std::string& pointer, const std::string& was, const std::string& is) {
    constexpr std::size_t longest = 40;
    if (was == is) return;
    all_.push_back(pointer + (was.size() > longest || is.size() > longest
                                  ? " has changed"
                                  : " was " + was + " and is " + is));
  }

  std::vector<std::string> all_;
};

/// Why the kernels of `experiment` differ from those of the earlier run.
std::string changes(const EarlierRun& earlier, const Experiment& experiment) {
  const Json now = Json::parse(experiment.resolved, experiment.file.string());
  Differences differences;
  for (const std::string member : {"network", "precision", "data", "preprocess"})
    differences.compare(earlier.experiment[member], now[member], "/" + member);
  if (experiment.data && experiment.data->split && experiment.data->split->shuffle)
    differences.compare(earlier.experiment["seed"], now["seed"], "/seed");
  const std::string text = differences.text();
  return text.empty() ? "the data files hold other samples, or a layer has another version" : text;
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
