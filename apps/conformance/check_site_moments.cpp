// The check that the kernel of a layer that maps sites is the second moment of the finite layer.
#include "check_sites.hpp"
#include "common/sizes.hpp"

#include "checks.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::conformance {
namespace {

/// A second moment over all pairs of output sites, and its standard error.
struct Moment {
  std::vector<double> sum, squares;
  int n = 0;

  void add(const std::vector<double>& v) {
    sum.resize(v.size());
    squares.resize(v.size());
    for (std::size_t i = 0; i < v.size(); ++i) {
      sum[i] += v[i];
      squares[i] += v[i] * v[i];
    }
    ++n;
  }
  [[nodiscard]] double mean(std::size_t i) const { return sum[i] / n; }
  [[nodiscard]] double error(std::size_t i) const {
    return n < 2 ? 0 : std::sqrt(std::max(0.0, squares[i] / n - mean(i) * mean(i)) / (n - 1));
  }
};

/// Gradients of channel 0 of every output site of one sample with respect to the weights.
std::vector<Batch::Vector> gradients(const Subject& s, const Batch& one, const Batch::Vector& theta,
                                     const Batch::Vector& x) {
  std::vector<Batch::Vector> all;
  for (std::int64_t site = 0; site < sites_in(s.plan.output); ++site) {
    Batch::Vector y_bar(to_size(one.out_size()), 0.0);
    y_bar[to_size(site * s.plan.output.channels)] = 1;
    all.emplace_back(theta.size(), 0.0);
    one.vjp(theta, {x}, y_bar, &all.back(), nullptr);
  }
  return all;
}

/// Two images with tangents, through the finite layer again and again, with new weights each time.
/// Of a map that is linear in x and in independent weights, the products of the outputs average to
/// K', those of the derivatives along the tangents, plus the products of the gradients, to Theta'.
void compare_with_finite(Context& context, const Subject& s, Random random) {
  context.set_activity("sampling the finite layer of " + text_of(s));
  const Batch batch(s, 2), one(s, 1);
  Batch::Vector theta = batch.init(random.bits());
  if (!is_linear(batch, theta, random)) {
    context.skip(text_of(s) + ": its finite layer is not linear");
    return;
  }
  const Batch::Vectors x = batch.draw_inputs(random), x_dot = batch.draw_inputs(random);
  const auto in = to_size(numbers_in(s.shapes[0]));
  const auto out = to_size(numbers_in(s.plan.output));
  const SitePair pair{site_products(x[0].data(), x[0].data() + in, s.shapes[0]),
                      site_products(x_dot[0].data(), x_dot[0].data() + in, s.shapes[0])};
  SitesTransformed transformed;
  if (!run_or_fail(context, s, std::vector(lanes, pair), {}, transformed)) return;

  const bool weights = !theta.empty();
  const int repeats = weights ? 2000 : 1;
  Moment nngp, ntk;
  for (int r = 0; r < repeats; ++r) {
    if (r % 100 == 0) context.set_activity("sampling the finite layer of " + text_of(s));
    if (r > 0) theta = batch.init(random.bits());
    const auto y = batch.forward(theta, x), y_dot = batch.jvp(theta, {}, x, x_dot);
    nngp.add(site_products(y.data(), y.data() + out, s.plan.output));
    ntk.add(site_products(y_dot.data(), y_dot.data() + out, s.plan.output));
  }
  std::vector<double> of_weights(nngp.sum.size(), 0.0);
  if (weights) {  // linear in the weights: the same for all of them
    const Batch::Vector first(x[0].begin(), x[0].begin() + static_cast<std::ptrdiff_t>(in)),
        second(x[0].begin() + static_cast<std::ptrdiff_t>(in), x[0].end());
    const auto g1 = gradients(s, one, theta, first), g2 = gradients(s, one, theta, second);
    for (std::size_t i = 0; i < g1.size(); ++i)
      for (std::size_t j = 0; j < g2.size(); ++j)
        for (std::size_t w = 0; w < theta.size(); ++w)
          of_weights[i * g2.size() + j] += g1[i][w] * g2[j][w];
  }
  for (const bool is_ntk : {false, true}) {
    const Moment& moment = is_ntk ? ntk : nngp;
    const auto& computed = is_ntk ? transformed.pairs[0].ntk : transformed.pairs[0].nngp;
    double worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < computed.size(); ++i) {
      if (std::isnan(computed[i])) continue;
      const double sampled = moment.mean(i) + (is_ntk ? of_weights[i] : 0);
      // Thousands of entries are compared: seven standard errors, and rounding.
      const double off = std::abs(computed[i] - sampled) /
                         (7 * moment.error(i) + 1e-10 * largest(computed) + 1e-14);
      if (off > worst) {
        worst = off;
        at = i;
      }
    }
    if (worst <= 1) continue;
    const double sampled = moment.mean(at) + (is_ntk ? of_weights[at] : 0);
    context.fail(
        text_of(s) + ": " + entry_text(s, at, is_ntk) + " should be " + number(sampled, 6) +
        (weights ? " +- " + number(moment.error(at), 2) : "") + " according to the finite layer; " +
        (s.plan.nature == WIDELIMIT_LINEAR ? "the planned map gives " : "the fields give ") +
        number(computed[at], 6) +
        (sampled != 0 && computed[at] != 0 ? " (ratio " + number(computed[at] / sampled, 4) + ")"
                                           : ""));
  }
}

}  // namespace

void sites_match_finite(Context& context) {
  for (const Subject& s : site_subjects(context, {.draws = 3, .width = 5})) {
    if (s.shapes.size() != 1 || !s.has_finite() || s.plan.output.channels < 1) {
      context.skip(s.type->name + " offers no finite face to compare with");
      continue;
    }
    compare_with_finite(context, s, context.random(31));
  }
}

}  // namespace widelimit::conformance
