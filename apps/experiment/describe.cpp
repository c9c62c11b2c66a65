// Data and network as JSON.
#include "describe.hpp"

#include "first_unused.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::experiment {
namespace {

using apps::Json;

Json describe(const Dataset& set) {
  return Json::Object{{"count", set.x.count()},
                      {"features", set.x.features()},
                      {"channels", set.x.shape().channels},
                      {"sites", set.x.shape().sites},
                      {"outputs", set.y.cols()},
                      {"x_names", set.x_names},
                      {"y_names", set.y_names}};
}

Json describe(const TableEncoding& encoding) {
  const bool is_plain =
      encoding.labels.empty() && std::ranges::none_of(encoding.columns, [](const auto& column) {
        return column.category || column.marks_gaps;
      });
  if (is_plain) return {};
  Json::Array columns;
  for (const TableEncoding::Column& column : encoding.columns)
    columns.push_back(Json::Object{{"name", column.name},
                                   {"position", column.position},
                                   {"words", column.category ? Json(column.words) : Json()},
                                   {"mean", column.category ? Json() : Json(column.mean)},
                                   {"marks_gaps", column.marks_gaps}});
  return Json::Object{{"columns", std::move(columns)}, {"labels", encoding.labels}};
}

/// Every layer of the network, those of branches included.
void flatten(const NetworkSpec& layers, std::vector<const LayerSpec*>& all) {
  for (const LayerSpec& layer : layers) {
    for (const NetworkSpec& input : layer.inputs) flatten(input, all);
    all.push_back(&layer);
  }
}

}  // namespace

Json describe_data(const TrainTest& data, const TargetTransform& targets) {
  return Json::Object{{"train", describe(data.train)},
                      {"test", data.test ? describe(*data.test) : Json()},
                      {"class_samples", targets.classes ? Json(targets.class_samples) : Json()},
                      {"encoding", describe(data.encoding)}};
}

Json describe_network(const NetworkSpec& spec, const PlannedNetwork& network, const Samples& x,
                      Control& control) {
  std::vector<const LayerSpec*> specs;
  flatten(spec, specs);
  const std::vector<LayerStatistics> statistics = network.statistics(x, &control);
  FirstUnused next_spec(specs);
  FirstUnused next_statistics(statistics);

  Json::Array descriptions;
  for (const PlannedLayer& row : network.layers()) {
    const LayerSpec* const* layer_spec = next_spec.find([&](const LayerSpec* layer) {
      return layer->place.pointer == row.pointer && layer->type == row.type &&
             layer->name == row.name;
    });
    const LayerStatistics* known = next_statistics.find([&](const LayerStatistics& layer) {
      return layer.pointer == row.pointer && layer.type == row.type;
    });
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    descriptions.push_back(Json::Object{
        {"pointer", row.pointer},
        {"type", row.type},
        {"name", row.name},
        {"shape", row.shape},
        {"depth", row.depth},
        {"gaussian", row.gaussian},
        {"params",
         layer_spec ? Json::parse((*layer_spec)->params, "parameters of " + row.pointer) : Json()},
        {"mean_variance", known ? known->mean_variance : unknown},
        {"mean_correlation", known ? known->mean_correlation : unknown},
        {"mean_ntk", known ? known->mean_ntk : unknown}});
  }
  return descriptions;
}

}  // namespace widelimit::experiment
