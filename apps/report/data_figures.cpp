// Targets against features, train and test.
#include "figures.hpp"

#include "color.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <widelimit/experiment/csv.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace widelimit::report {
namespace {

constexpr std::size_t max_figures = 6;

/// data/scatter.csv by columns, one set.
struct Set {
  std::vector<std::vector<double>> x, y;
};
struct Scatter {
  Set train, test;
};

Scatter read_scatter(const Run& run) {
  CsvFile csv(run.dir / "data" / "scatter.csv");
  const std::size_t set = csv.require("set");
  std::vector<std::size_t> x, y;
  const auto collect = [&](const char* letter, std::vector<std::size_t>& columns) {
    while (const auto column = csv.find(letter + std::to_string(columns.size())))
      columns.push_back(*column);
  };
  collect("x", x);
  collect("y", y);
  Scatter scatter;
  for (Set* one : {&scatter.train, &scatter.test}) {
    one->x.resize(x.size());
    one->y.resize(y.size());
  }
  while (csv.next()) {
    Set& one = csv.text(set) == "test" ? scatter.test : scatter.train;
    for (std::size_t j = 0; j < x.size(); ++j) one.x[j].push_back(csv.number(x[j]));
    for (std::size_t j = 0; j < y.size(); ++j) one.y[j].push_back(csv.number(y[j]));
  }
  return scatter;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean_a += a[i] / n, mean_b += b[i] / n;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::vector<double> join(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The pairs (output, feature) to draw: all, or those of the strongest correlation.
std::vector<std::pair<std::size_t, std::size_t>> choose(const Set& train) {
  std::vector<std::pair<double, std::pair<std::size_t, std::size_t>>> ranked;
  for (std::size_t k = 0; k < train.y.size(); ++k) {
    for (std::size_t j = 0; j < train.x.size(); ++j)
      ranked.push_back({-std::abs(correlation(train.x[j], train.y[k])), {k, j}});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(ranked.size(), max_figures));
  std::vector<std::pair<std::size_t, std::size_t>> chosen;
  for (const auto& [rank, pair] : ranked) chosen.push_back(pair);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Figure scatter_figure(const Run& run, const Scatter& scatter, std::size_t k, std::size_t j) {
  const std::string feature = run.feature_name(j), output = run.output_name(k);
  Figure figure;
  figure.file = "data.x" + std::to_string(j) + ".y" + std::to_string(k);
  figure.label =
      "Scatter plot of " + output + " against " + feature + ", training and test samples";
  figure.title = output + " against " + feature;
  figure.caption = "Correlation on the training set " +
                   share(correlation(scatter.train.x[j], scatter.train.y[k])) + ".";
  Script script(plot_width, plot_height);
  script.x_axis(feature, range_of(join(scatter.train.x[j], scatter.test.x[j])));
  script.y_axis(output, range_of(join(scatter.train.y[k], scatter.test.y[k])));
  const auto add = [&](const Set& set, const Color& color, bool is_train) {
    const std::size_t n = set.x[j].size(), stride = stride_for(n);
    // A test set may have no targets.
    if (std::none_of(set.y[k].begin(), set.y[k].end(), [](double y) { return std::isfinite(y); }))
      return;
    const std::string name = is_train ? "train" : "test";
    const double opacity = n > 150 ? 0.6 : 0.8;
    script.plot(script.data({every(stride, set.x[j]), every(stride, set.y[k])}) +
                " using 1:2 with points pointtype " +
                (is_train ? "7 pointsize 0.5" : "9 pointsize 0.75") + line_color(color, opacity));
    script.legend(is_train ? Script::Mark::dot : Script::Mark::triangle, color, 1, name);
    if (stride > 1)
      figure.caption += " One of " + std::to_string(stride) + " " + name + " samples is drawn.";
  };
  add(scatter.train, train, true);
  add(scatter.test, test, false);
  figure.script = script.text();
  return figure;
}

}  // namespace

std::vector<Figure> data_figures(Run& run) {
  std::vector<Figure> figures;
  // Scatter plots of single pixels mean nothing: images are shown as pictures instead.
  if (!run.has("data/scatter.csv") || run.has("data/pictures.npy")) return figures;
  attempt(run, [&] {
    const Scatter scatter = read_scatter(run);
    for (const auto& [k, j] : choose(scatter.train))
      figures.push_back(scatter_figure(run, scatter, k, j));
  });
  return figures;
}

std::string file_part(std::string_view name) {
  std::string part;
  for (const char c : name) {
    const bool is_usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    part += is_usual ? c : '_';
  }
  return part.substr(0, 100);
}

std::size_t stride_for(std::size_t points) {
  return std::max<std::size_t>(1, (points + max_points - 1) / max_points);
}

std::vector<double> every(std::size_t stride, const std::vector<double>& values) {
  std::vector<double> kept;
  for (std::size_t i = 0; i < values.size(); i += stride) kept.push_back(values[i]);
  return kept;
}

}  // namespace widelimit::report
