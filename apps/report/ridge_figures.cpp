// The error against the ridge, where a path of ridges was asked for.
#include "figures.hpp"

#include "color.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::report {
namespace {

struct Path {
  std::vector<double> ridge, test, left_out;  ///< NaN where not known
};

/// Of the ridges that a logarithmic axis can show, from the least on.
Path read_path(const std::vector<Json>& metrics, bool of_classes) {
  std::vector<std::pair<double, const Json*>> sorted;
  for (const Json& one : metrics)
    if (const double ridge = one["diag_reg"].number(); ridge > 0) sorted.emplace_back(ridge, &one);
  std::sort(sorted.begin(), sorted.end());
  const auto error = [&](const Json& values) {
    return of_classes ? 1 - values["accuracy"].number() : values["rmse"].number();
  };
  Path path;
  for (const auto& [ridge, one] : sorted) {
    path.ridge.push_back(ridge);
    path.test.push_back(error(*one));
    path.left_out.push_back(error((*one)["leave_one_out"]));
  }
  return path;
}

bool any_known(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

void add_curve(Script& script, const std::vector<double>& x, const std::vector<double>& y,
               const Color& color, const char* name) {
  if (!any_known(y)) return;
  const std::string data = script.data({x, y});
  script.plot(data + " using 1:2 with lines linewidth 2" + line_color(color));
  script.plot(data + " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(color));
  script.legend(Script::Mark::line, color, 1, name);
}

Figure ridge_figure(const Inference& inference, const Path& path, bool of_classes) {
  Figure figure;
  figure.file = "ridge." + file_part(inference.id);
  figure.title = inference.title();
  const std::string what = of_classes ? "share of samples in the wrong class" : "RMSE";
  figure.label = "Error against the ridge: " + inference.title();
  figure.caption = "The " + what + " against diag_reg, " +
                   count_text(static_cast<std::int64_t>(path.ridge.size()), "ridge") +
                   " from one eigendecomposition.";
  if (any_known(path.left_out))
    figure.caption +=
        " Leave-one-out: each training sample predicted from all others, in closed form.";
  std::vector<double> all = path.test;
  all.insert(all.end(), path.left_out.begin(), path.left_out.end());
  const Range errors = range_of(all);
  Script script(plot_width, plot_height);
  script.x_axis("diag_reg", range_of(path.ridge, true, 0.02), true);
  script.y_axis(of_classes ? "error" : "RMSE", errors);
  if (inference.diag_reg > 0 && any_known(path.left_out)) {
    script.plot(script.data({{inference.diag_reg, inference.diag_reg}, {errors.low, errors.high}}) +
                " using 1:2 with lines linewidth 1 dashtype (8,5)" + line_color(muted));
    script.legend(Script::Mark::dashed, muted, 1, "least leave-one-out");
    figure.caption += " The least one is at " + number(inference.diag_reg, 4) +
                      ": what the other pictures and the table of metrics show.";
  }
  add_curve(script, path.ridge, path.left_out, train, "leave-one-out");
  add_curve(script, path.ridge, path.test, test, "test");
  figure.script = script.text();
  return figure;
}

}  // namespace

std::vector<Figure> ridge_figures(Run& run) {
  std::vector<Figure> figures;
  for (const Inference& inference : inferences(run)) {
    attempt(run, [&] {
      const std::vector<Json> several = run.metrics[inference.id].elements();
      if (several.size() < 2 || !several.front()["diag_reg"].is_number()) return;
      const Json first = several.front();
      const bool of_classes =
          first["accuracy"].is_number() || first["leave_one_out"]["accuracy"].is_number();
      const Path path = read_path(several, of_classes);
      if (path.ridge.size() < 2 || !(any_known(path.test) || any_known(path.left_out))) return;
      figures.push_back(ridge_figure(inference, path, of_classes));
    });
  }
  return figures;
}

}  // namespace widelimit::report
