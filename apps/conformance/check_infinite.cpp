// Checks that a kernel transform writes only its own rows, and that the bits of an entry depend on
// nothing but the entry.
#include "checks.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <thread>

namespace widelimit::conformance {
namespace {

constexpr std::uint32_t dtypes[] = {WIDELIMIT_F32, WIDELIMIT_F64};

/// Lanes [begin, begin + count) of every site.
Pairs part_of(const Pairs& pairs, std::int64_t begin, std::int64_t count) {
  Pairs part{pairs.sites, count, {}, {}, {}, {}};
  const auto cut = [&](const std::vector<double>& all) {
    std::vector<double> some;
    for (std::int64_t site = 0; site < pairs.sites; ++site) {
      const auto at = all.begin() + site * pairs.lanes + begin;
      some.insert(some.end(), at, at + count);
    }
    return some;
  };
  for (const auto& a : pairs.nngp) part.nngp.push_back(cut(a));
  for (const auto& a : pairs.ntk) part.ntk.push_back(cut(a));
  part.first = cut(pairs.first);
  part.second = cut(pairs.second);
  return part;
}

/// Runs the transform; false, and the check fails, where it refuses.
bool run_or_fail(Context& context, const Subject& s, const Pairs& pairs, const Layout& layout,
                 Transformed& out) {
  out = transform(s, pairs, layout);
  context.mark_examined();
  if (!out.answer.ok())
    context.fail(s.text() + " in " + dtype_name(layout.dtype) + ": " + out.answer.text());
  return out.answer.ok();
}

}  // namespace

void stays_inside_run(Context& context) {
  for (const Subject& s : transforming_subjects(context)) {
    Random random = context.random();
    const Pairs pairs = draw_pairs(random, s.shapes.size(), 8, 32);
    for (const std::uint32_t dtype : dtypes)
      for (const bool ntk : {true, false})
        for (const bool in_place : {false, true}) {
          context.set_activity("transforming rows 1 and 2 of 4 with " + s.text());
          Transformed out;
          if (!run_or_fail(context, s, pairs,
                           {.dtype = dtype,
                            .ntk = ntk,
                            .in_place = in_place,
                            .rows = 4,
                            .row_begin = 1,
                            .row_end = 3},
                           out))
            continue;
          if (!out.damage.empty())
            context.fail(s.text() + (in_place ? " in place" : "") + " writes into " + out.damage);
          if (in_place) continue;
          const auto written = [&](const std::vector<double>& k) {
            const auto row = static_cast<std::ptrdiff_t>(k.size() / 4);
            return std::vector<double>(k.begin() + row, k.begin() + 3 * row);
          };
          if (first_untouched(written(out.nngp)) || (ntk && first_untouched(written(out.ntk))))
            context.fail(s.text() +
                         " does not write every entry of its rows, or adds to what was "
                         "there before: it must set them");
        }
  }
}

void bundle_size_invariant(Context& context) {
  for (const Subject& s : transforming_subjects(context)) {
    Random random = context.random();
    const Pairs whole = draw_pairs(random, s.shapes.size(), 2, 96);
    for (const std::uint32_t dtype : dtypes) {
      context.set_activity("transforming bundles of 96, 16 and 48 lanes with " + s.text());
      Transformed all;
      if (!run_or_fail(context, s, whole, {.dtype = dtype}, all)) continue;
      for (const auto& [begin, count] : {std::pair<std::int64_t, std::int64_t>{16, 16},
                                         std::pair<std::int64_t, std::int64_t>{32, 48},
                                         std::pair<std::int64_t, std::int64_t>{3, 16}}) {
        const Pairs part = part_of(whole, begin, count);
        const Transformed some = transform(s, part, {.dtype = dtype});
        Pairs expected = whole;
        expected.nngp = {all.nngp};
        expected.ntk = {all.ntk};
        const Pairs cut = part_of(expected, begin, count);
        if (first_difference(some.nngp, cut.nngp[0]) || first_difference(some.ntk, cut.ntk[0]))
          context.fail(s.text() + " in " + dtype_name(dtype) + ": entries of lanes " +
                       std::to_string(begin) + " to " + std::to_string(begin + count) +
                       " have other bits in a smaller bundle: is there a tail loop with "
                       "another formula?");
      }
    }
  }
}

void same_sample_same_bits(Context& context) {
  for (const Subject& s : transforming_subjects(context)) {
    const Pairs pairs = equal_pairs({0, 0.015625, 0.3, 1, 1.7, 42, 1e6}, s.shapes.size());
    for (const std::uint32_t dtype : dtypes) {
      context.set_activity("transforming samples against themselves with " + s.text());
      Transformed self, with_ntk, without;
      if (!run_or_fail(context, s, pairs, {.dtype = dtype, .ntk = false, .self = true}, self) ||
          !run_or_fail(context, s, pairs, {.dtype = dtype}, with_ntk) ||
          !run_or_fail(context, s, pairs, {.dtype = dtype, .ntk = false}, without))
        continue;
      const auto differs = [&](const std::vector<double>& seen, const char* run) {
        if (const auto at = first_difference(seen, self.nngp))
          context.fail(s.text() + " in " + dtype_name(dtype) + ", variance " +
                       number(pairs.first[*at]) + ": " + run + " gives " + number(seen[*at], 17) +
                       ", the (x, x) run " + number(self.nngp[*at], 17) +
                       ": the same formula must serve both, with q = a = b exact");
      };
      differs(with_ntk.nngp, "the pair run with the NTK");
      differs(without.nngp, "the pair run without the NTK");
    }
  }
}

void pending_equals_materialised(Context& context) {
  for (const Subject& s : transforming_subjects(context)) {
    if ((s.plan.traits & WIDELIMIT_TRAIT_TAKES_PENDING) == 0) {
      context.skip(s.type->name + " does not take pending maps");
      continue;
    }
    widelimit_linear common{};
    common.struct_size = sizeof common;
    common.rank = 1;
    for (auto* member : {common.window, common.stride, common.dilation})
      std::fill(member, member + 4, 1);
    common.scale = 1.7;
    common.bias = 0.3;
    common.ntk_nngp = common.scale;
    common.ntk_bias = common.bias;
    widelimit_linear general = common;
    general.ntk_nngp = 12;
    general.ntk_bias = 1;
    Random random = context.random();
    const Pairs before = draw_pairs(random, s.shapes.size(), 2, 48);
    for (const std::uint32_t dtype : dtypes) {
      const auto mapped = [&](double k, const widelimit_linear& m) {
        return rounded(
            rounded(rounded(m.scale, dtype) * rounded(k, dtype), dtype) + rounded(m.bias, dtype),
            dtype);
      };
      for (const widelimit_linear* map : {&common, &general}) {
        context.set_activity("transforming with " + s.text() + " behind a pending map");
        // Variances are those after the map in both runs.
        Pairs handed = before;
        for (double& v : handed.first) v = mapped(v, *map);
        for (double& v : handed.second) v = mapped(v, *map);
        Pairs materialised = handed;
        for (std::size_t i = 0; i < before.size(); ++i) {
          const double k = rounded(before.nngp[0][i], dtype);
          materialised.ntk[0][i] =
              map->ntk_nngp * k + map->scale * before.ntk[0][i] + map->ntk_bias;
          materialised.nngp[0][i] = mapped(k, *map);
        }
        Transformed fused, separate;
        if (!run_or_fail(context, s, handed, {.dtype = dtype, .pending = map}, fused) ||
            !run_or_fail(context, s, materialised, {.dtype = dtype}, separate))
          continue;
        if (const auto at = first_difference(fused.nngp, separate.nngp))
          context.fail(s.text() + " in " + dtype_name(dtype) +
                       ": the NNGP behind a pending map is " + number(fused.nngp[*at], 17) +
                       ", behind the materialised one " + number(separate.nngp[*at], 17) +
                       ": K' = scale * K, rounded, + bias, rounded");
        double largest = 0;
        for (const double t : separate.ntk) largest = std::max(largest, std::abs(t));
        for (std::size_t i = 0; i < fused.ntk.size(); ++i) {
          // Coefficients and four operations, each rounded once.
          if (std::abs(fused.ntk[i] - separate.ntk[i]) <= 32 * epsilon(dtype) * largest) continue;
          context.fail(s.text() + " in " + dtype_name(dtype) +
                       ": the NTK behind a pending map is " + number(fused.ntk[i], 9) +
                       ", behind the materialised one " + number(separate.ntk[i], 9) +
                       ": Theta' = ntk_nngp * K + scale * Theta + ntk_bias");
          break;
        }
      }
    }
  }
}

void concurrent_equals_serial(Context& context) {
  constexpr std::size_t count = 8;
  for (const Subject& s : transforming_subjects(context)) {
    Random random = context.random();
    std::vector<Pairs> pairs;
    std::vector<Transformed> serial, concurrent(count);
    for (std::size_t i = 0; i < count; ++i)
      pairs.push_back(draw_pairs(random, s.shapes.size(), 16, 64));
    context.set_activity("transforming with " + s.text() + " on several threads");
    for (const Pairs& p : pairs) serial.push_back(transform(s, p, {}));
    std::vector<std::string> thrown(count);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
          try {
            for (int repeat = 0; repeat < 20; ++repeat) concurrent[i] = transform(s, pairs[i], {});
          } catch (const std::exception& e) {
            thrown[i] = e.what();
          }
        });
    }
    for (const std::string& what : thrown)
      if (!what.empty()) throw EscapedException(what);
    for (std::size_t i = 0; i < count; ++i)
      if (first_difference(serial[i].nngp, concurrent[i].nngp) ||
          first_difference(serial[i].ntk, concurrent[i].ntk))
        context.fail(s.text() +
                     ": several threads at once get other bits than one: does the "
                     "transform write to the layer or to static memory?");
    context.mark_examined();
  }
}

void nan_does_not_crash(Context& context) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Subject& s : transforming_subjects(context)) {
    Random random = context.random();
    const Pairs clean = draw_pairs(random, s.shapes.size(), 1, 48);
    for (const std::uint32_t dtype : dtypes) {
      Transformed expected;
      context.set_activity("transforming ordinary pairs with " + s.text());
      if (!run_or_fail(context, s, clean, {.dtype = dtype}, expected)) continue;
      for (const double bad : {nan, inf, -inf, 1e30}) {
        Pairs dirty = clean;
        for (std::size_t lane = 1; lane < dirty.size(); lane += 7) dirty.nngp[0][lane] = bad;
        context.set_activity("transforming covariances of " + number(bad) + " with " + s.text());
        const Transformed out = transform(s, dirty, {.dtype = dtype});
        if (!out.damage.empty()) context.fail(s.text() + " writes into " + out.damage);
        if (!out.answer.ok()) continue;  // a refusal is fine
        for (std::size_t lane = 0; lane < dirty.size(); ++lane)
          if (lane % 7 != 1 && !same_bits(out.nngp[lane], expected.nngp[lane])) {
            context.fail(s.text() + " in " + dtype_name(dtype) + ": a covariance of " +
                         number(bad) + " changes its neighbours");
            break;
          }
      }
    }
  }
}

}  // namespace widelimit::conformance
