// Checks of the mathematics: a transform computes a kernel, and it is that of the finite layer.
#include "check_sites.hpp"
#include "checks.hpp"
#include "common/sizes.hpp"
#include "domain.hpp"
#include "image_run.hpp"
#include "kernel.hpp"
#include "monte_carlo.hpp"
#include "quadrature.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace widelimit::conformance {
namespace {

/// All pairs of n samples of `dimension` normal numbers each.
Pairs random_gram(Random& random, std::size_t inputs, std::int64_t n, std::int64_t dimension) {
  Pairs pairs{n, n, {}, {}, {}, {}};
  for (std::size_t input = 0; input < inputs; ++input) {
    const std::vector<double> x = random.normals(n * dimension);
    std::vector<double> k;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t d = 0; d < dimension; ++d)
          sum += x[to_size(i * dimension + d)] * x[to_size(j * dimension + d)];
        k.push_back(sum / static_cast<double>(dimension));
      }
    pairs.nngp.push_back(k);
    pairs.ntk.push_back(k);
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      pairs.first.push_back(pairs.nngp[0][to_size(i * n + i)]);
      pairs.second.push_back(pairs.nngp[0][to_size(j * n + j)]);
    }
  return pairs;
}

struct Point {
  double a, q, b;
};
constexpr std::array points{Point{1.3, -0.4, 0.7}, Point{0.9, 0.5, 2.0},   Point{1, 0, 1},
                            Point{1.3, 1.3, 1.3},  Point{0.5, -0.49, 0.5}, Point{2, 1.9, 2}};

std::string text_of(const Point& p) {
  return "E[u^2] = " + number(p.a) + ", E[u v] = " + number(p.q) + ", E[v^2] = " + number(p.b);
}

enum class Which { nngp, ntk };

/// Passes within 1e-6 of the size, warns within 1e-3 (a kink under quadrature), fails beyond.
void compare(Context& context, const std::string& what, double computed, double expected,
             double size, double uncertainty) {
  context.mark_examined();
  const double off = std::abs(computed - expected);
  if (off <= 1e-6 * size + uncertainty) return;
  std::string message =
      what + ": the transform gives " + number(computed, 9) + ", expected " + number(expected, 9);
  if (expected != 0) message += " (ratio " + number(computed / expected, 4) + ")";
  if (off <= 1e-3 * size + uncertainty)
    context.warn(message);
  else
    context.fail(message);
}

/// Nothing where there is no reference: why is reported.
std::optional<Moments> reference(Context& context, const Subject& s, const Point& p) {
  context.set_activity("integrating the finite layer of " + s.text());
  try {
    Moments m = gaussian_moments(curve_of(s), p.a, p.q, p.b);
    if (m.problem.empty()) return m;
    context.skip(s.text() + ": " + m.problem);
  } catch (const Finding& e) {
    context.fail(s.text() + ": " + e.what());
  }
  return std::nullopt;
}

/// A pair of samples with these moments, at every site where there are some.
Transformed transform_point(const Subject& s, const Point& p) {
  if (!s.on_sites()) {
    Pairs pairs{1, 16, {std::vector<double>(16, p.q)}, {std::vector<double>(16, 1)}, {}, {}};
    pairs.first.assign(16, p.a);
    pairs.second.assign(16, p.b);
    return transform(s, pairs, {});
  }
  const Domain field(s.shapes[0], {});
  const auto sites = to_size(field.sites());
  const ImageNumbers numbers{std::vector<double>(sites * lanes, p.q),
                             std::vector<double>(sites * lanes, 1)};
  const ImageVariances variances{std::vector<double>(sites, p.a),
                                 std::vector<double>(sites * lanes, p.b)};
  const ImageAnswer seen = transform_image(s, s.plan, field, numbers, field, variances, {});
  if (!seen.problem.empty()) throw Finding(s.text() + ": " + seen.problem);
  return {seen.answer, seen.nngp, seen.ntk, {}};
}

void by_quadrature(Context& context, const Subject& s, Which which) {
  for (const Point& point : points) {
    context.set_activity("comparing " + s.text() + " with quadrature");
    const Transformed out = transform_point(s, point);
    if (!out.answer.ok()) return context.fail(s.text() + ": " + out.answer.text());
    const auto at = reference(context, s, point);
    const auto first = reference(context, s, {point.a, point.a, point.a});
    const auto second = reference(context, s, {point.b, point.b, point.b});
    if (!at || !first || !second) continue;
    const Moments &m = *at, &one = *first, &two = *second;
    if (which == Which::nngp)
      compare(context,
              s.text() + ", moment \"value\" = E[f(u) f(v)] against quadrature of value at " +
                  text_of(point),
              out.nngp[0], m.value, std::sqrt(one.value * two.value), 10 * m.value_error);
    else
      compare(context,
              s.text() + ", moment \"slope\" = E[f'(u) f'(v)] against quadrature of slope at " +
                  text_of(point),
              out.ntk[0], m.slope, std::sqrt(one.slope * two.slope), 10 * m.slope_error);
  }
}

void matches_finite(Context& context, Which which) {
  for (const Subject& s : finite_subjects(context, {.draws = 2, .channels = 12, .width = 7})) {
    if (s.on_sites() && s.plan.nature != WIDELIMIT_POINTWISE) {
      context.skip(s.type->name + " works on sites: sites-match-finite compares it");
    } else if (s.plan.nature == WIDELIMIT_POINTWISE && s.type->infinite.transform != nullptr &&
               is_elementwise(s)) {
      by_quadrature(context, s, which);
    } else if (s.plan.nature != WIDELIMIT_LINEAR && !s.transforms()) {
      context.skip(s.type->name + (s.on_sites() ? " takes images alone, and mixes channels"
                                                : " offers no infinite face to compare with"));
    } else {
      const Comparison c =
          which == Which::nngp ? nngp_by_monte_carlo(context, s) : ntk_by_monte_carlo(context, s);
      if (!c.reason.empty()) {
        context.skip(s.text() + ": " + c.reason);
        continue;
      }
      context.mark_examined();
      if (std::abs(c.computed - c.sampled) > 6 * c.error + 1e-12 * std::abs(c.computed))
        context.fail(s.text() + ": the " + (which == Which::nngp ? "NNGP" : "NTK") + " should be " +
                     number(c.computed, 6) + ", the finite layer gives " + number(c.sampled, 6) +
                     " +- " + number(c.error, 2));
    }
  }
}

}  // namespace

void symmetric(Context& context) {
  for (const Subject& s : transforming_subjects(context, 2)) {
    Random random = context.random();
    const Pairs pairs = random_gram(random, s.shapes.size(), 16, 20);
    context.set_activity("transforming a symmetric kernel with " + s.text());
    const Transformed out = transform(s, pairs, {});
    context.mark_examined();
    if (!out.answer.ok()) {
      context.fail(s.text() + ": " + out.answer.text());
      continue;
    }
    const auto largest = [](const std::vector<double>& v) {
      return std::abs(*std::max_element(
          v.begin(), v.end(), [](double x, double y) { return std::abs(x) < std::abs(y); }));
    };
    // A formula that is not symmetric in its samples rounds differently: a few units for each term.
    for (const auto* k : {&out.nngp, &out.ntk})
      for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (std::abs((*k)[i * 16 + j] - (*k)[j * 16 + i]) >
              1e3 * epsilon(WIDELIMIT_F64) * largest(*k))
            context.fail(s.text() + ": exchanging the samples changes the " +
                         (k == &out.nngp ? "NNGP" : "NTK") + " from " +
                         number((*k)[i * 16 + j], 9) + " to " + number((*k)[j * 16 + i], 9));
  }
}

void preserves_psd(Context& context) {
  for (const Subject& s : transforming_subjects(context, 2)) {
    Random random = context.random();
    // More samples than dimensions: the input kernel has a null space.
    const std::size_t n = 48;
    const Pairs pairs = random_gram(random, s.shapes.size(), static_cast<std::int64_t>(n), 6);
    context.set_activity("transforming a positive semi-definite kernel with " + s.text());
    const Transformed out = transform(s, pairs, {});
    context.mark_examined();
    if (!out.answer.ok()) {
      context.fail(s.text() + ": " + out.answer.text());
      continue;
    }
    for (const auto* k : {&out.nngp, &out.ntk}) {
      double trace = 0;
      for (std::size_t i = 0; i < n; ++i) trace += (*k)[i * n + i];
      if (trace == 0) continue;
      if (!positive(*k, n, 1e-9 * trace))
        context.fail(s.text() + ": a positive semi-definite kernel comes out indefinite (" +
                     (k == &out.nngp ? "NNGP" : "NTK") + ")");
    }
  }
}

void correlation_exactly_one(Context& context) {
  for (const Subject& s : transforming_subjects(context, 2)) {
    for (const std::uint32_t dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
      const double most = dtype == WIDELIMIT_F32 ? 1e20 : 1e150;
      const Pairs pairs =
          equal_pairs({0, 1 / most, 1e-8, 0.3, 1, 1.7, 42, 1e4, most}, s.shapes.size());
      context.set_activity("transforming samples against themselves with " + s.text());
      const Transformed out = transform(s, pairs, {.dtype = dtype});
      context.mark_examined();
      if (!out.answer.ok()) {
        context.fail(s.text() + ": " + out.answer.text());
        continue;
      }
      const bool by_function = s.has_finite() && is_elementwise(s);
      for (std::size_t i = 0; i < pairs.size(); i += 16) {
        const double a = rounded(pairs.first[i], dtype);
        if (std::isnan(out.nngp[i]) || std::isnan(out.ntk[i]) || out.nngp[i] < 0) {
          const std::string message = s.text() + " in " + dtype_name(dtype) + ": a variance of " +
                                      number(a) + " gives " + number(out.nngp[i]) +
                                      " and the NTK " + number(out.ntk[i]);
          // For large variances a plain formula overflows in between: a warning, as core refuses
          // such results.
          if (a == 0 || (a >= 1e-8 && a <= 1e4))
            context.fail(message);
          else
            context.warn(message + ": an intermediate result overflows");
        }
        if (!by_function || a < 0.1 || a > 100) continue;
        const auto m = reference(context, s, {a, a, a});
        if (!m) continue;
        // The variance itself is rounded, and a function that grows makes more of it.
        constexpr double step = 1e-4;
        const double moved = a * (1 + step);
        const auto near = reference(context, s, {moved, moved, moved});
        const double per_rounding =
            near && m->value != 0 ? std::abs(near->value - m->value) / (step * m->value) : 1;
        constexpr double roundings = 16;
        const double allowed =
            (dtype == WIDELIMIT_F32 ? 1e-5 : 1e-6) + roundings * per_rounding * epsilon(dtype);
        if (!(std::abs(out.nngp[i] - m->value) <= allowed * m->value + 10 * m->value_error))
          context.fail(s.text() + " in " + dtype_name(dtype) + ": E[f(u)^2] at variance " +
                       number(a) + " is " + number(m->value, 9) + ", not " +
                       number(out.nngp[i], 9));
      }
    }
  }
}

void nngp_matches_finite(Context& context) { matches_finite(context, Which::nngp); }
void ntk_matches_finite(Context& context) { matches_finite(context, Which::ntk); }

}  // namespace widelimit::conformance
