// The pictures of a report: their scripts for gnuplot, titles and captions.
// Thread safety: one thread per run.
#pragma once

#include "predictions.hpp"
#include "run.hpp"
#include "svg.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

struct Figure {
  std::string file;     ///< within plots/, without ".svg": letters, digits, '-', '_', '.'
  std::string title;    ///< plain text
  std::string label;    ///< the text alternative
  std::string caption;  ///< HTML: how to read it
  std::string script;
  Picture picture;  ///< empty until drawn, or where drawing failed
};

// Each returns none where the run lacks the files; a broken file is a warning of the run.
std::vector<Figure> data_figures(Run& run);
std::vector<Figure> network_figures(Run& run);
std::vector<Figure> kernel_figures(Run& run);
std::vector<Figure> prediction_figures(Run& run);
std::vector<Figure> ridge_figures(Run& run);
std::vector<Figure> loss_figures(Run& run);
std::vector<Figure> finite_figures(Run& run);

/// Are these outputs the scores of classes? They are where there are at most 30 and the metrics
/// have an accuracy.
bool is_classification(const Run& run, const Inference& inference, const Predictions& predictions);
/// The confusion matrix.
Figure class_figure(const Run& run, const Inference& inference, const Predictions& predictions);
/// The metric "calibration"; null where there is none.
Json calibration_of(const Run& run, const Inference& inference);
/// Accuracy against confidence.
Figure calibration_figure(const Inference& inference, const Predictions& predictions,
                          const Json& calibration);

/// A name of the run as part of a file's name: everything unusual becomes '_'.
std::string file_part(std::string_view name);

/// The area inside the axes, in pixels: small, so that labels can be read on a phone.
inline constexpr int plot_width = 350, plot_height = 235;
/// At most so many points of a kind are drawn: more are a blot, and megabytes.
inline constexpr std::size_t max_points = 400;

/// Every k-th of them, so that at most `max_points` remain; k is at least 1.
std::size_t stride_for(std::size_t points);
/// Every k-th value.
std::vector<double> every(std::size_t stride, const std::vector<double>& values);

/// Calls `make`; what it throws becomes a warning of the run.
template <class Make>
void attempt(Run& run, Make make) {
  try {
    make();
  } catch (const std::exception& problem) {
    run.warnings.emplace_back(problem.what());
  }
}

}  // namespace widelimit::report
