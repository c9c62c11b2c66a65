// Pictures of training samples, a row for each class, or one by one with their targets.
#include "gallery.hpp"

#include "common/escape.hpp"
#include "common/sizes.hpp"
#include "figures.hpp"
#include "png.hpp"
#include "samples.hpp"
#include "typeset.hpp"

#include <widelimit/experiment/csv.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace widelimit::report {
namespace {

constexpr std::int64_t max_pictures = 200, max_pixels = 48;

struct Row {
  std::string name, images;
};

std::string gallery(const Run& run) {
  const SamplePictures all = read_sample_pictures(run.dir / "data" / "pictures.npy", max_pictures);
  const Tones tones = tones_of(all);
  CsvFile csv(run.dir / "data" / "pictures.csv");
  const std::size_t sample = csv.require("sample");
  const auto kind = csv.find("class");
  std::vector<std::size_t> targets;
  while (const auto column = csv.find("y" + std::to_string(targets.size())))
    targets.push_back(*column);
  std::map<double, Row> rows;
  std::string single;
  for (std::int64_t i = 0; i < all.count && csv.next(); ++i) {
    const std::string name = "training sample " + number(csv.number(sample), 9);
    const auto image = [&](const std::string& what) {
      return "<img src=\"" + png_uri(pixels_of(all, i, tones, max_pixels)) + "\" alt=\"" + name +
             ", " + what + "\" title=\"" + name + "\">";
    };
    if (kind) {
      const double index = csv.number(*kind);
      Row& row = rows[index];
      row.name = index >= 0 && index < 1e6
                     ? apps::html_escaped(run.class_name(static_cast<std::size_t>(index)))
                     : std::string("?");
      row.images += image("class " + row.name);
      continue;
    }
    std::string values;
    for (std::size_t k = 0; k < targets.size(); ++k)
      values += (k == 0 ? "" : ", ") + apps::html_escaped(run.output_name(k)) + " = " +
                number(csv.number(targets[k]), 4);
    single += "<li>" + image(values) + values + "<small>" + name + "</small></li>\n";
  }
  std::string html;
  for (const auto& [index, row] : rows)
    html += "<dt>" + row.name + "</dt><dd>" + row.images + "</dd>\n";
  if (!html.empty()) return "<dl class=\"gallery\">\n" + html + "</dl>\n";
  return single.empty() ? single : "<ul class=\"mistakes\">\n" + single + "</ul>\n";
}

}  // namespace

std::string gallery_html(Run& run) {
  std::string html;
  if (run.has("data/pictures.npy") && run.has("data/pictures.csv"))
    attempt(run, [&] { html = gallery(run); });
  return html;
}

}  // namespace widelimit::report
