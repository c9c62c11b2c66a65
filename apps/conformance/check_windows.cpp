// Checks of pointwise transforms on images: the loops that apply windows on the fly and read terms
// precomputed from variances, which never run on samples without sites.
#include "check_sites.hpp"
#include "checks.hpp"
#include "common/sizes.hpp"
#include "image_run.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace widelimit::conformance {
namespace {

/// An output field and the pending map before it.
struct Case {
  widelimit_shape shape;
  Displacement d;
  std::optional<widelimit_linear> map;
  std::string text;
};

/// "window 3", "window 1 x 3".
std::string window_text(int rank, std::int32_t before_last, std::int32_t last) {
  return "window " + (rank > 1 ? std::to_string(before_last) + " x " : "") + std::to_string(last);
}

/// Images of odd sizes; the whole field, one whose sites all have a partner elsewhere, and fields
/// of one and two columns; with the windows that a plan of the image's shape takes.
template <class PlanOf>
std::vector<Case> cases(std::int64_t channels, PlanOf plan_of) {
  struct Field {
    std::vector<std::int64_t> image;
    Displacement d;
  };
  std::vector<Case> all;
  for (const Field& f : {Field{{5, 9}, {}}, Field{{5, 9}, {2, -3}}, Field{{5, 9}, {-1, 8}},
                         Field{{5, 9}, {1, 7}}, Field{{11}, {2}}, Field{{11}, {10}}}) {
    const widelimit_shape shape = gaussian_shape(channels, f.image);
    const int rank = shape.n_spatial;
    all.push_back({shape, f.d, std::nullopt, "no map"});
    widelimit_linear point = window_map(rank, 1, 1, true);
    point.ntk_nngp = 12;
    point.ntk_bias = 1;
    all.push_back({shape, f.d, point, "a map of window 1"});
    const auto max = plan_of(shape).max_window;
    const std::int32_t last = max[to_size(rank) - 1], before_last = max[0];
    if (last <= 1) continue;
    for (const bool pad : {true, false}) {
      const std::string padding = pad ? " with padding" : " without padding";
      all.push_back(
          {shape, f.d, window_map(rank, 1, last, pad), window_text(rank, 1, last) + padding});
      if (rank > 1 && before_last > 1)
        all.push_back({shape, f.d, window_map(rank, before_last, last, pad),
                       window_text(rank, before_last, last) + padding});
    }
  }
  return all;
}

ImageNumbers draw_numbers(Random& random, const Domain& field) {
  ImageNumbers numbers;
  for (std::size_t i = 0; i < to_size(field.sites()) * lanes; ++i) {
    numbers.nngp.push_back(static_cast<double>(static_cast<float>(random.uniform(-0.4, 0.4))));
    numbers.ntk.push_back(static_cast<double>(static_cast<float>(random.uniform(-1, 2))));
  }
  return numbers;
}

/// Above what the maps make of covariances of at most 0.4.
ImageVariances draw_variances(Random& random, const widelimit_shape& image) {
  const auto variance = [&] {
    return static_cast<double>(static_cast<float>(random.uniform(0.7, 2)));
  };
  ImageVariances v;
  for (std::int64_t s = 0; s < sites_in(image); ++s) {
    v.first.push_back(variance());
    for (std::size_t lane = 0; lane < lanes; ++lane) v.second.push_back(variance());
  }
  return v;
}

/// "site 3, lane 5: 1.5 instead of 2".
std::string difference(std::size_t at, double seen, double expected, int digits) {
  return "site " + std::to_string(at / lanes) + ", lane " + std::to_string(at % lanes) + ": " +
         number(seen, digits) + " instead of " + number(expected, digits);
}

/// Where two arrays differ by more than rounding of some operations of their largest number.
std::optional<std::size_t> beyond_rounding(const std::vector<double>& seen,
                                           const std::vector<double>& expected,
                                           std::uint32_t dtype) {
  const double tolerance = 64 * epsilon(dtype) * largest(expected);
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (!(std::abs(seen[i] - expected[i]) <= tolerance)) return i;
  return std::nullopt;
}

/// One layer on images.
class OnImages {
 public:
  OnImages(Context& context, const Subject& subject, const Plan& planned, std::uint32_t dtype)
      : context_(context), subject_(subject), planned_(planned), dtype_(dtype) {}

  void examine(const Case& c, Random random) {
    case_ = &c;
    const Domain to(c.shape, c.d), from(c.map ? shape_before(c.shape, *c.map) : c.shape, c.d);
    const ImageNumbers numbers = draw_numbers(random, from);
    const ImageVariances variances = draw_variances(random, c.shape);
    const ImageNumbers mapped = c.map ? materialised(*c.map, from, numbers, to, dtype_) : numbers;
    const auto run = [&](bool with_map, ImageLayout layout) {
      layout.dtype = dtype_;
      layout.pending = with_map && c.map ? &*c.map : nullptr;
      return transform_image(subject_, planned_, with_map ? from : to, with_map ? numbers : mapped,
                             to, variances, layout);
    };
    const ImageAnswer separate = run(false, {}), fused = run(true, {});
    if (!sound(separate, "without a map") || !sound(fused, "")) return;
    if (const auto at = first_difference(fused.nngp, separate.nngp))
      fail("the NNGP is not that of the materialised map; " +
           difference(*at, fused.nngp[*at], separate.nngp[*at], 17) +
           ": K' = (sum of columns) * (scale / taps), rounded, + bias, rounded");
    if (const auto at = beyond_rounding(fused.ntk, separate.ntk, dtype_))
      fail("the NTK is not that of the materialised map; " +
           difference(*at, fused.ntk[*at], separate.ntk[*at], 9) +
           ": Theta' = ntk_nngp A K + scale A Theta + ntk_bias");
    if (planned_.n_site_terms > 0) {
      const ImageAnswer plain = run(false, {.kept = false});
      if (!sound(plain, "without a map, with variances")) return;
      for (const bool ntk : {false, true}) {
        const auto &seen = ntk ? separate.ntk : separate.nngp,
                   &expected = ntk ? plain.ntk : plain.nngp;
        if (const auto at = beyond_rounding(seen, expected, dtype_))
          fail(std::string("the terms from `site_terms` give another ") + (ntk ? "NTK" : "NNGP") +
               " than the variances; " + difference(*at, seen[*at], expected[*at], 9));
      }
    }
    same_bits_as(fused, run(true, {.ntk = false}), "without the NTK");
    for (const bool ntk : {true, false})
      same_bits_as(fused, run(true, {.ntk = ntk, .each_lane = true}),
                   "with the first sample's variances for each lane, as in the (x, x) run,");
    same_bits_as(fused, run(true, {.scratch_fill = 0xFF}), "after other runs used the scratch");
    const std::int64_t rows = c.shape.n_spatial > 1 ? to.extent[0] : 1;
    if (rows < 3) return;
    ImageAnswer part = run(true, {.row_begin = 1, .row_end = rows - 1});
    const auto complete = [&](std::vector<double>& inner, const std::vector<double>& whole) {
      const auto row = static_cast<std::ptrdiff_t>(whole.size()) / rows;
      std::copy_n(whole.begin(), row, inner.begin());
      std::copy_n(whole.end() - row, row, inner.end() - row);
    };
    complete(part.nngp, fused.nngp);
    complete(part.ntk, fused.ntk);
    same_bits_as(fused, part, "in a run of its inner rows");
  }

 private:
  void fail(const std::string& what) {
    context_.fail(subject_.text() + " on images in " + dtype_name(dtype_) + ", behind " +
                  case_->text + ": " + what);
  }
  bool sound(const ImageAnswer& seen, const char* how) {
    const std::string run = how[0] == '\0' ? "" : std::string("a run ") + how + ": ";
    if (!seen.answer.ok()) fail(run + seen.answer.text());
    if (!seen.problem.empty()) fail(run + seen.problem);
    return seen.answer.ok() && seen.problem.empty();
  }
  void same_bits_as(const ImageAnswer& expected, const ImageAnswer& seen, const char* how) {
    if (!sound(seen, how)) return;
    const auto compare = [&](const std::vector<double>& a, const std::vector<double>& b,
                             const char* which) {
      if (const auto at = first_difference(a, b))
        fail(std::string("the ") + which + " " + how + " has other bits; " +
             difference(*at, a[*at], b[*at], 17));
    };
    compare(seen.nngp, expected.nngp, "NNGP");
    if (!seen.ntk.empty()) compare(seen.ntk, expected.ntk, "NTK");
  }

  Context& context_;
  const Subject& subject_;
  const Plan& planned_;
  std::uint32_t dtype_;
  const Case* case_ = nullptr;
};

}  // namespace

void windows_equal_materialised(Context& context) {
  for (const Subject& s : pointwise_subjects(context)) {
    const auto plan_of = [&](const widelimit_shape& shape) {
      return plan(*s.type, s.object.get(), std::vector(s.shapes.size(), shape));
    };
    for (const Case& c : cases(s.shapes[0].channels, plan_of)) {
      const Plan planned = plan_of(c.shape);
      if (!planned.answer.ok() || planned.nature != WIDELIMIT_POINTWISE) {
        context.skip(s.type->name + " is not pointwise on images");
        break;
      }
      const bool windows = planned.max_window[to_size(c.shape.n_spatial) - 1] > 1;
      // Of a layer that takes nothing else, images show everything.
      if (!windows && planned.n_site_terms == 0 && !s.on_sites()) {
        context.skip(s.type->name + " takes no windows and precomputes nothing from variances");
        break;
      }
      if (c.map && (planned.traits & WIDELIMIT_TRAIT_TAKES_PENDING) == 0) continue;
      for (const std::uint32_t dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
        context.set_activity("transforming images behind " + c.text + " with " + s.text() + " in " +
                             dtype_name(dtype));
        OnImages(context, s, planned, dtype).examine(c, context.random());
        context.mark_examined();
      }
    }
  }
}

}  // namespace widelimit::conformance
