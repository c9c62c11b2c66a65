// How the kernel changes from layer to layer, in networks that are deep enough for a curve.
#include "figures.hpp"

#include "script.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace widelimit::report {
namespace {

constexpr std::size_t min_layers = 6;

struct LayerCurve {
  std::vector<double> layer, value;
};

LayerCurve layer_curve(const Run& run, std::string_view key) {
  LayerCurve curve;
  double index = 0;
  for (const Json& layer : run.record["network"].elements()) {
    ++index;
    const double value = layer[key].number();
    if (!std::isfinite(value)) continue;
    curve.layer.push_back(index);
    curve.value.push_back(value);
  }
  return curve;
}

Range layers_of(const Run& run) {
  return {0.5, static_cast<double>(run.record["network"].elements().size()) + 0.5};
}

void add(Script& script, const LayerCurve& curve, const Color& color, Script::Mark mark,
         const std::string& name) {
  const bool is_dashed = mark == Script::Mark::dashed;
  script.plot(script.data({curve.layer, curve.value}) + " using 1:2 with linespoints " +
              (is_dashed ? "dashtype (8,5) linewidth 1.6" : "linewidth 2") +
              " pointtype 7 pointsize 0.35" + line_color(color));
  script.legend(mark, color, 1, name);
}

}  // namespace

std::vector<Figure> network_figures(Run& run) {
  std::vector<Figure> figures;
  const LayerCurve correlation = layer_curve(run, "mean_correlation");
  if (correlation.layer.size() >= min_layers) {
    Figure& figure = figures.emplace_back();
    figure.file = "network.correlation";
    figure.title = "Correlation by layer";
    figure.label = "Mean correlation of two training samples after each layer, from " +
                   share(correlation.value.front()) + " to " + share(correlation.value.back());
    figure.caption = "At 1 the following layers cannot tell samples apart.";
    const double low = *std::min_element(correlation.value.begin(), correlation.value.end());
    Script script(plot_width, plot_height);
    script.x_axis("layer", layers_of(run));
    script.y_axis("correlation", {std::min(0.0, 1.04 * low), 1.04});
    add(script, correlation, ink, Script::Mark::line, "mean correlation of two samples");
    figure.script = script.text();
  }
  const LayerCurve variance = layer_curve(run, "mean_variance"), ntk = layer_curve(run, "mean_ntk");
  if (std::max(variance.layer.size(), ntk.layer.size()) >= min_layers) {
    Figure& figure = figures.emplace_back();
    figure.file = "network.scale";
    figure.title = "Variance and NTK by layer";
    figure.label = "Mean variance and mean diagonal of the NTK after each layer, logarithmic";
    figure.caption =
        "A straight line on this logarithmic axis is growth or decay by a constant factor a layer.";
    std::vector<double> all = variance.value;
    all.insert(all.end(), ntk.value.begin(), ntk.value.end());
    Script script(plot_width, plot_height);
    script.x_axis("layer", layers_of(run));
    script.y_axis("mean of the diagonal", range_of(all, true), true);
    if (!variance.layer.empty()) add(script, variance, ink, Script::Mark::line, "variance");
    if (!ntk.layer.empty()) add(script, ntk, muted, Script::Mark::dashed, "NTK");
    figure.script = script.text();
  }
  return figures;
}

}  // namespace widelimit::report
