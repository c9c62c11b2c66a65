// Reads a run, draws its pictures, writes report.html.
#include "report.hpp"

#include "distances.hpp"
#include "figures.hpp"
#include "gallery.hpp"
#include "gnuplot.hpp"
#include "mistakes.hpp"
#include "page.hpp"
#include "run.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>

#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace widelimit::report {
namespace {

void make_directory(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    throw Error(ErrorCode::io,
                "cannot make the directory " + dir.string() + ": " + error.message());
}

/// Fills in the pictures; what cannot be drawn is a warning.
void draw_pictures(Run& run, const std::vector<Figure*>& figures) {
  std::vector<std::string> scripts;
  for (const Figure* figure : figures) scripts.push_back(figure->script);
  const std::vector<Drawing> drawings = run_gnuplot(scripts);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Drawing& drawing = drawings[i];
    if (drawing.is_missing) {
      run.warnings.emplace_back(
          "gnuplot was not found in PATH, so this report has no pictures: install it (Debian: "
          "gnuplot-nox) and run `widelimit report` on this directory.");
      return;
    }
    if (!drawing.problem.empty()) {
      run.warnings.emplace_back("plots/" + figures[i]->file + ".svg: gnuplot: " + drawing.problem);
    }
    if (drawing.svg.empty()) continue;
    attempt(run, [&] {
      figures[i]->picture = embeddable(drawing.svg, "p" + std::to_string(i + 1) + "-",
                                       figures[i]->title, figures[i]->label);
    });
  }
}

}  // namespace

Outcome draw(const std::filesystem::path& run_dir) {
  Run run = Run::open(run_dir);
  Figures figures;
  figures.data = data_figures(run);
  figures.network = network_figures(run);
  figures.kernels = kernel_figures(run);
  figures.predictions = prediction_figures(run);
  figures.ridges = ridge_figures(run);
  figures.losses = loss_figures(run);
  figures.finite = finite_figures(run);
  figures.mistakes = mistakes_html(run);
  figures.gallery = gallery_html(run);
  figures.distances = distances_html(run);
  std::vector<Figure*> all;
  for (std::vector<Figure>* group :
       {&figures.data, &figures.network, &figures.kernels, &figures.predictions, &figures.ridges,
        &figures.losses, &figures.finite}) {
    for (Figure& figure : *group) all.push_back(&figure);
  }
  draw_pictures(run, all);

  Outcome outcome;
  if (!all.empty()) make_directory(run_dir / "plots");
  for (const Figure* figure : all) {
    if (figure->picture.file.empty()) continue;
    outcome.files.push_back(std::filesystem::path("plots") / (figure->file + ".svg"));
    write_file(run_dir / outcome.files.back(), figure->picture.file);
  }
  outcome.files.emplace_back("report.html");
  write_file(run_dir / "report.html", page(run, figures));
  for (const std::string& warning : run.warnings)
    outcome.warnings.push_back(std::string(Run::own_warnings) + warning);
  return outcome;
}

}  // namespace widelimit::report
