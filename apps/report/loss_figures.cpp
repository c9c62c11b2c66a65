// Losses over time: infinite width bold, finite networks thin, on one axis.
#include "figures.hpp"

#include "color.hpp"
#include "csv.hpp"
#include "curve.hpp"
#include "script.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t most_members = 30;

struct Losses {
  Curve train_mean, test_mean, train_expected, test_expected;
};

Losses read_losses(const std::filesystem::path& file) {
  CsvReader csv(file);
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

struct Member {
  Curve train, test;
};

/// By step. The columns are known by position: member, step, train loss, test loss.
std::vector<Member> read_members(const std::filesystem::path& file) {
  CsvReader csv(file);
  const std::size_t test = csv.columns().size() > 3 ? 3 : 2;
  std::map<double, Member> members;
  while (csv.next()) {
    const double which = csv.number(0);
    if (members.size() == most_members && members.find(which) == members.end()) continue;
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
  void add(const Curve& curve, Script::Mark mark, const Color& color, double opacity,
           const char* name) {
    const Curve small = simplified_on_log_axes(curve);
    if (small.empty()) return;
    times_.insert(times_.end(), small.x.begin(), small.x.end());
    losses_.insert(losses_.end(), small.y.begin(), small.y.end());
    const char* style = mark == Script::Mark::line     ? "lines linewidth 2.6"
                        : mark == Script::Mark::dashed ? "lines linewidth 1.6 dashtype (8,5)"
                                                       : "lines linewidth 0.9";
    const bool is_point = small.x.size() == 1;
    script_.plot(script_.data({small.x, small.y}) + " using 1:2 with " +
                 (is_point ? "points pointtype 7 pointsize 0.6" : style) +
                 line_color(color, opacity));
    if (name != nullptr) script_.legend(mark, color, opacity, name);
  }
  [[nodiscard]] bool empty() const noexcept { return times_.empty(); }
  std::string finish(const std::string& time_label) {
    Range losses = range_of(losses_, true);
    // Below a rounding error of the largest loss there is nothing to see.
    losses.low = std::max(losses.low, losses.high * 1e-16);
    script_.x_axis(time_label, range_of(times_, true, 0), true);
    script_.y_axis("loss", losses, true);
    return script_.text();
  }

 private:
  Script script_{plot_width, plot_height + 30};
  std::vector<double> times_, losses_;
};

Curve scaled(const Curve& curve, double factor) {
  Curve result = curve;
  for (double& x : result.x) x *= factor;
  return result;
}

void add_loss_figure(Run& run, const Inference& inference, const std::vector<Member>& members,
                     std::vector<Figure>& figures) {
  const Losses losses =
      inference.id.empty() ? Losses() : read_losses(run.dir / "loss" / (inference.id + ".csv"));
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
  if (plot.empty()) return;

  Figure& figure = figures.emplace_back();
  figure.file = "loss." + file_part(inference.id.empty() ? "finite" : inference.id);
  figure.label = "Train and test loss over time, logarithmic axes: " + inference.title();
  figure.title = inference.title();
  figure.caption =
      "Half the mean squared error over time; both axes are logarithmic, so "
      "t = 0 is left out. Bold: of the mean prediction.";
  if (has_expected)
    figure.caption += " Dashed: expected for one network, which adds half the variance.";
  if (!members.empty()) {
    figure.caption +=
        " Thin: " + counted(static_cast<std::int64_t>(members.size()), "finite network") +
        ", one step being " + number(factor) + " of time.";
    const double momentum = run.record["experiment"]["finite"]["optimizer"]["momentum"].number();
    if (momentum > 0) {
      figure.caption += " Momentum " + number(momentum) + " makes them about " +
                        number(1 / (1 - momentum), 3) + " times as fast.";
    }
  }
  figure.script = plot.finish("time t, learning rate " + number(inference.learning_rate));
}

}  // namespace

std::vector<Figure> loss_figures(Run& run) {
  std::vector<Figure> figures;
  std::vector<Member> members;
  if (run.has("finite/losses.csv"))
    attempt(run, [&] { members = read_members(run.dir / "finite" / "losses.csv"); });
  for (const Inference& inference : inferences(run)) {
    if (inference.id.empty() || !run.has("loss/" + inference.id + ".csv")) continue;
    attempt(run, [&] { add_loss_figure(run, inference, members, figures); });
  }
  if (figures.empty() && !members.empty()) {
    Inference alone;
    alone.method = "finite networks";
    const double rate = run.record["finite"]["learning_rate"].number();
    if (std::isfinite(rate)) alone.learning_rate = rate;
    attempt(run, [&] { add_loss_figure(run, alone, members, figures); });
  }

  return figures;
}

}  // namespace widelimit::report
