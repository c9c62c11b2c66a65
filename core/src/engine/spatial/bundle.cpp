// Runs the fields of one bundle through the network.
#include "engine/spatial/bundle.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/layer.hpp"
#include "engine/plan/linear_map.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

template <class T>
constexpr std::uint32_t dtype = sizeof(T) == 4 ? WIDELIMIT_F32 : WIDELIMIT_F64;

// Sums blocks of sites, then the sums of blocks: one long sum in float32 would lose accuracy.
template <class T>
void mean_over_sites(const T* field, std::int64_t sites, T* out) {
  constexpr std::int64_t block = 64;
  alignas(64) T total[lanes] = {};
  for (std::int64_t begin = 0; begin < sites; begin += block) {
    alignas(64) T sum[lanes] = {};
    for (std::int64_t s = begin; s < std::min(sites, begin + block); ++s)
      for (std::int64_t l = 0; l < lanes; ++l) sum[l] += field[s * lanes + l];
    for (std::int64_t l = 0; l < lanes; ++l) total[l] += sum[l];
  }
  for (std::int64_t l = 0; l < lanes; ++l) out[l] = total[l] / static_cast<T>(sites);
}

// Computes, for each site p of a field, the indices of the sites p and p + d in the image. For each
// row of the field they are a contiguous part of `site_numbers`.
void number_sites(const Image& image, const Axes& d, const std::vector<std::int32_t>& site_numbers,
                  std::vector<std::int32_t>& first, std::vector<std::int32_t>& second) {
  const Domain whole(image, {}), domain(image, d);
  first.resize(to_size(domain.sites()));
  second.resize(first.size());
  const std::size_t last = image.axes() == 0 ? 0 : image.axes() - 1;
  const auto in_row = to_size(domain.extent[last]);
  Domain rows = domain;
  rows.extent[last] = std::min(rows.extent[last], 1);
  std::int32_t *first_at = first.data(), *second_at = second.data();
  for_each_site(rows, [&](const Axes& p) {
    Axes q{};
    for (std::size_t a = 0; a < max_axes; ++a) q[a] = p[a] + d[a];
    first_at = std::copy_n(site_numbers.data() + whole.index_of(p), in_row, first_at);
    second_at = std::copy_n(site_numbers.data() + whole.index_of(q), in_row, second_at);
  });
}

}  // namespace

template <class T>
class BundleRun {
 public:
  BundleRun(const SpatialProgram& program, const Schedule& schedule, const BundleData<T>& data,
            const BundleVariances<T>& variances, BundleMemory<T>& memory,
            const FieldObserver<T>* observer)
      : program_(program),
        schedule_(schedule),
        data_(data),
        variances_(variances),
        memory_(memory),
        observer_(observer) {}

  void run(Control* control) {
    for (const Schedule::Level& level : schedule_.levels) {
      begin_level(level);
      for (const Schedule::Trip& trip : level.trips) {
        if (control != nullptr) control->check();
        for (std::int32_t t = trip.begin; t < trip.end; ++t)
          run_task(level, schedule_.tasks[to_size(t)]);
      }
      finish_level(level);
    }
  }

  void result(const PerKernel<T*>& out) const {
    if (schedule_.result < 0) return;
    const FieldPart<T> end = part(schedule_.result);
    const widelimit_linear& m = program_.result.pending;
    const PointMap map{m.scale, m.bias, m.ntk_nngp, m.ntk_bias};
    if (out.ntk != nullptr) apply_ntk(map, end.nngp, end.ntk, out.ntk, lanes);
    if (out.nngp != nullptr) apply_nngp(map, end.nngp, out.nngp, lanes);
  }

 private:
  [[nodiscard]] const Schedule::Field& field(std::int32_t id) const {
    return schedule_.fields[to_size(id)];
  }
  [[nodiscard]] const FieldOp& op(std::int32_t index) const { return program_.ops[to_size(index)]; }
  [[nodiscard]] bool is_self() const { return data_.first_lanes != 1; }

  // ---- memory of fields ----

  [[nodiscard]] T* nngp_of(const Schedule::Field& f) const {
    return f.kept ? memory_.kept_.nngp.data() + f.storage * lanes
                  : memory_.shared_.nngp.data() + f.storage * lanes;
  }
  // NULL if the NTK is not computed. The NTK of the data is zero.
  [[nodiscard]] T* ntk_of(const Schedule::Field& f) const {
    if (!memory_.with_ntk_) return nullptr;
    if (op(f.op).kind == FieldOp::Kind::data) return memory_.zero_.data();
    return f.kept ? memory_.kept_.ntk.data() + f.storage * lanes
                  : memory_.shared_.ntk.data() + f.storage * lanes;
  }
  [[nodiscard]] FieldPart<T> part(std::int32_t id) const {
    const Schedule::Field& f = field(id);
    return {Domain(op(f.op).image, f.d), nngp_of(f), ntk_of(f)};
  }
  // Fills in `f` in place: copying the struct would stall on the members just written. The boundary
  // has one field type for reading and writing; plugins write their outputs only.
  static void describe(int rank, const Domain& domain, const Axes& d, const T* nngp, const T* ntk,
                       widelimit_field& f) {
    f.struct_size = sizeof f;
    f.dtype = dtype<T>;
    f.rank = rank;
    f.wrapped = 0;
    f.lanes = lanes;
    for (std::size_t a = 0; a < max_axes; ++a) {
      f.extent[a] = domain.extent[a];
      f.origin[a] = domain.origin[a];
      f.displacement[a] = d[a];
    }
    f.nngp = const_cast<T*>(nngp);
    f.ntk = const_cast<T*>(ntk);
  }
  void describe(std::int32_t id, widelimit_field& out) const {
    const Schedule::Field& f = field(id);
    const Image& image = op(f.op).image;
    describe(image.rank, Domain(image, f.d), f.d, nngp_of(f), ntk_of(f), out);
  }

  // ---- gathering layers ----

  void begin_level(const Schedule::Level& level) {
    if (memory_.gather_outputs_.size() < level.gathers.size())
      memory_.gather_outputs_.resize(level.gathers.size());
    for (std::size_t g = 0; g < level.gathers.size(); ++g) {
      const Schedule::Gather& gather = level.gathers[g];
      auto& fields = memory_.gather_outputs_[g];
      fields.clear();
      for (std::int32_t i = 0; i < gather.count; ++i) {
        const std::int32_t id = gather.first + i;
        describe(id, fields.emplace_back());
        const FieldPart<T> p = part(id);
        std::fill_n(nngp_of(field(id)), p.domain.sites() * lanes, T{0});
        if (memory_.with_ntk_) std::fill_n(ntk_of(field(id)), p.domain.sites() * lanes, T{0});
      }
      call_gather(gather.op, list_outputs(g), nullptr,
                  op(gather.op).node->layer->table->infinite->begin);
    }
  }

  void finish_level(const Schedule::Level& level) {
    for (std::size_t g = 0; g < level.gathers.size(); ++g) {
      const std::int32_t index = level.gathers[g].op;
      call_gather(index, list_outputs(g), nullptr, op(index).node->layer->table->infinite->finish);
      for (std::int32_t i = 0; i < level.gathers[g].count; ++i) observe(level.gathers[g].first + i);
    }
  }

  void observe(std::int32_t id) const {
    const Schedule::Field& f = field(id);
    if (observer_ != nullptr && same(f.d, {})) (*observer_)(f.op, part(id));
  }

  std::int32_t list_outputs(std::size_t gather) {
    memory_.output_.clear();
    for (widelimit_field& f : memory_.gather_outputs_[gather]) memory_.output_.push_back(&f);
    return static_cast<std::int32_t>(memory_.output_.size());
  }

  template <class F>
  void call_gather(std::int32_t index, std::int32_t n, const widelimit_field* input, F* function) {
    if (function == nullptr) return;
    const FieldOp& o = op(index);
    widelimit_gather g{};
    g.struct_size = sizeof g;
    g.n_outputs = n;
    g.outputs = memory_.output_.data();
    g.input = input;
    const widelimit_shape* const in_shape = &o.in_shape.front();
    g.n_inputs = 1;
    g.in_shape = &in_shape;
    g.scratch = memory_.gather_scratch_[to_size(index)].data();
    call_plugin(o, [&](const widelimit_layer* layer, widelimit_error* error) {
      return function(layer, &g, error);
    });
  }

  template <class F>
  void call_plugin(const FieldOp& o, F&& call) {
    call_layer(*o.node->layer, memory_.error_, std::forward<F>(call));
  }

  void feed_gathers(const Schedule::Level& level, const Schedule::Task& t) {
    const std::int32_t* at = schedule_.numbers.data() + t.feeds;
    const std::int32_t gathers = *at++;
    if (gathers == 0) return;
    widelimit_field input;
    describe(t.field, input);
    for (std::int32_t i = 0; i < gathers; ++i) {
      const auto g = to_size(*at++);
      const std::int32_t n = *at++;
      memory_.output_.clear();
      for (std::int32_t j = 0; j < n; ++j)
        memory_.output_.push_back(
            &memory_.gather_outputs_[g][to_size(*at++ - level.gathers[g].first)]);
      const std::int32_t index = level.gathers[g].op;
      call_gather(index, n, &input, op(index).node->layer->table->infinite->accumulate);
    }
  }

  // ---- one field ----

  void run_task(const Schedule::Level& level, const Schedule::Task& t) {
    const Schedule::Field& f = field(t.field);
    const FieldOp& o = op(f.op);
    switch (o.kind) {
      case FieldOp::Kind::data:
        compute_data(f, o.image);
        break;
      case FieldOp::Kind::map: {
        const std::int32_t* at = schedule_.numbers.data() + t.links;
        apply_map(o.inputs.front(), at, o.image, f.d, nngp_of(f), ntk_of(f));
        break;
      }
      case FieldOp::Kind::transform:
      case FieldOp::Kind::stencil:
        call_transform(t, f, o);
        break;
      case FieldOp::Kind::gather:
        break;  // computed at the end of the level before
    }
    if (o.in_trip()) observe(t.field);
    feed_gathers(level, t);
  }

  void compute_data(const Schedule::Field& f, const Image& image) {
    // K[p, p + d] is the mean over channels. The order of summation is the same for pairs and for
    // samples with themselves.
    const FieldLoops<T>& loops = field_loops<T>();
    const Domain domain(image, f.d), whole(image, {});
    const std::int64_t channels = program_.channels;
    const std::size_t last = image.axes() == 0 ? 0 : image.axes() - 1;
    Domain rows = domain;
    rows.extent[last] = std::min(rows.extent[last], 1);
    T* out = nngp_of(f);
    for_each_site(rows, [&](const Axes& p) {
      Axes q{};
      for (std::size_t a = 0; a < max_axes; ++a) q[a] = p[a] + f.d[a];
      loops.covariances(data_.first + whole.index_of(p) * channels * data_.first_lanes,
                        data_.first_lanes, data_.second + whole.index_of(q) * channels * lanes,
                        domain.extent[last], channels, T{1} / static_cast<T>(channels), out);
      out += domain.extent[last] * lanes;
    });
  }

  // Applies the map of an operand to the fields listed at `links`. The output is field d.
  void apply_map(const FieldOperand& in, const std::int32_t* links, const Image& output,
                 const Axes& d, T* nngp, T* ntk) {
    const Image& image = op(in.op).image;
    const Domain domain(output, d);
    FieldPart<T> from{reach_of(in.pending, image, d, domain), nullptr, nullptr};
    const std::int32_t n = *links++;
    if (in.pending.circular != 0) {
      memory_.parts_.clear();
      for (std::int32_t i = 0; i < n; ++i) memory_.parts_.push_back(part(links[i]));
      T* const wrapped_ntk = ntk == nullptr ? nullptr : memory_.wrapped_.ntk.data();
      join_parts(memory_.parts_.data(), memory_.parts_.size(), image, from.domain,
                 memory_.wrapped_.nngp.data(), wrapped_ntk);
      from.nngp = memory_.wrapped_.nngp.data();
      from.ntk = wrapped_ntk;
    } else if (n > 0) {
      from = part(*links);
    }
    apply_window(in.pending, from, domain, memory_.row_.data(), nngp, ntk);
  }

  void call_transform(const Schedule::Task& t, const Schedule::Field& f, const FieldOp& o) {
    const std::int32_t* links = schedule_.numbers.data() + t.links;
    if (o.variances >= 0 && is_self() && same(f.d, {})) compute_variances(o, links);
    for (std::size_t i = 0; i < o.inputs.size(); ++i) {
      const std::int32_t n = *links++;
      if (n > 0) {
        describe(*links, memory_.inputs_[i]);
      } else {
        Domain none;
        none.extent = {};
        describe(op(o.inputs[i].op).image.rank, none, {}, nullptr, nullptr, memory_.inputs_[i]);
      }
      links += n;
      memory_.input_[i] = &memory_.inputs_[i];
      memory_.pending_[i] = is_identity(o.inputs[i].pending) ? nullptr : &o.inputs[i].pending;
      memory_.shape_[i] = &o.in_shape[i];
    }
    widelimit_field output;
    describe(t.field, output);
    widelimit_variances v;
    if (o.variances >= 0) describe_variances(t, o, f, v);
    widelimit_run r{};
    r.struct_size = sizeof r;
    r.n_inputs = r.n_fields = static_cast<std::uint32_t>(o.inputs.size());
    r.inputs = memory_.input_.data();
    r.pending = memory_.pending_.data();
    r.variances = o.variances >= 0 ? &v : nullptr;
    r.row_begin = 0;
    r.row_end = 1;
    for (int a = 0; a + 1 < output.rank; ++a) r.row_end *= output.extent[a];
    r.output = &output;
    r.scratch = memory_.scratch_.data();
    r.in_shape = memory_.shape_.data();
    call_plugin(o, [&](const widelimit_layer* layer, widelimit_error* error) {
      return o.node->layer->table->infinite->transform(layer, &r, error);
    });
  }

  void compute_variances(const FieldOp& o, const std::int32_t* links) {
    T* const out = variances_.second[to_size(o.variances)];
    const bool site_terms = o.node->n_site_terms > 0;
    T* const field = o.site_mean || site_terms ? memory_.whole_.data() : out;
    apply_map(o.inputs.front(), links, o.image, {}, field, nullptr);
    T* const mean = site_terms ? memory_.mean_.data() : out;
    if (o.site_mean) mean_over_sites(field, o.image.sites(), mean);
    if (!site_terms) return;
    widelimit_site_terms s{};
    s.struct_size = sizeof s;
    s.dtype = dtype<T>;
    s.sites = o.site_mean ? 1 : o.image.sites();
    s.lanes = lanes;
    s.variance = o.site_mean ? mean : field;
    s.out = out;
    call_plugin(o, [&](const widelimit_layer* layer, widelimit_error* error) {
      return o.node->layer->table->infinite->site_terms(layer, &s, error);
    });
  }

  void describe_variances(const Schedule::Task& t, const FieldOp& o, const Schedule::Field& f,
                          widelimit_variances& v) {
    const auto at = to_size(o.variances);
    v.struct_size = sizeof v;
    v.first_lanes = static_cast<std::uint32_t>(data_.first_lanes);
    v.first = variances_.first[at];
    v.second = variances_.second[at];
    v.n_site_terms = o.node->n_site_terms;
    if (o.site_mean) {
      v.first_at = v.second_at = memory_.all_zero_.data();
      return;
    }
    auto& table = memory_.tables_[to_size(t.table)];
    if (table.first_at.empty() || !same(table.d, f.d) || !(table.image == o.image)) {
      table.image = o.image;
      table.d = f.d;
      number_sites(o.image, f.d, memory_.site_numbers_, table.first_at, table.second_at);
    }
    v.first_at = table.first_at.data();
    v.second_at = table.second_at.data();
  }

  const SpatialProgram& program_;
  const Schedule& schedule_;
  const BundleData<T>& data_;
  const BundleVariances<T>& variances_;
  BundleMemory<T>& memory_;
  const FieldObserver<T>* observer_;
};

template <class T>
void run_bundle(const SpatialProgram& program, const Schedule& schedule, const BundleData<T>& data,
                const BundleVariances<T>& variances, BundleMemory<T>& memory, Control* control,
                const PerKernel<T*>& out, const FieldObserver<T>* observer) {
  BundleRun<T> run(program, schedule, data, variances, memory, observer);
  run.run(control);
  run.result(out);
}

template void run_bundle(const SpatialProgram&, const Schedule&, const BundleData<float>&,
                         const BundleVariances<float>&, BundleMemory<float>&, Control*,
                         const PerKernel<float*>&, const FieldObserver<float>*);
template void run_bundle(const SpatialProgram&, const Schedule&, const BundleData<double>&,
                         const BundleVariances<double>&, BundleMemory<double>&, Control*,
                         const PerKernel<double*>&, const FieldObserver<double>*);

}  // namespace widelimit::detail
