// Distances between an ensemble and its limit, with standard errors by the jackknife, as a table.
#include "distances.hpp"

#include "figures.hpp"
#include "html.hpp"
#include "tables.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace widelimit::report {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Statistics {
  double difference = unknown, relative = unknown, spread = unknown;
};

/// Of all members but one; `without` beyond the last: of all.
Statistics statistics(const std::vector<Prediction>& outputs, const MemberPredictions& members,
                      std::size_t without) {
  double difference = 0, relative = 0, spread = 0, all = 0, scaled = 0, kept = 0;
  for (std::size_t k = 0; k < std::min(outputs.size(), members.size()); ++k)
    for (std::size_t i = 0; i < std::min(outputs[k].mean.size(), members[k].size()); ++i) {
      const std::vector<double>& values = members[k][i];
      double sum = 0, squares = 0;
      kept = 0;
      for (std::size_t m = 0; m < values.size(); ++m)
        if (m != without) sum += values[m], ++kept;
      const double mean = sum / kept;
      for (std::size_t m = 0; m < values.size(); ++m)
        if (m != without) squares += (values[m] - mean) * (values[m] - mean);
      const double miss = mean - outputs[k].mean[i], sigma = outputs[k].deviation[i];
      difference += miss * miss;
      ++all;
      if (!(sigma > 0)) continue;
      relative += miss * miss / (sigma * sigma);
      spread += squares / (kept - 1) / (sigma * sigma);
      ++scaled;
    }
  // 0 / 0 where there is nothing: not known.
  return {std::sqrt(difference / all), std::sqrt(relative / scaled),
          kept > 1 ? std::sqrt(spread / scaled) : unknown};
}

/// From the statistic without each member (Efron and Stein 1981): (M - 1) / M times the squares
/// around their mean.
double jackknife(const std::vector<Statistics>& without, double Statistics::*which) {
  const auto members = static_cast<double>(without.size());
  if (without.size() < 2) return unknown;
  double mean = 0, squares = 0;
  for (const Statistics& one : without) mean += one.*which / members;
  for (const Statistics& one : without) squares += (one.*which - mean) * (one.*which - mean);
  return std::sqrt((members - 1) / members * squares);
}

}  // namespace

Distance distance_of(const std::vector<Prediction>& outputs, const MemberPredictions& members) {
  Distance distance;
  if (!members.empty() && !members.front().empty())
    distance.members = members.front().front().size();
  const Statistics all = statistics(outputs, members, distance.members);
  std::vector<Statistics> without;
  for (std::size_t m = 0; m < distance.members; ++m)
    without.push_back(statistics(outputs, members, m));
  const auto estimate = [&](double Statistics::*which) {
    return Estimate{all.*which, jackknife(without, which)};
  };
  distance.difference = estimate(&Statistics::difference);
  distance.relative = estimate(&Statistics::relative);
  distance.spread = estimate(&Statistics::spread);
  return distance;
}

std::string distances_html(Run& run) {
  std::string html;
  if (!run.has("finite/predictions.npy")) return html;
  attempt(run, [&] {
    const MemberPredictions members = read_member_predictions(run);
    std::vector<std::string> heads{"Measure"};
    std::vector<Distance> columns;
    for (const Inference& inference : inferences(run)) {
      if (inference.id.empty() || !run.has("predictions/" + inference.id + ".csv")) continue;
      const Predictions predictions = read_predictions(run, inference);
      if (predictions.outputs.empty() || members.empty() ||
          predictions.outputs.front().mean.size() != members.front().size())
        continue;
      heads.push_back(column_head(inference));
      columns.push_back(distance_of(predictions.outputs, members));
    }
    if (columns.empty()) return;
    Table table("Distance of the finite networks from the limit", heads);
    const auto add = [&](const std::string& name, const std::string& meaning,
                         Estimate Distance::*which) {
      std::vector<std::string> cells{name + "<small>" + meaning + "</small>"};
      bool has_any = false;
      for (const Distance& one : columns) {
        cells.push_back(estimated((one.*which).value, (one.*which).error));
        has_any = has_any || std::isfinite((one.*which).value);
      }
      if (has_any) table.row(std::move(cells));
    };
    const std::size_t count_of_members = columns.front().members;
    add("Difference of means", "root mean square over test samples, in units of the target",
        &Distance::difference);
    add("Relative difference of means",
        "the same in standard deviations of the limit; chance alone gives about " +
            number(1 / std::sqrt(static_cast<double>(count_of_members)), 2) + " for the mean of " +
            count_text(static_cast<std::int64_t>(count_of_members), "network"),
        &Distance::relative);
    add("Ratio of spreads",
        "standard deviation of the networks over that of the limit, root mean square",
        &Distance::spread);
    html = table.html() +
           "<p class=\"note\">± one standard error, from leaving out each network in turn. The "
           "limit describes networks by gradient descent on the kernel of all their layers (NTK): "
           "there the spreads agree at 1, but for what training is left where the prediction is at "
           "t = ∞. "
           "Other predictions answer other questions.</p>\n";
  });
  return html;
}

}  // namespace widelimit::report
