// Laying out fields for a transform and reading its answer.
#include "kernel.hpp"

#include "array.hpp"
#include "common/sizes.hpp"
#include "in_function.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace widelimit::conformance {
namespace {

widelimit_field describe_field(const Pairs& pairs, const Layout& layout, void* nngp, void* ntk) {
  widelimit_field field{};
  field.struct_size = sizeof field;
  field.dtype = layout.dtype;
  field.lanes = pairs.lanes;
  std::fill(std::begin(field.extent), std::end(field.extent), 1);
  if (layout.rows > 1) {
    field.rank = 2;
    field.extent[0] = layout.rows;
    field.extent[1] = pairs.sites / layout.rows;
  } else if (pairs.sites > 1) {
    field.rank = 1;
    field.extent[0] = pairs.sites;
  }
  field.nngp = nngp;
  field.ntk = ntk;
  return field;
}

/// Variances are arrays over the whole image, in reversed order of the sites, so that a transform
/// that ignores the tables of sites reads wrong ones.
struct Variances {
  Variances(const Pairs& pairs, const Layout& layout)
      : first(layout.dtype,
              to_size(layout.self ? pairs.sites * pairs.lanes : (pairs.sites + 15) / 16 * 16)),
        second(layout.dtype, pairs.size()),
        at(to_size(pairs.sites)) {
    const auto lanes = to_size(pairs.lanes);
    const auto sites = to_size(pairs.sites);
    std::vector<double> f(layout.self ? sites * lanes : sites), s(sites * lanes);
    for (std::size_t site = 0; site < sites; ++site) {
      const std::size_t image = sites - 1 - site;
      at[site] = static_cast<std::int32_t>(image);
      if (!layout.self) f[image] = pairs.first[site * lanes];
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (layout.self) f[image * lanes + lane] = pairs.first[site * lanes + lane];
        s[image * lanes + lane] = pairs.second[site * lanes + lane];
      }
    }
    first.set(f);
    second.set(s);
    table.struct_size = sizeof table;
    table.first_lanes = layout.self ? static_cast<std::uint32_t>(pairs.lanes) : 1;
    table.first = first.data();
    table.second = second.data();
    table.first_at = at.data();
    table.second_at = at.data();
  }
  Array first, second;
  std::vector<std::int32_t> at;
  widelimit_variances table{};
};

}  // namespace

Transformed transform(const Subject& subject, const Pairs& pairs, const Layout& layout) {
  const std::size_t n_inputs = subject.shapes.size();
  const bool with_ntk = layout.ntk && !layout.self;
  std::vector<Array> nngp, ntk;
  std::vector<widelimit_field> fields;
  for (std::size_t i = 0; i < n_inputs; ++i) {
    nngp.emplace_back(layout.dtype, pairs.size());
    nngp.back().set(pairs.nngp[i]);
    ntk.emplace_back(layout.dtype, with_ntk ? pairs.size() : 0);
    if (with_ntk) ntk.back().set(pairs.ntk[i]);
    fields.push_back(
        describe_field(pairs, layout, nngp.back().data(), with_ntk ? ntk.back().data() : nullptr));
  }
  Array out_nngp(layout.dtype, pairs.size());
  Array out_ntk(layout.dtype, with_ntk ? pairs.size() : 0);
  widelimit_field output = layout.in_place ? fields[0]
                                           : describe_field(pairs, layout, out_nngp.data(),
                                                            with_ntk ? out_ntk.data() : nullptr);
  const Variances variances(pairs, layout);
  GuardedBytes scratch((subject.plan.scratch_bytes + 63) / 64 * 64, "its scratch");
  std::memset(scratch.data(), layout.scratch_fill, scratch.size());

  std::vector<const widelimit_field*> inputs;
  std::vector<const widelimit_linear*> pending(n_inputs, nullptr);
  std::vector<const widelimit_shape*> shapes;
  for (const widelimit_field& field : fields) inputs.push_back(&field);
  for (const widelimit_shape& shape : subject.shapes) shapes.push_back(&shape);
  pending[0] = layout.pending;
  widelimit_run run{};
  run.struct_size = sizeof run;
  run.n_inputs = run.n_fields = static_cast<std::uint32_t>(n_inputs);
  run.inputs = inputs.data();
  run.pending = layout.pending != nullptr ? pending.data() : nullptr;
  const bool reads_variances =
      (subject.plan.traits & (WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_SITE_MEAN)) !=
      0;
  run.variances = reads_variances ? &variances.table : nullptr;
  run.row_begin = layout.row_begin;
  run.row_end = layout.row_end < 0 ? layout.rows : layout.row_end;
  run.output = &output;
  run.scratch = subject.plan.scratch_bytes != 0 ? scratch.data() : nullptr;
  run.in_shape = shapes.data();

  Transformed result;
  const InFunction now("transform");
  result.answer = call([&](widelimit_error* e) {
    return subject.type->infinite.transform(subject.object.get(), &run, e);
  });

  const auto row = pairs.size() / to_size(layout.rows);
  const auto begin = to_size(run.row_begin) * row;
  const auto end = to_size(run.row_end) * row;
  const Array& written_nngp = layout.in_place ? nngp[0] : out_nngp;
  const Array& written_ntk = layout.in_place ? ntk[0] : out_ntk;
  if (!written_nngp.intact_outside(begin, end)) result.damage = "NNGP entries outside its rows";
  if (with_ntk && !written_ntk.intact_outside(begin, end))
    result.damage = "NTK entries outside its rows";
  for (std::size_t i = layout.in_place ? 1 : 0; i < n_inputs; ++i)
    if (!nngp[i].intact_outside(0, 0) || (with_ntk && !ntk[i].intact_outside(0, 0)))
      result.damage = "the field of input " + std::to_string(i);
  if (!variances.first.intact_outside(0, 0) || !variances.second.intact_outside(0, 0))
    result.damage = "the variances";
  if (!scratch.margin_intact()) result.damage = "memory before the beginning of its scratch";
  result.nngp = written_nngp.get();
  if (with_ntk) result.ntk = written_ntk.get();
  return result;
}

Pairs draw_pairs(Random& random, std::size_t inputs, std::int64_t sites, std::int64_t lanes) {
  Pairs pairs{sites, lanes, {}, {}, {}, {}};
  pairs.nngp.resize(inputs);
  pairs.ntk.resize(inputs);
  // Variances a host could have in both precisions: numbers that float represents exactly.
  const auto variance = [&] {
    return static_cast<double>(static_cast<float>(std::exp(random.uniform(-3, 1.5))));
  };
  std::vector<double> a(to_size(sites)), b(to_size(lanes));
  for (double& v : a) v = variance();
  for (double& v : b) v = variance();
  for (std::size_t lane = 0; lane < b.size(); lane += 5) b[lane] = a[lane % a.size()];
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t site = 0; site < a.size(); ++site) {
      for (std::size_t lane = 0; lane < b.size(); ++lane) {
        const double scale = std::sqrt(a[site] * b[lane]);
        double rho = random.uniform(-1, 1);
        if (random.below(8) == 0) rho = 0;
        if (random.below(8) == 0) rho = -1;
        if (random.below(8) == 0) rho = 1 - 1e-5;
        const bool equal = a[site] == b[lane] && random.below(2) == 0;
        pairs.nngp[i].push_back(equal ? a[site]
                                      : static_cast<double>(static_cast<float>(rho * scale)));
        pairs.ntk[i].push_back(
            static_cast<double>(static_cast<float>(random.uniform(-1, 2) * scale)));
        if (i == 0) {
          pairs.first.push_back(a[site]);
          pairs.second.push_back(b[lane]);
        }
      }
    }
  }
  return pairs;
}

Pairs equal_pairs(const std::vector<double>& variances, std::size_t inputs) {
  // One site a variance: the first variance of an ordinary bundle is a broadcast.
  constexpr std::int64_t lanes = 16;
  Pairs pairs{static_cast<std::int64_t>(variances.size()), lanes, {}, {}, {}, {}};
  for (const double v : variances) pairs.first.insert(pairs.first.end(), lanes, v);
  pairs.second = pairs.first;
  pairs.nngp.assign(inputs, pairs.first);
  pairs.ntk.assign(inputs, std::vector<double>(pairs.size(), 1.0));
  return pairs;
}

double rounded(double value, std::uint32_t dtype) noexcept {
  return dtype == WIDELIMIT_F32 ? static_cast<double>(static_cast<float>(value)) : value;
}

double epsilon(std::uint32_t dtype) noexcept {
  return dtype == WIDELIMIT_F32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                : std::numeric_limits<double>::epsilon();
}

const char* dtype_name(std::uint32_t dtype) noexcept {
  return dtype == WIDELIMIT_F32 ? "float32" : "float64";
}

bool same_bits(double x, double y) noexcept {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) ||
         (std::isnan(x) && std::isnan(y));
}

std::optional<std::size_t> first_difference(const std::vector<double>& x,
                                            const std::vector<double>& y) {
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    if (!same_bits(x[i], y[i])) return i;
  return std::nullopt;
}

std::optional<std::size_t> first_untouched(const std::vector<double>& x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::isnan(x[i])) return i;
  return std::nullopt;
}

bool positive(std::vector<double> k, std::size_t n, double shift) {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      double sum = k[i * n + j] + (i == j ? shift : 0);
      for (std::size_t l = 0; l < j; ++l) sum -= k[i * n + l] * k[j * n + l];
      if (i == j && !(sum > 0)) return false;
      k[i * n + j] = i == j ? std::sqrt(sum) : sum / k[j * n + j];
    }
  }
  return true;
}

std::string number(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

}  // namespace widelimit::conformance
