// Reads run.json and metrics.json.
#include "run.hpp"

#include <widelimit/error.hpp>

#include "common/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

namespace widelimit::report {
namespace {

std::int64_t integer(const Json& value) {
  const double number = value.number();
  return number >= 0 && number < 9e15 ? static_cast<std::int64_t>(number) : 0;
}

std::string subscripted(std::string_view letter, std::size_t index) {
  static constexpr std::string_view digits[] = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};
  std::string text(letter);
  for (const char c : std::to_string(index)) text += digits[to_size(c - '0')];
  return text;
}

std::string name_of(const Json& data, std::string_view names, std::string_view letter,
                    std::int64_t all, std::size_t index) {
  const std::vector<Json> given = data[names].elements();
  if (index < given.size() && !given[index].text().empty()) return given[index].text();
  return all == 1 ? std::string(letter) : subscripted(letter, index);
}

}  // namespace

Run Run::open(const std::filesystem::path& dir) {
  Run run;
  run.dir = dir;
  const std::filesystem::path file = dir / "run.json";
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    throw Error(ErrorCode::usage, file.string() + ": no such file; a report is drawn from the " +
                                      "directory that `widelimit run` or `widelimit kernel` wrote");
  }
  try {
    run.record = Json::read(file);
  } catch (const Error& problem) {
    std::vector<Problem> problems = problem.problems();
    problems.front().message +=
        ": damaged, or written by another program; run the experiment again";
    throw Error(problem.code(), std::move(problems));
  }
  if (!run.record.is_object())
    throw Error(ErrorCode::usage, file.string() + ": expected an object, as a run writes it");
  if (run.has("metrics.json")) {
    try {
      run.metrics = Json::read(dir / "metrics.json");
    } catch (const Error& problem) {
      run.warnings.emplace_back(problem.what());
    }
  }
  return run;
}

bool Run::has(const std::filesystem::path& relative) const {
  const bool is_inside = relative.is_relative() && !relative.empty() &&
                         std::find(relative.begin(), relative.end(), "..") == relative.end();
  std::error_code error;
  return is_inside && std::filesystem::is_regular_file(dir / relative, error);
}

std::int64_t Run::train(std::string_view key) const {
  return integer(record["data"]["train"][key]);
}
std::int64_t Run::test(std::string_view key) const { return integer(record["data"]["test"][key]); }

std::string Run::feature_name(std::size_t index) const {
  return name_of(record["data"]["train"], "x_names", "x", train("features"), index);
}
std::string Run::output_name(std::size_t index) const {
  return name_of(record["data"]["train"], "y_names", "y", train("outputs"), index);
}

std::string Run::class_name(std::size_t index) const {
  const std::vector<Json> given = record["data"]["train"]["y_names"].elements();
  const std::string name = index < given.size() ? given[index].text() : std::string();
  return name.empty() ? std::to_string(index) : name;
}

std::vector<Inference> inferences(const Run& run) {
  std::vector<Inference> result;
  const std::vector<Json> specs = run.record["experiment"]["inference"].elements();
  for (const Json& entry : run.record["inference"].elements()) {
    Inference& inference = result.emplace_back();
    inference.record = entry;
    inference.id = entry["id"].text();
    inference.diag_reg = entry["chosen_diag_reg"].number();
    inference.kernel = kernel_name(entry["kernel"].text());
    const std::string method = entry["method"].text();
    inference.method = method_name(method);
    // A name of the experiment's own says more than the method: the id is NAME.KERNEL.
    const std::string name = inference.id.substr(0, inference.id.rfind('.'));
    if (!name.empty() && name != method) inference.method = name;
    const auto match = std::find_if(specs.begin(), specs.end(), [&](const Json& spec) {
      return spec["name"].text(spec["method"].text()) == name;
    });
    if (match != specs.end()) {
      const double rate = (*match)["learning_rate"].number();
      if (std::isfinite(rate) && rate > 0) inference.learning_rate = rate;
    }
  }
  return result;
}

Json shown_metrics(const Run& run, const Inference& inference) {
  const Json metrics = run.metrics[inference.id];
  const std::vector<Json> several = metrics.elements();
  if (several.empty()) return metrics;
  const auto chosen = std::find_if(several.begin(), several.end(), [&](const Json& one) {
    return one["diag_reg"].number() == inference.diag_reg;
  });
  return chosen == several.end() ? several.back() : *chosen;
}

std::string kernel_name(std::string_view kernel) {
  if (kernel == "nngp") return "NNGP";
  if (kernel == "ntk") return "NTK";
  if (kernel == "ntkgp") return "NTK-GP";
  return std::string(kernel);
}

std::string method_name(std::string_view method) {
  if (method == "gp_inference") return "Gaussian process posterior";
  if (method == "gradient_descent_mse_ensemble") return "gradient descent, ensemble";
  if (method == "gradient_descent_mse") return "gradient descent, one network";
  if (method == "gradient_descent") return "gradient descent";
  return std::string(method);
}

}  // namespace widelimit::report
