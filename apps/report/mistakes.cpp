// Pictures of the worst misclassified test samples, with true and predicted class.
#include "mistakes.hpp"

#include "common/escape.hpp"
#include "common/sizes.hpp"
#include "figures.hpp"
#include "html.hpp"
#include "png.hpp"
#include "samples.hpp"
#include "typeset.hpp"

#include <widelimit/experiment/csv.hpp>

#include <cstdint>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::int64_t max_pictures = 12, max_pixels = 64;

std::string gallery(const Run& run, const Inference& inference) {
  const std::string stem = "predictions/" + inference.id + ".mistakes";
  const SamplePictures all = read_sample_pictures(run.dir / (stem + ".npy"), max_pictures);
  const Tones tones = tones_of(all);
  CsvFile csv(run.dir / (stem + ".csv"));
  const std::size_t sample = csv.require("sample"), truth = csv.require("truth"),
                    predicted = csv.require("predicted");
  const auto probability = csv.find("probability");
  const auto class_at = [&](std::size_t column) {
    const double index = csv.number(column);
    return index >= 0 && index < 1e6
               ? apps::html_escaped(run.class_name(static_cast<std::size_t>(index)))
               : std::string("?");
  };
  std::string items;
  for (std::int64_t i = 0; i < all.count && csv.next(); ++i) {
    const std::string right = class_at(truth), wrong = class_at(predicted);
    const std::string name = "test sample " + number(csv.number(sample));
    items += "<li><img src=\"" + png_uri(pixels_of(all, i, tones, max_pixels)) + "\" alt=\"" +
             name + ", " + right + " taken for " + wrong + "\"><b>" + right + "</b> taken for <b>" +
             wrong + "</b><small>" + name;
    if (probability) items += ", probability " + number(100 * csv.number(*probability), 3) + " %";
    items += "</small></li>\n";
  }
  if (items.empty()) return items;
  return "<h3>" + breakable(inference.title()) + "</h3>\n<ul class=\"mistakes\">\n" + items +
         "</ul>\n";
}

}  // namespace

std::string mistakes_html(Run& run) {
  std::string html;
  for (const Inference& inference : inferences(run)) {
    const std::string stem = "predictions/" + inference.id + ".mistakes";
    if (inference.id.empty() || !run.has(stem + ".npy") || !run.has(stem + ".csv")) continue;
    attempt(run, [&] { html += gallery(run, inference); });
  }
  return html;
}

}  // namespace widelimit::report
