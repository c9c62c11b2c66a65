// Laying out fields of images, and pending maps applied literally.
#include "image_run.hpp"

#include "array.hpp"
#include "check_sites.hpp"
#include "common/sizes.hpp"
#include "in_function.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cstring>

namespace widelimit::conformance {
namespace {

/// Of a field of one or two axes; one axis is one row.
struct Grid {
  std::int64_t rows = 1, columns, first_row = 0, first_column;

  explicit Grid(const Domain& f) : columns(f.extent[last(f)]), first_column(f.origin[last(f)]) {
    if (f.rank > 1) {
      rows = f.extent[0];
      first_row = f.origin[0];
    }
  }
  static std::size_t last(const Domain& f) { return to_size(f.rank - 1); }
};

std::int64_t sites_of_image(const Domain& f) {
  return f.image[0] * f.image[1] * f.image[2] * f.image[3];
}
std::size_t numbers_of(const Domain& f) { return to_size(f.sites()) * lanes; }

/// Variances of both samples as a run reads them.
struct LentVariances {
  LentVariances(const Subject& subject, const Plan& planned, const Domain& to,
                const ImageVariances& v, const ImageLayout& layout)
      : first(layout.dtype, 0), second(layout.dtype, 0) {
    const bool mean = (planned.traits & WIDELIMIT_TRAIT_NEEDS_SITE_MEAN) != 0;
    const auto sites = to_size(mean ? 1 : sites_of_image(to));
    std::vector<double> of_first;
    for (std::size_t s = 0; s < sites; ++s) of_first.insert(of_first.end(), lanes, v.first[s]);
    std::vector<double> of_second(v.second.begin(),
                                  v.second.begin() + static_cast<std::ptrdiff_t>(sites * lanes));
    const bool kept = layout.kept && planned.n_site_terms > 0;
    if (kept) {
      of_first = site_terms_of(subject, planned, of_first, layout.dtype);
      of_second = site_terms_of(subject, planned, of_second, layout.dtype);
    }
    if (!layout.each_lane) {
      std::vector<double> one;
      for (std::size_t i = 0; i < of_first.size(); i += lanes) one.push_back(of_first[i]);
      of_first = one;
    }
    first = Array(layout.dtype, of_first.size());
    second = Array(layout.dtype, of_second.size());
    first.set(of_first);
    second.set(of_second);
    const auto all = to_size(sites_of_image(to));
    to.for_each([&](std::size_t, std::size_t entry) {
      first_at.push_back(static_cast<std::int32_t>(mean ? 0 : entry / all));
      second_at.push_back(static_cast<std::int32_t>(mean ? 0 : entry % all));
    });
    table.struct_size = sizeof table;
    table.first_lanes = layout.each_lane ? static_cast<std::uint32_t>(lanes) : 1;
    table.first = first.data();
    table.second = second.data();
    table.first_at = first_at.data();
    table.second_at = second_at.data();
    table.n_site_terms = kept ? planned.n_site_terms : 0;
  }
  [[nodiscard]] bool intact() const {
    return first.intact_outside(0, 0) && second.intact_outside(0, 0);
  }

  Array first, second;
  std::vector<std::int32_t> first_at, second_at;
  widelimit_variances table{};
  /// With the call of `site_terms`; empty: none.
  std::string problem;

 private:
  std::vector<double> site_terms_of(const Subject& subject, const Plan& planned,
                                    const std::vector<double>& variance, std::uint32_t dtype) {
    Array in(dtype, variance.size()), out(dtype, variance.size() * planned.n_site_terms);
    in.set(variance);
    widelimit_site_terms request{};
    request.struct_size = sizeof request;
    request.dtype = dtype;
    request.sites = static_cast<std::int64_t>(variance.size() / lanes);
    request.lanes = lanes;
    request.variance = in.data();
    request.out = out.data();
    const Answer answer = call([&](widelimit_error* e) {
      return subject.type->infinite.site_terms(subject.object.get(), &request, e);
    });
    if (!answer.ok()) problem = "`site_terms` answers " + answer.text();
    if (!in.intact_outside(0, 0) || !out.intact_outside(0, variance.size() * planned.n_site_terms))
      problem = "`site_terms` writes outside its output";
    return out.get();
  }
};

}  // namespace

widelimit_linear window_map(int rank, int rows, int columns, bool padded) {
  widelimit_linear map{};
  map.struct_size = sizeof map;
  map.rank = rank;
  for (auto* member : {map.window, map.stride, map.dilation}) std::fill(member, member + 4, 1);
  const auto axis = [&](int a, int window) {
    map.window[a] = window;
    if (padded) map.pad_low[a] = map.pad_high[a] = window / 2;
  };
  if (rank > 1) axis(rank - 2, rows);
  axis(rank - 1, columns);
  map.scale = map.ntk_nngp = 1.25;
  map.bias = map.ntk_bias = 0.1;
  return map;
}

widelimit_shape shape_before(const widelimit_shape& after, const widelimit_linear& map) {
  widelimit_shape from = after;
  for (int a = 0; a < map.rank; ++a)
    from.spatial[a] += map.window[a] - 1 - map.pad_low[a] - map.pad_high[a];
  return from;
}

ImageNumbers materialised(const widelimit_linear& map, const Domain& from,
                          const ImageNumbers& numbers, const Domain& to, std::uint32_t dtype) {
  const auto r = [dtype](double x) { return rounded(x, dtype); };
  const Grid in(from), out_of(to);
  const int last = map.rank - 1;
  const std::int64_t rows = last > 0 ? map.window[last - 1] : 1, columns = map.window[last];
  const std::int64_t low = last > 0 ? map.pad_low[last - 1] : 0;
  const double taps = static_cast<double>(rows * columns), share = r(map.scale / taps);
  ImageNumbers out;
  for (std::int64_t y = 0; y < out_of.rows; ++y)
    for (std::int64_t x = 0; x < out_of.columns; ++x)
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        // Sums of columns, then of those.
        double k = 0, theta = 0;
        for (std::int64_t c = 0; c < columns; ++c) {
          double of_column = 0, theta_of_column = 0;
          for (std::int64_t t = 0; t < rows; ++t) {
            const std::int64_t row = y + out_of.first_row - low + t - in.first_row;
            const std::int64_t column =
                x + out_of.first_column - map.pad_low[last] + c - in.first_column;
            if (row < 0 || row >= in.rows || column < 0 || column >= in.columns) continue;
            const auto at = to_size(row * in.columns + column) * lanes + lane;
            of_column = r(of_column + r(numbers.nngp[at]));
            theta_of_column += r(numbers.ntk[at]);
          }
          k = r(k + of_column);
          theta += theta_of_column;
        }
        out.nngp.push_back(r(r(share * k) + r(map.bias)));
        out.ntk.push_back(map.ntk_nngp / taps * k + map.scale / taps * theta + map.ntk_bias);
      }
  return out;
}

ImageAnswer transform_image(const Subject& subject, const Plan& planned, const Domain& from,
                            const ImageNumbers& numbers, const Domain& to,
                            const ImageVariances& variances, const ImageLayout& layout) {
  const std::size_t n_inputs = subject.shapes.size();
  Array nngp(layout.dtype, numbers_of(from)), ntk(layout.dtype, layout.ntk ? numbers_of(from) : 0);
  Array out_nngp(layout.dtype, numbers_of(to)),
      out_ntk(layout.dtype, layout.ntk ? numbers_of(to) : 0);
  nngp.set(numbers.nngp);
  if (layout.ntk) ntk.set(numbers.ntk);
  const auto described = [&](const Domain& f, const Array& k, const Array& theta) {
    widelimit_field field = f.described(layout.dtype, lanes);
    field.nngp = k.data();
    field.ntk = layout.ntk ? theta.data() : nullptr;
    return field;
  };
  const widelimit_field input = described(from, nngp, ntk);
  widelimit_field output = described(to, out_nngp, out_ntk);
  const LentVariances lent(subject, planned, to, variances, layout);
  const GuardedBytes scratch((planned.scratch_bytes + 63) / 64 * 64, "its scratch");
  std::memset(scratch.data(), layout.scratch_fill, scratch.size());

  const std::vector<const widelimit_field*> inputs(n_inputs, &input);
  const std::vector<const widelimit_linear*> pending(n_inputs, layout.pending);
  const widelimit_shape shape = gaussian_shape(
      subject.shapes[0].channels,
      std::vector(to.image.begin(), to.image.begin() + static_cast<std::ptrdiff_t>(to.rank)));
  const std::vector<const widelimit_shape*> shapes(n_inputs, &shape);
  widelimit_run run{};
  run.struct_size = sizeof run;
  run.n_inputs = run.n_fields = static_cast<std::uint32_t>(n_inputs);
  run.inputs = inputs.data();
  run.pending = pending.data();
  const bool reads_variances =
      (planned.traits & (WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_SITE_MEAN)) != 0;
  run.variances = reads_variances ? &lent.table : nullptr;
  run.row_begin = layout.row_begin;
  run.row_end = layout.row_end < 0 ? Grid(to).rows : layout.row_end;
  run.output = &output;
  run.scratch = planned.scratch_bytes != 0 ? scratch.data() : nullptr;
  run.in_shape = shapes.data();

  ImageAnswer result;
  const InFunction now("transform");
  result.answer = call([&](widelimit_error* e) {
    return subject.type->infinite.transform(subject.object.get(), &run, e);
  });
  const auto row = to_size(Grid(to).columns) * lanes;
  const std::size_t begin = to_size(run.row_begin) * row, end = to_size(run.row_end) * row;
  if (!out_nngp.intact_outside(begin, end) || (layout.ntk && !out_ntk.intact_outside(begin, end)))
    result.problem = "it writes into entries outside its rows";
  if (!nngp.intact_outside(0, 0) || (layout.ntk && !ntk.intact_outside(0, 0)))
    result.problem = "it writes into its input";
  if (!scratch.margin_intact()) result.problem = "it writes before the beginning of its scratch";
  if (!lent.intact()) result.problem = "it writes into the variances";
  if (!lent.problem.empty()) result.problem = lent.problem;
  result.nngp = out_nngp.get();
  if (layout.ntk) result.ntk = out_ntk.get();
  const auto untouched = [&](const std::vector<double>& k) {
    return first_untouched({k.begin() + static_cast<std::ptrdiff_t>(begin),
                            k.begin() + static_cast<std::ptrdiff_t>(end)});
  };
  if (result.answer.ok() && (untouched(result.nngp) || (layout.ntk && untouched(result.ntk))))
    result.problem = "it does not write every entry of its rows";
  return result;
}

}  // namespace widelimit::conformance
