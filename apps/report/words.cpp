// The experiment in words: data, preprocessing, network, kernels, inference, finite networks.
#include "words.hpp"

#include "common/numbers.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::report {
namespace {

std::string value_in_words(const Json& value) {
  if (value.is_number() || value.text() == "inf") return number(value.number());
  if (value.is_array()) {
    std::vector<std::string> elements;
    for (const Json& element : value.elements()) elements.push_back(value_in_words(element));
    return "[" + apps::join(elements) + "]";
  }
  const std::string text = value.text();
  return text.empty() ? value.one_line() : text;
}

std::int64_t whole(const Json& value) {
  const double number = value.number();
  return number >= 0 && number < 9e15 ? static_cast<std::int64_t>(number) : 0;
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string source_in_words(const Json& source) {
  const std::string type = source["type"].text();
  std::string text;
  if (type == "make_regression") {
    text = "make_regression: " + count_text(whole(source["n_samples"]), "sample") + ", " +
           count_text(whole(source["n_features"]), "feature") + ", " +
           count(whole(source["n_informative"])) + " of them informative, noise " +
           value_in_words(source["noise"]) + ", seed " + value_in_words(source["seed"]);
  } else {
    std::vector<std::string> files;
    for (const char* key : {"x", "y", "path", "images", "labels"}) {
      const std::string file = source[key].text();
      if (!file.empty()) files.push_back(file);
    }
    text = apps::join(files, " and ") + (type.empty() ? "" : " (" + type + ")");
  }
  if (whole(source["offset"]) > 0)
    text += ", from sample " + count(whole(source["offset"])) + " on";
  if (const std::string rows = source["rows"].text(); !rows.empty()) text += ", rows of " + rows;
  if (source["limit"].is_number())
    text += ", at most " + count_text(whole(source["limit"]), "sample");
  return text;
}

Setting data_setting(const Run& run, const Json& data) {
  Setting setting{"Data", {}};
  const auto size = [&](const char* name, std::int64_t samples, std::int64_t features,
                        std::int64_t outputs) {
    return count_text(samples, name) + ", " + count_text(features, "feature") + ", " +
           count_text(outputs, "output");
  };
  if (run.train("count") > 0) {
    std::string text =
        size("training sample", run.train("count"), run.train("features"), run.train("outputs"));
    if (run.test("count") > 0) text += "; " + count_text(run.test("count"), "test sample");
    setting.sentences.push_back(text + ".");
  }
  if (data["train"].is_object()) {
    const bool has_test = data["test"].is_object();
    setting.sentences.push_back((has_test ? "Train from " : "From ") +
                                source_in_words(data["train"]) + ".");
    if (has_test) setting.sentences.push_back("Test from " + source_in_words(data["test"]) + ".");
  }
  if (const Json split = data["split"]; split.is_object()) {
    setting.sentences.push_back(
        number(100 * split["test_fraction"].number(), 4) + " % held back for the test" +
        (split["shuffle"].boolean(true) ? ", chosen at random by the seed." : ", the last ones."));
  }
  return setting;
}

std::string step_in_words(const Json& step) {
  const std::string type = step["type"].text(step.text());
  if (type == "standardize_x") {
    return step["per"].text() == "all" ? "inputs to mean 0 and deviation 1, all features together"
                                       : "each feature to mean 0 and deviation 1";
  }
  if (type == "center_x") {
    return step["per"].text() == "all" ? "inputs to mean 0, all features together"
                                       : "each feature to mean 0";
  }
  if (type == "standardize_y")
    return "targets to mean 0 and deviation 1 (predictions are given back in the original units)";
  if (type == "unit_norm") return "each sample to unit norm";
  if (type == "scale") return "inputs times " + value_in_words(step["factor"]);
  if (type == "zca")
    return "ZCA whitening, regularization " + value_in_words(step["regularization"]);
  if (type == "one_hot") {
    return std::string("labels to one-hot vectors") +
           (step["centered"].boolean(true) ? ", centred" : "");
  }
  return type;
}

/// "dense 512 → relu → dense 1"; repeated layers as "4 × (...)".
std::string network_in_words(const std::vector<Json>& layers) {
  std::vector<std::string> names;
  for (const Json& layer : layers) {
    std::string name = layer["type"].text(layer.text());
    for (const char* key : {"width", "channels"}) {
      if (layer[key].is_number()) name += " " + count(whole(layer[key]));
    }
    std::vector<std::string> branches;
    for (const Json& input : layer["inputs"].elements()) {
      const std::string branch = network_in_words(input.elements());
      branches.push_back(branch.empty() ? "identity" : branch);
    }
    if (!branches.empty()) name += " of (" + apps::join(branches, " | ") + ")";
    if (const auto inner = layer["layers"].elements(); !inner.empty())
      name = network_in_words(inner);
    if (layer["repeat"].number() > 1) name = count(whole(layer["repeat"])) + " × (" + name + ")";
    names.push_back(name);
  }
  constexpr std::size_t most = 24;
  if (names.size() > most) {
    const std::string left_out = "… " + std::to_string(names.size() - most) + " more …";
    const auto middle = names.begin() + most / 2;
    names.erase(middle, names.end() - most / 2);
    names.insert(names.begin() + most / 2, left_out);
  }
  return apps::join(names, " → ");
}

std::string times_in_words(const Json& times) {
  if (times.is_object()) {
    std::string text =
        "t from " + value_in_words(times["start"]) + " to " + value_in_words(times["stop"]);
    if (times["step"].is_number()) return text + " in steps of " + value_in_words(times["step"]);
    return text + ", " + value_in_words(times["num"]) +
           (times["spacing"].text() == "log" ? " of them, logarithmic" : " of them");
  }
  constexpr std::size_t most = 12;
  std::vector<std::string> values;
  const std::vector<Json> given = times.elements();
  for (std::size_t i = 0; i < std::min(given.size(), most); ++i)
    values.push_back(value_in_words(given[i]));
  if (given.size() > most) values.push_back("… (" + std::to_string(given.size()) + " in all)");
  return "t = " + apps::join(values);
}

/// "0.01", "0.01, 0.1", "from 10⁻⁴ to 1, 9 of them"; empty for none.
std::string ridge_in_words(const Json& ridge) {
  if (ridge.is_object()) {
    return "from " + value_in_words(ridge["start"]) + " to " + value_in_words(ridge["stop"]) +
           ", " + value_in_words(ridge["num"]) + " of them";
  }
  constexpr std::size_t most = 6;
  std::vector<std::string> values;
  const std::vector<Json> given = ridge.elements();
  for (std::size_t i = 0; i < std::min(given.size(), most); ++i)
    values.push_back(value_in_words(given[i]));
  if (given.size() > most) values.push_back("… (" + std::to_string(given.size()) + " in all)");
  return given.empty() && ridge.number() > 0 ? number(ridge.number()) : apps::join(values);
}

std::string inference_in_words(const Json& entry) {
  const std::string method = entry["method"].text();
  std::vector<std::string> kernels;
  for (const Json& kernel : entry["kernels"].elements())
    kernels.push_back(kernel_name(kernel.text()));
  std::string text = capitalized(method_name(method));
  if (const std::string name = entry["name"].text(); !name.empty() && name != method)
    text += " (“" + name + "”)";
  if (!kernels.empty()) text += ", " + apps::join(kernels, " and ");
  if (!entry["times"].is_null()) {
    text += ", at " + times_in_words(entry["times"]);
    const double rate = entry["learning_rate"].number();
    if (std::isfinite(rate)) text += ", learning rate " + number(rate);
  }
  const std::string ridge = ridge_in_words(entry["diag_reg"]);
  if (!ridge.empty()) {
    text += ", ridge " + ridge +
            (entry["diag_reg_absolute_scale"].boolean() ? " (absolute)"
                                                        : " (relative to the mean diagonal)");
  }
  if (entry["leave_one_out"].boolean()) text += ", with leave-one-out errors";
  const std::string covariance = entry["covariance"].text("none");
  if (covariance == "diagonal") text += ", with variances";
  if (covariance == "full") text += ", with the full covariance";
  const std::string solver = entry["solver"]["type"].text(entry["solver"].text());
  if (!solver.empty()) text += ", solved by " + solver;
  return text + ".";
}

std::string finite_in_words(const Json& finite) {
  const Json optimizer = finite["optimizer"];
  const std::int64_t members = std::max<std::int64_t>(1, whole(finite["ensemble"]));
  std::string text = count_text(members, "network") + " trained by " +
                     optimizer["type"].text("sgd") + ", learning rate " +
                     value_in_words(optimizer["learning_rate"]);
  if (optimizer["momentum"].number() > 0)
    text += ", momentum " + value_in_words(optimizer["momentum"]);
  text += ", " + count_text(whole(finite["steps"]), "step");
  text += finite["batch_size"].is_number() ? " on batches of " + count(whole(finite["batch_size"]))
                                           : std::string(" on the full batch");
  return text + ", seed " + value_in_words(finite["seed"]) + ".";
}

}  // namespace

std::string parameters_in_words(const Json& parameters) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : parameters.members()) {
    const bool is_usual = (key == "trainable" && value.boolean()) ||
                          (key == "parameterization" && value.text() == "ntk") ||
                          (value.is_array() && value.elements().empty());
    if (!value.is_null() && !is_usual) parts.push_back(key + " " + value_in_words(value));
  }
  return apps::join(parts);
}

std::vector<Setting> settings_in_words(const Run& run) {
  const Json experiment = run.record["experiment"];
  std::vector<Setting> settings{data_setting(run, experiment["data"])};
  std::vector<std::string> steps;
  for (const Json& step : experiment["preprocess"].elements()) steps.push_back(step_in_words(step));
  if (!steps.empty())
    settings.push_back({"Preprocessing", {capitalized(apps::join(steps, "; then ")) + "."}});
  if (const std::string network = network_in_words(experiment["network"].elements());
      !network.empty())
    settings.push_back({"Network", {network}});
  std::vector<std::string> kernels;
  for (const Json& kernel : experiment["kernel"]["compute"].elements())
    kernels.push_back(kernel_name(kernel.text()));
  if (!kernels.empty()) {
    std::string text =
        apps::join(kernels, " and ") + " in " + experiment["precision"].text("float64");
    const std::string from = experiment["kernel"]["from"].text();
    if (!from.empty()) text += ", taken from the run in " + from;
    settings.push_back({"Kernels", {text + "."}});
  }
  Setting inference{"Inference", {}};
  for (const Json& entry : experiment["inference"].elements())
    inference.sentences.push_back(inference_in_words(entry));
  settings.push_back(inference);
  if (experiment["finite"].is_object())
    settings.push_back({"Finite width", {finite_in_words(experiment["finite"])}});
  settings.erase(std::remove_if(settings.begin(), settings.end(),
                                [](const Setting& setting) { return setting.sentences.empty(); }),
                 settings.end());
  return settings;
}

}  // namespace widelimit::report
