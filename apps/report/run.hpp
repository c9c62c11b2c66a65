// The record of a run, and names for its parts: features, outputs, classes, inferences.
// Thread safety: values; one thread per call.
#pragma once

#include "common/json.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

using apps::Json;

struct Run {
  std::filesystem::path dir;
  Json record;   ///< run.json
  Json metrics;  ///< metrics.json; null where there is none
  /// Of the report itself: what could not be read or drawn.
  std::vector<std::string> warnings;
  /// Marks those warnings in the record, so that the next report can leave them out.
  static constexpr std::string_view own_warnings = "report: ";

  /// Throws Error(usage) that names run.json where it is missing or broken. A broken metrics.json
  /// is a warning.
  static Run open(const std::filesystem::path& dir);

  /// Is there such a file? Never one outside of the directory: the record is data like any other.
  [[nodiscard]] bool has(const std::filesystem::path& relative) const;
  /// Of the training set ("count", "features", "outputs"); 0 where not known.
  [[nodiscard]] std::int64_t train(std::string_view key) const;
  [[nodiscard]] std::int64_t test(std::string_view key) const;
  /// The name the data gives it, or "x₃" ("x", where there is one only).
  [[nodiscard]] std::string feature_name(std::size_t index) const;
  [[nodiscard]] std::string output_name(std::size_t index) const;
  /// The name the experiment gives a class, or its number.
  [[nodiscard]] std::string class_name(std::size_t index) const;
};

/// One inference, as METHOD.KERNEL.
struct Inference {
  std::string id;            ///< METHOD.KERNEL, as files are named
  std::string method;        ///< in words, or the name the experiment gives it
  std::string kernel;        ///< "NNGP", "NTK", "NTK-GP"
  double learning_rate = 1;  ///< of gradient flow, per unit of time
  double diag_reg = 0;       ///< of several ridges the one that is shown; NaN: there is one only
  Json record;               ///< its entry of run.json
  /// "NTK · gradient descent, ensemble"
  [[nodiscard]] std::string title() const {
    return kernel.empty() ? method : kernel + " · " + method;
  }
};
std::vector<Inference> inferences(const Run& run);
/// Of several times the metrics of the last, of several ridges those of the one that is shown.
Json shown_metrics(const Run& run, const Inference& inference);

/// "NNGP", "NTK", "NTK-GP"; the text itself where it is none of these.
std::string kernel_name(std::string_view kernel);
/// "gp_inference" as "Gaussian process posterior", ...
std::string method_name(std::string_view method);

}  // namespace widelimit::report
