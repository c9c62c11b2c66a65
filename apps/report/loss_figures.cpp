// Losses over time: infinite width bold, finite networks thin, on one axis.
#include "figures.hpp"

#include "color.hpp"
#include "curve.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/csv.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t max_members = 30;

struct Losses {
  Curve train_mean, test_mean, train_expected, test_expected;
};

Losses read_losses(const std::filesystem::path& file) {
  CsvFile csv(file);
  const std::size_t time = csv.require("time");
  Losses losses;
  const std::pair<const char*, Curve*> wanted[] = {{"train_mean_loss", &losses.train_mean},
                                                   {"test_mean_loss", &losses.test_mean},
                                                   {"train_expected_loss", &losses.train_expected},
                                                   {"test_expected_loss", &losses.test_expected}};
  std::vector<std::pair<std::size_t, Curve*>> columns;
  for (const auto& [name, curve] : wanted) {
    if (const auto column = csv.find(name)) columns.emplace_back(*column, curve);
  }
  while (csv.next()) {
    const double at = csv.number(time);
    for (const auto& [column, curve] : columns) curve->add(at, csv.number(column));
  }
  return losses;
}

/// Are there at least two times that a logarithmic axis can show? Infinity alone makes no curve.
bool has_several_times(const Losses& losses) {
  const std::vector<double>& times =
      losses.train_mean.empty() ? losses.test_mean.x : losses.train_mean.x;
  return std::count_if(times.begin(), times.end(),
                       [](double t) { return t > 0 && std::isfinite(t); }) > 1;
}

struct Member {
  Curve train, test;
};

/// By step. The columns are known by position: member, step, train loss, test loss.
std::vector<Member> read_members(const std::filesystem::path& file) {
  CsvFile csv(file);
  if (csv.columns().size() < 3)
    throw Error(ErrorCode::usage,
                file.string() + ": expected the columns member, step, train loss");
  const std::size_t test = csv.columns().size() > 3 ? 3 : 2;
  std::map<double, Member> members;
  while (csv.next()) {
    const double which = csv.number(0);
    if (members.size() == max_members && members.find(which) == members.end()) continue;
    Member& member = members[which];
    member.train.add(csv.number(1), csv.number(2));
    if (test == 3) member.test.add(csv.number(1), csv.number(3));
  }
  std::vector<Member> result;
  for (auto& [which, member] : members) result.push_back(std::move(member));
  return result;
}

class LossPlot {
 public:
  void add(Curve curve, Script::Mark mark, const Color& color, double opacity, const char* name) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (curve.x[i] > 0 && curve.y[i] > 0 && std::isfinite(curve.x[i]) &&
          std::isfinite(curve.y[i]))
        greatest_ = std::max(greatest_, curve.y[i]);
    }
    lines_.push_back({std::move(curve), mark, color, opacity, name});
  }
  /// The script, or nothing where no loss can be shown on logarithmic axes.
  std::string finish(const std::string& time_label) const {
    // Below a rounding error of the greatest loss there is nothing to see.
    const double least = greatest_ * 1e-16;
    Script script(plot_width, plot_height + 30);
    std::vector<double> times, losses;
    for (const Line& line : lines_) {
      Curve curve;
      for (std::size_t i = 0; i < line.curve.x.size(); ++i) {
        if (line.curve.y[i] >= least) curve.add(line.curve.x[i], line.curve.y[i]);
      }
      // Many lines need no more points together than a few do.
      const int columns = std::clamp(8000 / static_cast<int>(lines_.size()), 100, 400);
      curve = simplified_on_log_axes(curve, columns);
      if (curve.empty()) continue;
      times.insert(times.end(), curve.x.begin(), curve.x.end());
      losses.insert(losses.end(), curve.y.begin(), curve.y.end());
      const char* style = curve.x.size() == 1                 ? "points pointtype 7 pointsize 0.6"
                          : line.mark == Script::Mark::line   ? "lines linewidth 2.6"
                          : line.mark == Script::Mark::dashed ? "lines linewidth 1.6 dashtype (8,5)"
                                                              : "lines linewidth 0.9";
      script.plot(script.data({curve.x, curve.y}) + " using 1:2 with " + style +
                  line_color(line.color, line.opacity));
      if (line.name != nullptr) script.legend(line.mark, line.color, line.opacity, line.name);
    }
    if (times.empty()) return {};
    script.x_axis(time_label, range_of(times, true, 0), true);
    script.y_axis("loss", range_of(losses, true), true);
    return script.text();
  }

 private:
  struct Line {
    Curve curve;
    Script::Mark mark;
    Color color;
    double opacity;
    const char* name;
  };
  std::vector<Line> lines_;
  double greatest_ = 0;
};

Curve scaled(const Curve& curve, double factor) {
  Curve result = curve;
  for (double& x : result.x) x *= factor;
  return result;
}

void add_loss_figure(Run& run, const Inference& inference, const Losses& losses,
                     const std::vector<Member>& members, std::vector<Figure>& figures) {
  const bool has_expected = !losses.train_expected.empty() || !losses.test_expected.empty();
  LossPlot plot;
  // Gradient flow runs in learning_rate * t, a finite network in learning_rate * step.
  const double finite_rate = run.record["finite"]["learning_rate"].number();
  const double factor = std::isfinite(finite_rate) ? finite_rate / inference.learning_rate : 1;
  const double opacity = members.size() > 8 ? 0.35 : 0.55;
  using enum Script::Mark;
  bool is_first = true;
  for (const Member& member : members) {
    plot.add(scaled(member.train, factor), thin, train, opacity,
             is_first ? "finite, train" : nullptr);
    plot.add(scaled(member.test, factor), thin, test, opacity, is_first ? "finite, test" : nullptr);
    is_first = false;
  }
  plot.add(losses.train_expected, dashed, train, 1, "expected, train");
  plot.add(losses.test_expected, dashed, test, 1, "expected, test");
  plot.add(losses.train_mean, line, train, 1, "of the mean, train");
  plot.add(losses.test_mean, line, test, 1, "of the mean, test");
  const std::string script =
      plot.finish("time t, learning rate " + number(inference.learning_rate));
  if (script.empty()) return;

  Figure& figure = figures.emplace_back();
  figure.file = "loss." + file_part(inference.id.empty() ? "finite" : inference.id);
  figure.label = "Train and test loss over time, logarithmic axes: " + inference.title();
  figure.title = inference.title();
  figure.caption =
      "Half the mean squared error over time; both axes are logarithmic, so "
      "t = 0 is left out. Bold: the loss of the mean prediction.";
  if (has_expected)
    figure.caption +=
        " Dashed: the expected loss of one network, which is larger by half the variance.";
  if (!members.empty()) {
    figure.caption +=
        " Thin: " + count_text(static_cast<std::int64_t>(members.size()), "finite network") +
        "; one step is " + number(factor) + " of time.";
    const double momentum = run.record["experiment"]["finite"]["optimizer"]["momentum"].number();
    if (momentum > 0) {
      figure.caption += " Momentum " + number(momentum) + " makes them about " +
                        number(1 / (1 - momentum), 3) + " times as fast.";
    }
  }
  figure.script = script;
}

}  // namespace

std::vector<Figure> loss_figures(Run& run) {
  std::vector<Figure> figures;
  std::vector<Member> members;
  if (run.has("finite/losses.csv"))
    attempt(run, [&] { members = read_members(run.dir / "finite" / "losses.csv"); });
  for (const Inference& inference : inferences(run)) {
    if (inference.id.empty() || !run.has("loss/" + inference.id + ".csv")) continue;
    attempt(run, [&] {
      const Losses losses = read_losses(run.dir / "loss" / (inference.id + ".csv"));
      if (has_several_times(losses)) add_loss_figure(run, inference, losses, members, figures);
    });
  }
  if (figures.empty() && !members.empty()) {
    Inference alone;
    alone.method = "finite networks";
    const double rate = run.record["finite"]["learning_rate"].number();
    if (std::isfinite(rate)) alone.learning_rate = rate;
    attempt(run, [&] { add_loss_figure(run, alone, {}, members, figures); });
  }

  return figures;
}

}  // namespace widelimit::report
