// The check that a layer whose kernel is code reads what it needs: for a displacement that `reads`
// leaves out a term is missing from every sum, and nothing else shows the mistake.
#include "check_sites.hpp"
#include "checks.hpp"
#include "common/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace widelimit::conformance {
namespace {

/// The sites of a shape as coordinates, in C order.
std::vector<Displacement> sites_of(const widelimit_shape& shape) {
  std::vector<Displacement> all(to_size(sites_in(shape)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    for (int a = shape.n_spatial; a-- > 0;) {
      all[i][to_size(a)] = rest % shape.spatial[a];
      rest /= shape.spatial[a];
    }
  }
  return all;
}

Displacement between(const Displacement& from, const Displacement& to) {
  Displacement d{};
  for (std::size_t a = 0; a < d.size(); ++a) d[a] = to[a] - from[a];
  return d;
}

/// y [input site][output site, channel]: what a linear layer without weights makes of one random
/// vector of channels at that site and zeros elsewhere.
std::vector<std::vector<double>> responses(const Subject& s, Random& random) {
  const auto sites = to_size(sites_in(s.shapes[0])), channels = to_size(s.shapes[0].channels),
             out = to_size(numbers_in(s.plan.output));
  const std::vector<double> vector = random.normals(static_cast<std::int64_t>(channels));
  const Batch batch(s, static_cast<std::int64_t>(sites));
  std::vector<double> x(sites * sites * channels, 0.0);
  for (std::size_t p = 0; p < sites; ++p)
    std::copy(vector.begin(), vector.end(),
              x.begin() + static_cast<std::ptrdiff_t>((p * sites + p) * channels));
  const std::vector<double> y = batch.jvp({}, {}, {x}, {x});
  std::vector<std::vector<double>> all;
  for (std::size_t p = 0; p < sites; ++p)
    all.emplace_back(y.begin() + static_cast<std::ptrdiff_t>(p * out),
                     y.begin() + static_cast<std::ptrdiff_t>((p + 1) * out));
  return all;
}

/// K'[i, j] contains K[p, q] times the product over channels of what i takes from p and j from q.
void compare_with_reads(Context& context, const Subject& s, Random random) {
  const auto y = responses(s, random);
  const auto inputs = sites_of(s.shapes[0]), outputs = sites_of(s.plan.output);
  const auto channels = to_size(s.plan.output.channels);
  double most = 0;
  for (const auto& response : y) most = std::max(most, largest(response));
  std::set<std::pair<Displacement, Displacement>> seen;  // of the output, of the input
  for (const Displacement& D : displacements_of(s.plan.output)) {
    const auto list = reads_of(s, D);
    for (const Displacement& d : list) seen.insert({D, d});
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t j = 0; j < outputs.size(); ++j)
      for (std::size_t p = 0; p < inputs.size(); ++p)
        for (std::size_t q = 0; q < inputs.size(); ++q) {
          double sum = 0;
          for (std::size_t c = 0; c < channels; ++c)
            sum += y[p][i * channels + c] * y[q][j * channels + c];
          if (std::abs(sum) <= 1e-12 * most * most) continue;
          const Displacement D = between(outputs[i], outputs[j]), d = between(inputs[p], inputs[q]);
          if (seen.contains({D, d})) continue;
          const int axes = s.plan.output.n_spatial;
          context.fail(text_of(s) + ": `reads` leaves out input displacement " +
                       text_of(d, s.shapes[0].n_spatial) +
                       (axes > 0 ? " of output displacement " + text_of(D, axes) : "") +
                       ": the finite layer takes from the input sites " + std::to_string(p) +
                       " and " + std::to_string(q) + ", that far apart, and their covariance is " +
                       "missing from K'[" + std::to_string(i) + ", " + std::to_string(j) + "]");
          return;
        }
}

}  // namespace

void reads_sufficient(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    if (!s.has_finite() || s.type->finite.jvp == nullptr || s.plan.output.channels < 1) {
      context.skip(s.type->name + " offers no finite derivative to compare with");
      continue;
    }
    Random random = context.random();
    const Batch batch(s, 1);
    if (batch.theta_size() > 0 || !is_linear(batch, {}, random)) {
      context.skip(text_of(s) + ": its finite layer has weights, or is not linear");
      continue;
    }
    context.set_activity("comparing what " + text_of(s) + " reads with its finite layer");
    compare_with_reads(context, s, random);
    context.mark_examined();
  }
}

}  // namespace widelimit::conformance
