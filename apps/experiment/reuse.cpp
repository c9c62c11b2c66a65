// Comparing fingerprints, and reading every number of the files.
#include "reuse.hpp"

#include "npy.hpp"
#include "stores.hpp"

#include <widelimit/error.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::experiment {
namespace {

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
           " (counted from 0) is " + number_text(*bad) + "; every number must be finite");
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

EarlierRun from_directory(const std::filesystem::path& directory, const std::string& fingerprint,
                          const std::string& pointer) {
  std::optional<EarlierRun> earlier = read_earlier(directory);
  if (!earlier)
    throw Error(ErrorCode::usage,
                directory.string() + " has no run.json; expected the directory of an earlier run",
                pointer);
  if (earlier->fingerprint != fingerprint)
    throw Error(ErrorCode::usage,
                "the kernels in " + directory.string() +
                    " are of another network, other samples or another precision (fingerprint " +
                    earlier->fingerprint + ", this experiment " + fingerprint +
                    "); leave out \"from\" to compute them again",
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
    reuse.earlier = from_directory(*kernel.from, fingerprint, pointer);
    leave_sound(*reuse.earlier, &plan, data, precision, control, [&](const Error& error) {
      throw Error(ErrorCode::usage,
                  std::string("damaged kernel: ") + error.what() +
                      "; leave out \"from\" to compute it again",
                  pointer);
    });
  } else if (resume && in_place && in_place->fingerprint == fingerprint) {
    reuse.earlier = in_place;
    leave_sound(*reuse.earlier, nullptr, data, precision, control, [&](const Error& error) {
      reuse.warnings.push_back(std::string("damaged kernel, computed again: ") + error.what());
    });
  }
  return reuse;
}

}  // namespace widelimit::experiment
