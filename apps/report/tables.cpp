// Tables and charts of the page.
#include "tables.hpp"

#include "common/escape.hpp"
#include "common/numbers.hpp"
#include "html.hpp"
#include "typeset.hpp"
#include "words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace widelimit::report {
namespace {

/// "28 × 28 × any": a width that is not given is no part of the limit.
std::string shape_of(const Json& layer) {
  std::string text;
  for (const char c : layer["shape"].text())
    text += c == '?'   ? std::string("any")
            : c == 'x' ? std::string("×")
                       : apps::html_escaped(std::string(1, c));
  for (const Json& extent : layer["shape"].elements())
    text += (text.empty() ? "" : " × ") + number(extent.number());
  return text;
}

/// One column of the metrics: METHOD.KERNEL, at one time where several were asked for.
struct MetricsColumn {
  std::string head;
  Json values;
};

std::string column_head(const std::vector<Inference>& known, const std::string& id) {
  if (id == "finite") return "Finite width";
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Inference& one) { return one.id == id; });
  return found == known.end() ? code(id) : column_head(*found);
}

std::vector<MetricsColumn> measured_columns(const Run& run, bool& has_left_out) {
  constexpr std::size_t max_times = 8;
  const std::vector<Inference> known = inferences(run);
  std::vector<MetricsColumn> columns;
  for (const auto& [id, values] : run.metrics.members()) {
    const std::string head = column_head(known, id);
    if (values.is_object()) columns.push_back({head, values});
    const std::vector<Json> times = values.elements();
    if (!times.empty() && times.front()["diag_reg"].is_number()) {
      const auto one =
          std::find_if(known.begin(), known.end(),
                       [&name = id](const Inference& each) { return each.id == name; });
      if (one == known.end()) continue;
      columns.push_back({head + "<small>diag_reg&nbsp;" + number(one->diag_reg, 4) + "</small>",
                         shown_metrics(run, *one)});
      has_left_out = true;
      continue;
    }
    const std::size_t first = times.size() > max_times ? times.size() - max_times : 0;
    has_left_out = has_left_out || first > 0;
    for (std::size_t i = first; i < times.size(); ++i) {
      columns.push_back(
          {head + "<small>t&nbsp;=&nbsp;" + number(times[i]["time"].number()) + "</small>",
           times[i]});
    }
  }
  return columns;
}

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using Reader = std::function<Json(const Json&)>;

std::string in_digits(double value) { return measured(value); }
std::string in_percent(double value) {
  return std::isnan(value) ? measured(value) : number(100 * value, 4) + " %";
}

class MetricsTable {
 public:
  MetricsTable(const char* caption, const std::vector<MetricsColumn>& columns)
      : columns_(columns), table_(caption, heads(columns)) {}

  /// A row, unless no column has the number.
  void add(const std::string& name, const char* meaning, const Reader& read,
           std::string (*show)(double) = in_digits) {
    std::vector<std::string> cells{
        name + (*meaning == 0 ? std::string() : "<small>" + std::string(meaning) + "</small>")};
    bool has_any = false;
    for (const MetricsColumn& column : columns_) {
      const double value = read(column.values).number();
      has_any = has_any || !std::isnan(value);
      cells.push_back(show(value));
    }
    if (has_any) table_.row(std::move(cells));
  }
  [[nodiscard]] const Table& table() const noexcept { return table_; }

 private:
  static std::vector<std::string> heads(const std::vector<MetricsColumn>& columns) {
    std::vector<std::string> result{"Measure"};
    for (const MetricsColumn& column : columns) result.push_back(column.head);
    return result;
  }
  const std::vector<MetricsColumn>& columns_;
  Table table_;
};

Json element(const Json& array, std::size_t index) {
  const std::vector<Json> all = array.elements();
  return index < all.size() ? all[index] : Json();
}

std::size_t longest(const std::vector<MetricsColumn>& columns, const Reader& read) {
  std::size_t length = 0;
  for (const MetricsColumn& column : columns)
    length = std::max(length, read(column.values).elements().size());
  return length;
}

}  // namespace

std::string column_head(const Inference& inference) {
  return apps::html_escaped(inference.kernel) + "<small>" + breakable(inference.method) +
         "</small>";
}

std::string network_table(const Run& run) {
  Table table("Layers and their kernels",
              {"Layer", "Parameters", "Output", "Variance", "Correlation", "NTK"});
  table.text_columns({1, 2});
  int index = 0;
  for (const Json& layer : run.record["network"].elements()) {
    std::string name = "<span class=\"index\">" + std::to_string(++index) + "</span> " +
                       code(layer["type"].text());
    if (const std::string given = layer["name"].text(); !given.empty())
      name += "<small>" + apps::html_escaped(given) + "</small>";
    std::string kind = shape_of(layer);
    kind += layer["gaussian"].boolean() ? "<small>Gaussian</small>" : "";
    table.row({name, apps::html_escaped(parameters_in_words(layer["params"])), kind,
               measured(layer["mean_variance"].number()), share(layer["mean_correlation"].number()),
               measured(layer["mean_ntk"].number())});
  }
  return table.empty() ? std::string() : table.html();
}

std::string metrics_table(const Run& run) {
  bool has_left_out = false;
  const std::vector<MetricsColumn> columns = measured_columns(run, has_left_out);
  if (columns.empty()) return {};
  const auto key = [](const char* name) {
    return [name](const Json& values) { return values[name]; };
  };
  MetricsTable main("Metrics on the test set", columns);
  main.add("RMSE", "root mean squared error, in units of the target", key("rmse"));
  main.add("MAE", "mean absolute error, in units of the target", key("mae"));
  main.add("R²", "share of variance explained; 1 is perfect", key("r2"), share);
  main.add("NLPD", "negative log predictive density; lower is better", key("nlpd"));
  main.add("Coverage", "share of true values in the 95 % interval; 95 % is calibrated",
           key("coverage_95"), in_percent);
  main.add("Accuracy", "share of samples in the right class", key("accuracy"), in_percent);
  const auto of = [](const char* group, const char* name) {
    return [group, name](const Json& values) { return values[group][name]; };
  };
  main.add("Calibration error", "expected calibration error of the predicted class",
           of("calibration", "expected_calibration_error"));
  main.add("Log loss", "minus the log probability of the true class, on average",
           of("calibration", "log_loss"));
  main.add("Leave-one-out RMSE", "each training sample predicted from all others",
           of("leave_one_out", "rmse"));
  main.add("Leave-one-out accuracy", "", of("leave_one_out", "accuracy"), in_percent);
  main.add("Log evidence", "of the training targets, in the units of training",
           of("leave_one_out", "log_evidence"));

  const Reader with_y = [](const Json& values) { return values["pearson"]["y"]; };
  const Reader with_x = [](const Json& values) { return values["pearson"]["features"]; };
  // The correlation with a single pixel means nothing.
  const std::size_t outputs = longest(columns, with_y),
                    features = run.has("data/pictures.npy") ? 0 : longest(columns, with_x);
  // A few correlations go into the main table, hundreds into one that is folded away.
  constexpr std::size_t max_rows = 12;
  MetricsTable apart("Correlation of predictions with truth and features", columns);
  const bool is_apart = outputs * (features + 1) > max_rows;
  MetricsTable& pearson = is_apart ? apart : main;
  for (std::size_t k = 0; k < outputs; ++k) {
    pearson.add(
        "Correlation with " + apps::html_escaped(run.output_name(k)),
        k == 0 ? "Pearson, of prediction and truth" : "",
        [&](const Json& values) { return element(with_y(values), k); }, share);
  }
  for (std::size_t j = 0; j < features; ++j) {
    for (std::size_t k = 0; k < outputs; ++k) {
      const std::string output =
          outputs > 1 ? ", predicted " + apps::html_escaped(run.output_name(k)) : std::string();
      pearson.add(
          "Correlation with " + apps::html_escaped(run.feature_name(j)) + output,
          j + k == 0 ? "Pearson, of prediction and feature" : "",
          [&](const Json& values) { return element(element(with_x(values), j), k); }, share);
    }
  }
  std::string html;
  if (!main.table().empty()) html += main.table().html();
  if (has_left_out)
    html +=
        "<p class=\"note\">Of many times only the last are shown, of many ridges only the one with "
        "the least leave-one-out error; metrics.json has all of them.</p>\n";
  if (!apart.table().empty()) {
    html += "<details><summary>Correlation of the predictions with truth and features</summary>\n" +
            apart.table().html() + "</details>\n";
  }
  return html;
}

std::string solves_table(const Run& run) {
  const std::vector<Inference> all = inferences(run);
  std::vector<std::string> heads{"Quantity"};
  for (const Inference& one : all) heads.push_back(column_head(all, one.id));
  Table table("Solves", heads);
  const auto add = [&](const std::string& name, const char* meaning, const auto& cell) {
    std::vector<std::string> cells{name + "<small>" + meaning + "</small>"};
    bool has_any = false;
    for (const Inference& one : all) {
      cells.push_back(cell(one.record));
      has_any = has_any || (!cells.back().empty() && cells.back() != measured(unknown));
    }
    if (has_any) table.row(std::move(cells));
  };
  const auto add_number = [&](const char* name, const char* meaning, const char* key) {
    add(name, meaning, [key](const Json& record) { return measured(record[key].number()); });
  };
  add("Solver", "the plugin that solved the system", [](const Json& record) {
    const std::string name = record["solver"].text(record["solver"]["type"].text());
    return name.empty() ? name : code(name);
  });
  add_number("Ridge", "added to the diagonal", "ridge");
  add_number("Smallest eigenvalue", "of the kernel with its ridge", "smallest_eigenvalue");
  add_number("Largest eigenvalue", "of the kernel with its ridge", "largest_eigenvalue");
  add_number("Reciprocal condition", "near 10⁻¹⁶ no digit is reliable", "rcond");
  add("Iterations", "of an iterative solver, all right-hand sides together",
      [](const Json& record) {
        const double iterations = record["iterations"].number();
        return iterations > 0 ? measured(iterations) : std::string();
      });
  add_number("Residual", "relative, of the solved system", "residual");
  add_number("Log determinant", "natural logarithm", "logdet");
  add_number("Greatest learning rate", "at which gradient descent converges", "max_learning_rate");
  return table.empty() ? std::string() : table.html();
}

std::string timings_chart(const Run& run) {
  const std::vector<Json> timings = run.record["timings"].elements();
  double total = 0, most = 0;
  for (const Json& timing : timings) {
    const double seconds = std::max(0.0, timing["seconds"].number());
    if (!std::isfinite(seconds)) continue;
    total += seconds;
    most = std::max(most, seconds);
  }
  if (timings.empty()) return {};
  std::string html = "<table class=\"bars\">\n<caption>Seconds by phase</caption>\n<tbody>\n";
  for (const Json& timing : timings) {
    const double seconds = timing["seconds"].number();
    const double share = most > 0 && seconds > 0 ? 100 * seconds / most : 0;
    char width[32];
    std::snprintf(width, sizeof width, "%.1f%%", share);
    html += "<tr><th scope=\"row\">" + breakable(timing["phase"].text()) +
            "</th><td class=\"bar\"><span style=\"width:" + width + "\"></span></td><td>" +
            duration(seconds) + "</td></tr>\n";
  }
  return html + "</tbody>\n<tfoot><tr><th scope=\"row\">total</th><td></td><td>" + duration(total) +
         "</td></tr></tfoot>\n</table>\n";
}

std::string key_figures(const Run& run) {
  std::string html;
  const auto add = [&](const std::string& value, const std::string& meaning) {
    html += "<div><dd>" + value + "</dd><dt>" + meaning + "</dt></div>\n";
  };
  if (run.train("count") > 0) add(count(run.train("count")), "training samples");
  if (run.test("count") > 0) add(count(run.test("count")), "test samples");
  const auto layers = static_cast<std::int64_t>(run.record["network"].size());
  if (layers > 0) add(count(layers), std::string(apps::noun(layers, "layer", "layers")));
  bool has_left_out = false;
  const std::vector<MetricsColumn> columns = measured_columns(run, has_left_out);
  // The best value of a metric, and the inference that it belongs to.
  const auto add_best = [&](const char* metric, double sign, auto show, const std::string& what) {
    double best = std::numeric_limits<double>::infinity();
    std::string head;
    for (const MetricsColumn& column : columns) {
      const double value = sign * column.values[metric].number();
      if (value < best) {
        best = value;
        head = column.head.substr(0, column.head.find('<'));
      }
    }
    if (!std::isfinite(best)) return false;
    add(show(sign * best), head.empty() ? what : what + ", " + head);
    return true;
  };
  if (!add_best("accuracy", -1, in_percent, "best test accuracy"))
    add_best(
        "rmse", 1, [](double value) { return measured(value, 3); }, "least test RMSE");
  double seconds = 0;
  for (const Json& timing : run.record["timings"].elements()) seconds += timing["seconds"].number();
  if (seconds > 0) add(duration(seconds), "run time");
  return html.empty() ? html : "<dl class=\"key\">\n" + html + "</dl>\n";
}

}  // namespace widelimit::report
