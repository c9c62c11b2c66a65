// Fields are cut out of tensors over all pairs of sites, and assembled into tensors again.
#include "sites.hpp"

#include "array.hpp"
#include "common/sizes.hpp"
#include "domain.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>

namespace widelimit::conformance {
namespace {

/// One field in memory of its own.
struct SiteField {
  Domain domain;
  std::size_t lanes;
  Array nngp, ntk;
  widelimit_field abi{};

  SiteField(const widelimit_shape& shape, const Displacement& d, std::size_t n_lanes,
            const SiteLayout& layout)
      : SiteField(Domain(shape, d), n_lanes, layout) {}
  SiteField(const Domain& of, std::size_t n_lanes, const SiteLayout& layout)
      : domain(of),
        lanes(n_lanes),
        nngp(layout.dtype, to_size(domain.sites()) * lanes),
        ntk(layout.dtype, layout.ntk ? to_size(domain.sites()) * lanes : 0) {
    abi = domain.described(layout.dtype, static_cast<std::int64_t>(lanes));
    abi.nngp = nngp.data();
    abi.ntk = layout.ntk ? ntk.data() : nullptr;
  }
  void take(const std::vector<SitePair>& pairs) {
    std::vector<double> k(to_size(domain.sites()) * lanes), theta(k.size());
    domain.for_each([&](std::size_t site, std::size_t entry) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        k[site * lanes + lane] = pairs[lane].nngp[entry];
        theta[site * lanes + lane] = pairs[lane].ntk[entry];
      }
    });
    nngp.set(k);
    if (abi.ntk != nullptr) ntk.set(theta);
  }
  void clear() {
    nngp.set(std::vector<double>(to_size(domain.sites()) * lanes, 0.0));
    if (abi.ntk != nullptr) ntk.set(std::vector<double>(to_size(domain.sites()) * lanes, 0.0));
  }
  void give(std::vector<SitePair>& pairs) const {
    const std::vector<double> k = nngp.get(), theta = ntk.get();
    domain.for_each([&](std::size_t site, std::size_t entry) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        pairs[lane].nngp[entry] = k[site * lanes + lane];
        if (abi.ntk != nullptr) pairs[lane].ntk[entry] = theta[site * lanes + lane];
      }
    });
  }
  /// Is an entry NaN?
  [[nodiscard]] bool has_untouched() const {
    return first_untouched(nngp.get()) || (abi.ntk != nullptr && first_untouched(ntk.get()));
  }
  /// Was neither the field nor the memory around it written?
  [[nodiscard]] bool intact() const {
    return nngp.intact_outside(0, 0) && (abi.ntk == nullptr || ntk.intact_outside(0, 0));
  }
  [[nodiscard]] bool margins_intact() const {
    const std::size_t all = to_size(domain.sites()) * lanes;
    return nngp.intact_outside(0, all) && (abi.ntk == nullptr || ntk.intact_outside(0, all));
  }
};

std::size_t entries_of(const widelimit_shape& shape) {
  return to_size(sites_in(shape) * sites_in(shape));
}

/// A map of windows, applied literally: abi.h.
void apply_map(const Subject& s, const std::vector<SitePair>& in, std::vector<SitePair>& out) {
  const widelimit_linear& m = s.plan.linear;
  const widelimit_shape &from = s.shapes[0], &to = s.plan.output;
  const std::int64_t n = sites_in(from), sites = sites_in(to);
  std::int64_t taps = 1;
  for (int a = 0; a < m.rank; ++a) taps *= m.window[a];
  // [output site][tap]: the input site, -1 for padding; and each tap's share.
  std::vector<std::int64_t> read;
  std::vector<double> share(to_size(taps), 1.0);
  for (std::int64_t i = 0; i < sites; ++i)
    for (std::int64_t t = 0; t < taps; ++t) {
      std::int64_t rest_i = i, rest_t = t, at = 0, stride = 1;
      double weight = 1;
      bool inside = true;
      for (int a = m.rank - 1; a >= 0; --a) {
        const std::int64_t tap = rest_t % m.window[a], extent = from.spatial[a];
        std::int64_t p = rest_i % to.spatial[a] * m.stride[a] + tap * m.dilation[a] - m.pad_low[a];
        if ((m.circular >> a & 1U) != 0) p = ((p % extent) + extent) % extent;
        inside = inside && p >= 0 && p < extent;
        weight *= m.weight[a] != nullptr ? m.weight[a][tap] : 1.0 / m.window[a];
        at += p * stride;
        stride *= extent;
        rest_i /= to.spatial[a];
        rest_t /= m.window[a];
      }
      read.push_back(inside ? at : -1);
      share[to_size(t)] = weight;
    }
  for (std::size_t lane = 0; lane < in.size(); ++lane)
    for (std::int64_t i = 0; i < sites; ++i)
      for (std::int64_t j = 0; j < sites; ++j) {
        double k = 0, theta = 0;
        for (std::int64_t t = 0; t < taps; ++t) {
          const std::int64_t p = read[to_size(i * taps + t)], q = read[to_size(j * taps + t)];
          if (p < 0 || q < 0) continue;
          const auto entry = to_size(p * n + q);
          k += share[to_size(t)] * in[lane].nngp[entry];
          theta += share[to_size(t)] * in[lane].ntk[entry];
        }
        const auto entry = to_size(i * sites + j);
        out[lane].nngp[entry] = m.scale * k + m.bias;
        out[lane].ntk[entry] = m.ntk_nngp * k + m.scale * theta + m.ntk_bias;
      }
}

/// One pass of all fields through a stencil or a gathering layer.
class Trip {
 public:
  Trip(const Subject& s, const std::vector<SitePair>& pairs, const SiteLayout& layout)
      : s_(s),
        pairs_(pairs),
        layout_(layout),
        scratch_((s.plan.scratch_bytes + 63) / 64 * 64, "its scratch") {
    std::memset(scratch_.data(), layout.scratch_fill, scratch_.size());
    for (const Displacement& D : displacements_of(s.plan.output)) {
      outputs_.push_back(std::make_unique<SiteField>(s.plan.output, D, pairs.size(), layout));
      if (s.plan.nature == WIDELIMIT_GATHERING) outputs_.back()->clear();
    }
  }

  SitesTransformed run() {
    if (s_.plan.nature == WIDELIMIT_STENCIL)
      stencil();
    else
      gather();
    for (const auto& output : outputs_) {
      output->give(result_.pairs);
      if (!output->margins_intact()) result_.problem = "it writes outside its output field";
      if (result_.answer.ok() && output->has_untouched())
        result_.problem =
            "it does not write every entry of its output field, or adds to what was there before: "
            "it must set them";
    }
    if (!scratch_.margin_intact())
      result_.problem = "it writes before the beginning of its scratch";
    return std::move(result_);
  }
  void size_result() {
    SitePair empty;
    empty.nngp.assign(entries_of(s_.plan.output), std::numeric_limits<double>::quiet_NaN());
    empty.ntk = empty.nngp;
    result_.pairs.assign(pairs_.size(), empty);
  }

 private:
  SiteField input_of(const Displacement& d) const {
    SiteField input(s_.shapes[0], d, pairs_.size(), layout_);
    input.take(pairs_);
    return input;
  }
  [[nodiscard]] bool answered(const Answer& answer) {
    if (!answer.ok() && result_.answer.ok()) result_.answer = answer;
    return answer.ok();
  }

  void stencil() {
    for (const auto& output : outputs_) {
      const auto read = reads_of(s_, output->domain.d);
      if (read.size() > 1)
        result_.problem =
            "a stencil reads one displacement at most, this one " + std::to_string(read.size());
      const bool exists = !read.empty() && Domain(s_.shapes[0], read[0]).sites() > 0;
      const SiteField input = exists
                                  ? input_of(read[0])
                                  : SiteField(Domain::empty(s_.shapes[0]), pairs_.size(), layout_);
      const widelimit_field* inputs[] = {&input.abi};
      const widelimit_shape* shapes[] = {&s_.shapes[0]};
      widelimit_run run{};
      run.struct_size = sizeof run;
      run.n_inputs = run.n_fields = 1;
      run.inputs = inputs;
      run.output = &output->abi;
      run.row_end = 1;
      for (int a = 0; a + 1 < run.output->rank; ++a) run.row_end *= run.output->extent[a];
      run.scratch = scratch_.size() != 0 ? scratch_.data() : nullptr;
      run.in_shape = shapes;
      if (!answered(call([&](widelimit_error* e) {
            return s_.type->infinite.transform(s_.object.get(), &run, e);
          })))
        return;
      if (!input.intact()) result_.problem = "it writes into its input";
    }
  }

  void gather() {
    std::map<Displacement, std::vector<widelimit_field*>> readers;
    std::vector<widelimit_field*> all;
    for (const auto& output : outputs_) {
      all.push_back(&output->abi);
      std::set<Displacement> once;
      for (const Displacement& d : reads_of(s_, output->domain.d)) once.insert(d);
      for (const Displacement& d : once)
        if (Domain(s_.shapes[0], d).sites() > 0) readers[d].push_back(&output->abi);
    }
    widelimit_gather gather{};
    gather.struct_size = sizeof gather;
    const widelimit_shape* const in_shape = s_.shapes.data();
    gather.n_inputs = 1;
    gather.in_shape = &in_shape;
    gather.scratch = scratch_.size() != 0 ? scratch_.data() : nullptr;
    const auto step = [&](auto function, const std::vector<widelimit_field*>& outputs) {
      gather.n_outputs = static_cast<std::int32_t>(outputs.size());
      gather.outputs = outputs.data();
      return answered(
          call([&](widelimit_error* e) { return function(s_.object.get(), &gather, e); }));
    };
    const widelimit_infinite_face& face = s_.type->infinite;
    if (!step(face.begin, all)) return;
    for (const auto& [d, outputs] : readers) {
      const SiteField input = input_of(d);
      gather.input = &input.abi;
      if (!step(face.accumulate, outputs)) return;
      if (!input.intact()) result_.problem = "it writes into its input";
    }
    gather.input = nullptr;
    static_cast<void>(step(face.finish, all));
  }

  const Subject& s_;
  const std::vector<SitePair>& pairs_;
  SiteLayout layout_;
  GuardedBytes scratch_;
  std::vector<std::unique_ptr<SiteField>> outputs_;
  SitesTransformed result_;
};

}  // namespace

std::vector<Displacement> displacements_of(const widelimit_shape& shape) {
  Displacement n{1, 1, 1, 1}, d{};
  for (int a = 0; a < shape.n_spatial; ++a) n[to_size(a)] = shape.spatial[a];
  std::vector<Displacement> all;
  for (d[0] = 1 - n[0]; d[0] < n[0]; ++d[0])
    for (d[1] = 1 - n[1]; d[1] < n[1]; ++d[1])
      for (d[2] = 1 - n[2]; d[2] < n[2]; ++d[2])
        for (d[3] = 1 - n[3]; d[3] < n[3]; ++d[3]) all.push_back(d);
  return all;
}

std::string text_of(const Displacement& d, int axes) {
  std::string text = "(";
  for (int a = 0; a < axes; ++a) text += (a == 0 ? "" : ", ") + std::to_string(d[to_size(a)]);
  return text + ")";
}

std::vector<Displacement> reads_of(const Subject& subject, const Displacement& output) {
  if (subject.type->infinite.reads == nullptr)
    throw std::runtime_error(subject.text() +
                             " offers no `reads`, which layers of its nature need");
  widelimit_reads reads{};
  reads.struct_size = sizeof reads;
  const widelimit_shape* const in_shape = subject.shapes.data();
  reads.n_inputs = 1;
  reads.in_shape = &in_shape;
  std::copy(output.begin(), output.end(), reads.output);
  std::vector<Displacement> list;
  for (const bool counting : {true, false}) {  // how many, then which
    const Answer answer = call([&](widelimit_error* e) {
      return subject.type->infinite.reads(subject.object.get(), &reads, e);
    });
    if (!answer.ok())
      throw std::runtime_error(subject.text() + ": reads answered " + answer.text());
    constexpr std::int64_t most = 1 << 22;
    if (reads.count < 0 || reads.count > most)
      throw std::runtime_error(subject.text() + ": reads counts " + std::to_string(reads.count));
    if (counting) list.resize(to_size(reads.count));
    reads.capacity = static_cast<std::int64_t>(list.size());
    reads.displacements = reinterpret_cast<std::int64_t(*)[4]>(list.data());
  }
  if (to_size(reads.count) != list.size())
    throw std::runtime_error(subject.text() + ": reads counts " + std::to_string(list.size()) +
                             ", then " + std::to_string(reads.count));
  return list;
}

SitesTransformed transform_sites(const Subject& subject, const std::vector<SitePair>& pairs,
                                 const SiteLayout& layout) {
  if (subject.plan.nature != WIDELIMIT_LINEAR) {
    Trip trip(subject, pairs, layout);
    trip.size_result();
    return trip.run();
  }
  SitesTransformed result;
  SitePair empty;
  empty.nngp.resize(entries_of(subject.plan.output));
  empty.ntk = empty.nngp;
  result.pairs.assign(pairs.size(), empty);
  apply_map(subject, pairs, result.pairs);
  return result;
}

std::vector<double> site_products(const double* x, const double* y, const widelimit_shape& shape) {
  const std::int64_t n = sites_in(shape), channels = shape.channels;
  std::vector<double> k;
  for (std::int64_t p = 0; p < n; ++p)
    for (std::int64_t q = 0; q < n; ++q) {
      double sum = 0;
      for (std::int64_t c = 0; c < channels; ++c) sum += x[p * channels + c] * y[q * channels + c];
      k.push_back(sum / static_cast<double>(channels));
    }
  return k;
}

std::vector<SitePair> draw_site_pairs(Random& random, const widelimit_shape& shape,
                                      std::size_t count) {
  std::vector<SitePair> pairs(count);
  for (SitePair& pair : pairs) {
    const auto x = random.normals(numbers_in(shape)), y = random.normals(numbers_in(shape)),
               u = random.normals(numbers_in(shape)), v = random.normals(numbers_in(shape));
    pair = {site_products(x.data(), y.data(), shape), site_products(u.data(), v.data(), shape)};
  }
  return pairs;
}

}  // namespace widelimit::conformance
