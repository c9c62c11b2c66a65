// Training finite networks, and writing the results.
#include "train.hpp"

#include "common/numbers.hpp"
#include "csv.hpp"
#include "error_places.hpp"
#include "first_unused.hpp"
#include "metrics.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/finite.hpp>

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

/// May a layer's own name be a file's?
bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < 0x20;
  });
}

/// LAYER of parameters.MEMBER/LAYER.npy: the layer's name, or its row in the plan and its type.
std::vector<std::string> layer_names(const std::vector<FiniteNetwork::Block>& blocks,
                                     const std::vector<PlannedLayer>& layers) {
  std::vector<std::string> names;
  FirstUnused rows(layers);
  for (const FiniteNetwork::Block& block : blocks) {
    const PlannedLayer* row = rows.find([&](const PlannedLayer& candidate) {
      return candidate.pointer == block.pointer && candidate.type == block.type &&
             candidate.name == block.name;
    });
    std::string name = block.name;
    if (!is_file_name(name) || std::find(names.begin(), names.end(), name) != names.end())
      name = std::to_string(row ? rows.position(row) : names.size()) + "." + block.type;
    names.push_back(std::move(name));
  }
  return names;
}

void write_losses(const std::vector<TrainedMember>& members, RunDirectory& directory) {
  CsvTable table({"member", "step", "train_loss", "test_loss"});
  for (std::size_t k = 0; k < members.size(); ++k)
    for (const LossRecord& loss : members[k].losses) {
      table.cell(k).cell(loss.step).cell(loss.train);
      if (std::isnan(loss.test))
        table.cell("");
      else
        table.cell(loss.test);
      table.end_row();
    }
  directory.write("finite/losses.csv", table.text());
}

void write_parameters(const FiniteNetwork& network, const std::vector<TrainedMember>& members,
                      const std::vector<PlannedLayer>& layers, RunDirectory& directory) {
  const std::vector<std::string> names = layer_names(network.blocks(), layers);
  for (std::size_t k = 0; k < members.size(); ++k)
    for (std::size_t i = 0; i < names.size(); ++i) {
      const FiniteNetwork::Block& block = network.blocks()[i];
      const std::string file = "finite/parameters." + std::to_string(k) + "/" + names[i] + ".npy";
      write_npy(directory.prepare(file), members[k].parameters.data() + block.offset, {block.size});
      directory.add(file);
    }
}

/// Gives the metrics; null without targets.
Json write_predictions(const std::vector<TrainedMember>& members, const TestSet& test,
                       RunDirectory& directory) {
  const std::int64_t m = members.front().predictions.rows(),
                     outputs = members.front().predictions.cols();
  const bool one_hot = test.targets->classes.has_value();
  std::vector<double> stacked;
  Matrix mean(m, outputs);
  Json::Array each;
  const auto metrics_of = [&](const Matrix& predictions) {
    return metrics({.mean = &predictions, .class_samples = test.targets->class_samples},
                   *test.truth, *test.x, one_hot);
  };
  for (const TrainedMember& member : members) {
    const Matrix own = in_original_units(member.predictions, *test.targets);
    stacked.insert(stacked.end(), own.flat().begin(), own.flat().end());
    for (std::int64_t i = 0; i < own.size(); ++i)
      mean.data()[i] += own.data()[i] / static_cast<double>(members.size());
    if (test.truth != nullptr) each.push_back(metrics_of(own));
  }
  const std::string file = "finite/predictions.npy";
  write_npy(directory.prepare(file), stacked.data(),
            {static_cast<std::int64_t>(members.size()), m, outputs});
  directory.add(file);
  if (test.truth == nullptr) return {};
  Json::Object all(metrics_of(mean));
  all.set("members", std::move(each));
  return all;
}

Error too_large(const FiniteNetwork& network) {
  const double bytes = sizeof(double) * static_cast<double>(network.parameter_count());
  return Error(ErrorCode::memory,
               "there is not enough memory for a finite network of " +
                   apps::count_text(network.parameter_count(), "parameter", "parameters") + ", " +
                   apps::bytes_text(bytes) +
                   " a member and as much again for its gradient; make its largest layer narrower",
               largest_layer(network));
}

}  // namespace

std::string largest_layer(const FiniteNetwork& network) {
  const auto& blocks = network.blocks();
  const auto largest = std::max_element(
      blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
  return largest == blocks.end() ? "/network" : largest->pointer;
}

std::vector<TrainedMember> train_members(const FiniteSpec& spec, const FiniteNetwork& network,
                                         const Samples& x, const Matrix& y, const Dataset* test,
                                         const TrainOptions& options, Control* control) {
  try {
    return train(network, x, y, test ? std::optional<SamplesView>(test->x) : std::nullopt,
                 test && test->has_targets() ? &test->y : nullptr, options, control);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::memory) throw too_large(network);
    if (error.code() != ErrorCode::numeric) throw;
    throw with_pointer(error, spec.place.pointer + "/optimizer/learning_rate");
  } catch (const std::bad_alloc&) {
    throw too_large(network);
  }
}

void run_finite(const FiniteSpec& spec, const Network& infinite,
                const std::vector<PlannedLayer>& layers, const TrainTest& data, const TestSet& test,
                Json::Object& metrics, RunDirectory& directory, Control& control) {
  directory.step("finite networks", "finite", [&] {
    const FiniteNetwork network(infinite, data.train.x.shape());
    const TrainOptions& options = spec.options;
    const std::vector<TrainedMember> members =
        train_members(spec, network, data.train.x, data.train.y, data.test ? &*data.test : nullptr,
                      options, &control);
    write_losses(members, directory);
    write_parameters(network, members, layers, directory);
    if (data.test)
      if (Json tests = write_predictions(members, test, directory); !tests.is_null())
        metrics.set("finite", std::move(tests));
    directory.record.finite =
        Json::Object{{"members", options.ensemble},
                     {"parameters", network.parameter_count()},
                     {"steps", options.steps},
                     {"learning_rate", options.learning_rate},
                     {"batch_size", options.batch_size ? Json(*options.batch_size) : Json()}};
  });
}

}  // namespace widelimit::experiment
