// Checks of layers whose kernel is code on fields: what they read, and whether pairs that share a
// bundle influence each other.
#include "check_sites.hpp"

#include "checks.hpp"
#include "common/sizes.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

namespace widelimit::conformance {
namespace {

std::string shape_text(const widelimit_shape& shape) {
  std::string text;
  for (int a = 0; a < shape.n_spatial; ++a)
    text += (a == 0 ? "" : " x ") + std::to_string(shape.spatial[a]);
  return text.empty() ? "no sites" : text;
}

}  // namespace

std::string text_of(const Subject& s) { return s.text() + " on " + shape_text(s.shapes[0]); }

std::string entry_text(const Subject& s, std::size_t entry, bool ntk) {
  const auto n = to_size(sites_in(s.plan.output));
  return std::string(ntk ? "Theta'" : "K'") + "[" + std::to_string(entry / n) + ", " +
         std::to_string(entry % n) + "]";
}

bool run_or_fail(Context& context, const Subject& s, const std::vector<SitePair>& pairs,
                 const SiteLayout& layout, SitesTransformed& out) {
  context.set_activity("pushing fields through " + text_of(s));
  out = transform_sites(s, pairs, layout);
  context.mark_examined();
  if (!out.answer.ok()) context.fail(text_of(s) + ": " + out.answer.text());
  if (!out.problem.empty()) context.fail(text_of(s) + ": " + out.problem);
  return out.answer.ok() && out.problem.empty();
}

double largest(const std::vector<double>& v) {
  double most = 0;
  for (const double x : v)
    if (std::isfinite(x)) most = std::max(most, std::abs(x));
  return most;
}

std::vector<Subject> coded_subjects(Context& context) {
  std::vector<Subject> chosen;
  for (Subject& s : site_subjects(context, {.draws = 2})) {
    if (s.plan.nature == WIDELIMIT_LINEAR)
      context.skip(s.type->name + " is linear: data, no kernel code");
    else if (s.shapes.size() != 1)
      context.skip(s.type->name + " has several inputs");
    else
      chosen.push_back(std::move(s));
  }
  return chosen;
}

bool is_linear(const Batch& batch, const Batch::Vector& theta, Random& random) {
  const Batch::Vectors x = batch.draw_inputs(random), v = batch.draw_inputs(random);
  const auto along = batch.jvp(theta, {}, x, v), elsewhere = batch.jvp(theta, {}, v, v);
  double off = 0, size = 0;
  for (std::size_t i = 0; i < along.size(); ++i) {
    off = std::max(off, std::abs(along[i] - elsewhere[i]));
    size = std::max(size, std::abs(along[i]));
  }
  return off <= 1e-12 * size;
}

namespace {

/// The entry where a and b are furthest apart by more than `allowed`; -1: none. What was not read
/// is NaN in both.
std::ptrdiff_t furthest(const std::vector<double>& a, const std::vector<double>& b,
                        double allowed) {
  std::ptrdiff_t worst = -1;
  double most = allowed;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (const double off = std::abs(a[i] - b[i]); !(off <= most)) {
      worst = static_cast<std::ptrdiff_t>(i);
      most = std::isnan(off) ? most : off;
    }
  }
  return worst;
}

/// How far two results may be apart.
struct Tolerance {
  /// Of the largest entry.
  double relative = 0;
  /// Where given, the layer's result for absolute values, which bounds the rounding of sums whose
  /// terms cancel.
  const SitePair* norm = nullptr;
  /// Where given, what moving the input by a rounding error does: some dozens of that.
  const SitePair* moved = nullptr;

  [[nodiscard]] double of(const SitePair& wanted, bool ntk) const {
    const auto size = [ntk](const SitePair* pair) {
      return pair == nullptr ? 0 : largest(ntk ? pair->ntk : pair->nngp);
    };
    constexpr double roundings = 32;
    return relative * std::max(size(&wanted), size(norm)) + roundings * size(moved);
  }
};

/// Fails, and answers false, where two results differ by more than that.
bool expect_equal(Context& context, const Subject& s, const SitePair& seen, const SitePair& wanted,
                  const Tolerance& tolerance, const std::string& claim) {
  for (const bool ntk : {false, true}) {
    const auto &a = ntk ? seen.ntk : seen.nngp, &b = ntk ? wanted.ntk : wanted.nngp;
    if (const auto at = furthest(a, b, tolerance.of(wanted, ntk)); at >= 0) {
      const auto entry = to_size(at);
      context.fail(text_of(s) + ": " + claim + ": " + entry_text(s, entry, ntk) + " is " +
                   number(a[entry], 9) + " instead of " + number(b[entry], 9));
      return false;
    }
  }
  return true;
}

SitePair combined(const SitePair& a, double factor, const SitePair& b) {
  SitePair sum = a;
  for (std::size_t i = 0; i < a.nngp.size(); ++i) {
    sum.nngp[i] += factor * b.nngp[i];
    sum.ntk[i] += factor * b.ntk[i];
  }
  return sum;
}

SitePair absolute(SitePair pair) {
  for (std::vector<double>* entries : {&pair.nngp, &pair.ntk})
    for (double& entry : *entries) entry = std::abs(entry);
  return pair;
}

SitePair transposed(const SitePair& pair, const widelimit_shape& shape) {
  SitePair swapped = pair;
  const auto n = to_size(sites_in(shape));
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t q = 0; q < n; ++q) {
      swapped.nngp[q * n + p] = pair.nngp[p * n + q];
      swapped.ntk[q * n + p] = pair.ntk[p * n + q];
    }
  return swapped;
}

Displacement opposite(Displacement d) {
  for (auto& x : d) x = -x;
  return d;
}

/// Is the finite layer linear? Only then must the kernel be: attention multiplies kernels.
bool is_known_to_be_linear(const Subject& s, Random& random) {
  if (!s.has_finite() || s.type->finite.jvp == nullptr || s.plan.output.channels < 1) return false;
  const Batch batch(s, 1);
  return is_linear(batch, batch.init(1), random);
}

/// The pairs, each number moved by a unit in the last place of single precision.
std::vector<SitePair> moved_by_rounding(std::vector<SitePair> pairs, Random random) {
  for (SitePair& pair : pairs)
    for (std::vector<double>* entries : {&pair.nngp, &pair.ntk})
      for (double& entry : *entries)
        entry *= 1 + (random.below(2) == 0 ? -1 : 1) * epsilon(WIDELIMIT_F32);
  return pairs;
}

}  // namespace

void reads_consistent(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    context.set_activity("asking what " + text_of(s) + " reads");
    bool anything = false;
    for (const Displacement& D : displacements_of(s.plan.output)) {
      const auto list = reads_of(s, D);
      const int axes = s.plan.output.n_spatial;
      const std::string where =
          text_of(s) + (axes > 0 ? ", output displacement " + text_of(D, axes) : "");
      if (list != reads_of(s, D))
        context.fail(where + ": a second call of `reads` gives another list");
      if (s.plan.nature == WIDELIMIT_STENCIL && list.size() > 1)
        context.fail(where + ": a stencil reads one displacement at most, this one " +
                     std::to_string(list.size()));
      std::set<Displacement> forward(list.begin(), list.end()), mirrored;
      for (const Displacement& d : reads_of(s, opposite(D))) mirrored.insert(opposite(d));
      if (forward != mirrored)
        context.fail(where +
                     ": with the samples exchanged, it does not read the opposite displacements");
      for (const Displacement& d : forward)
        for (std::size_t a = to_size(s.shapes[0].n_spatial); a < 4; ++a)
          if (d[a] != 0)
            context.fail(where + ": it reads displacement " + text_of(d, 4) + " of an input with " +
                         std::to_string(s.shapes[0].n_spatial) + " axes");
      anything = anything || !forward.empty();
    }
    if (!anything)
      context.fail(text_of(s) + ": it reads nothing for any displacement of the output");
    context.mark_examined();
  }
}

void sites_independent(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    Random random = context.random();
    const auto pairs = draw_site_pairs(random, s.shapes[0], 3 * lanes);
    for (const std::uint32_t dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
      SitesTransformed all, some, alone, dirty;
      const std::vector<SitePair> part(pairs.begin() + lanes, pairs.begin() + 2 * lanes);
      if (!run_or_fail(context, s, pairs, {.dtype = dtype}, all) ||
          !run_or_fail(context, s, part, {.dtype = dtype}, some) ||
          !run_or_fail(context, s, part, {.dtype = dtype, .ntk = false}, alone) ||
          !run_or_fail(context, s, part, {.dtype = dtype, .scratch_fill = 0xFF}, dirty))
        continue;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const SitePair& whole = all.pairs[lanes + lane];
        const std::string in = " in " + std::string(dtype_name(dtype));
        const auto same = [&](const std::vector<double>& seen, const std::vector<double>& wanted,
                              const std::string& what) {
          if (!first_difference(seen, wanted)) return true;
          context.fail(text_of(s) + in + ": " + what);
          return false;
        };
        if (!same(some.pairs[lane].nngp, whole.nngp,
                  "a pair has other bits in a bundle of another size: lanes depend on one "
                  "another") ||
            !same(some.pairs[lane].ntk, whole.ntk,
                  "the NTK of a pair has other bits in a bundle of another size: lanes depend on "
                  "one another") ||
            !same(alone.pairs[lane].nngp, whole.nngp, "without the NTK, the NNGP has other bits") ||
            !same(dirty.pairs[lane].nngp, whole.nngp,
                  "what was in the scratch before `begin` changes the result"))
          break;
      }
    }
  }
}

void sites_concurrent(Context& context) {
  constexpr std::size_t count = 6;
  for (const Subject& s : coded_subjects(context)) {
    Random random = context.random();
    std::vector<std::vector<SitePair>> pairs;
    for (std::size_t i = 0; i < count; ++i)
      pairs.push_back(draw_site_pairs(random, s.shapes[0], lanes));
    context.set_activity("pushing fields through " + text_of(s) + " on several threads");
    std::vector<SitesTransformed> concurrent(count);
    std::vector<std::string> thrown(count);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
          try {
            for (int repeat = 0; repeat < 4; ++repeat)
              concurrent[i] = transform_sites(s, pairs[i], {});
          } catch (const std::exception& e) {
            thrown[i] = e.what();
          }
        });
    }
    for (const std::string& what : thrown)
      if (!what.empty()) throw EscapedException(what);
    for (std::size_t i = 0; i < count; ++i) {
      SitesTransformed serial;
      if (!run_or_fail(context, s, pairs[i], {}, serial)) break;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        if (first_difference(serial.pairs[lane].nngp, concurrent[i].pairs[lane].nngp) ||
            first_difference(serial.pairs[lane].ntk, concurrent[i].pairs[lane].ntk)) {
          context.fail(text_of(s) +
                       ": several threads at once get other bits than one: does it write to the "
                       "layer or to static memory?");
          return;
        }
    }
  }
}

void sites_precise(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    Random random = context.random();
    const auto pairs = draw_site_pairs(random, s.shapes[0], lanes);
    const bool linear = is_known_to_be_linear(s, random);
    std::vector<SitePair> terms;
    for (const SitePair& pair : pairs) terms.push_back(linear ? absolute(pair) : pair);
    SitesTransformed single, twice, norm, moved;
    if (!run_or_fail(context, s, pairs, {.dtype = WIDELIMIT_F32}, single) ||
        !run_or_fail(context, s, pairs, {.dtype = WIDELIMIT_F64}, twice) ||
        !run_or_fail(context, s, terms, {.dtype = WIDELIMIT_F64}, norm) ||
        !run_or_fail(context, s, moved_by_rounding(pairs, context.random(5)),
                     {.dtype = WIDELIMIT_F64}, moved))
      continue;
    // Every term is rounded once, and sums are blocked: some dozens of roundings. Kernels that are
    // not linear may make more of a rounding error than it is.
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const SitePair off = combined(moved.pairs[lane], -1, twice.pairs[lane]);
      if (!expect_equal(context, s, single.pairs[lane], twice.pairs[lane],
                        {32 * epsilon(WIDELIMIT_F32), &norm.pairs[lane], &off},
                        "float32 is not near float64"))
        break;
    }
  }
}

void sites_additive(Context& context) {
  for (const Subject& s : coded_subjects(context)) {
    Random random = context.random();
    const auto a = draw_site_pairs(random, s.shapes[0], lanes),
               b = draw_site_pairs(random, s.shapes[0], lanes);
    std::vector<SitePair> sum, swapped;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      sum.push_back(combined(a[lane], 2, b[lane]));
      swapped.push_back(transposed(a[lane], s.shapes[0]));
    }
    SitesTransformed of_a, of_b, of_sum, of_swapped;
    if (!run_or_fail(context, s, a, {}, of_a) || !run_or_fail(context, s, b, {}, of_b) ||
        !run_or_fail(context, s, sum, {}, of_sum) ||
        !run_or_fail(context, s, swapped, {}, of_swapped))
      continue;
    SitesTransformed of_nothing;
    const SitePair zero = combined(a[0], -1, a[0]);
    if (!run_or_fail(context, s, std::vector(lanes, zero), {}, of_nothing)) continue;
    const bool additive = is_known_to_be_linear(s, random);
    if (!additive)
      context.note(text_of(s) +
                   ": no finite layer says that it is linear, so its kernel need not be");
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (!expect_equal(context, s, of_swapped.pairs[lane],
                        transposed(of_a.pairs[lane], s.plan.output), {1e-12},
                        "with the samples exchanged, the result is not the transpose"))
        break;
      if (!additive) continue;
      // Linear up to a constant, as stencils with a bias are.
      SitePair wanted = combined(of_a.pairs[lane], 2, of_b.pairs[lane]);
      wanted = combined(wanted, -2, of_nothing.pairs[lane]);
      if (!expect_equal(context, s, of_sum.pairs[lane], wanted, {1e-12},
                        "fields pushed in parts do not add up to the whole"))
        break;
    }
  }
}

}  // namespace widelimit::conformance
