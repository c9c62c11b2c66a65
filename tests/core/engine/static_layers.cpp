// Layers as static tables: what a plugin offers, without a library to load.
#include "core/engine/static_layers.hpp"

#include "engine/network/network_state.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>
#include <utility>

namespace {

enum class Kind {
  dense,
  identity,
  square,
  relu,
  flatten,
  mean_over_pairs,
  sum,
  product,
  concat,
  spy,
  amplify,
  failing,
  spoiled
};

}  // namespace

struct widelimit_layer {
  Kind kind{};
  widelimit::detail::PointMap map{};
  std::int64_t width = 0;
  std::function<void(const widelimit_run&)> seen{};
  double factor = 1;
  widelimit_status status = WIDELIMIT_OK;
  std::string message{};
  void (*spoil)(widelimit_plan&) = nullptr;
};

namespace {

constexpr bool has_table(Kind k) {
  return k != Kind::dense && k != Kind::identity && k != Kind::flatten && k != Kind::spoiled;
}

widelimit_status plan(const widelimit_layer* l, widelimit_plan* p, widelimit_error*) {
  constexpr std::uint32_t gaussian = WIDELIMIT_SHAPE_GAUSSIAN;
  p->nature = WIDELIMIT_POINTWISE;
  p->traits = WIDELIMIT_TRAIT_TAKES_PENDING;
  p->flops_per_entry = 10;
  switch (l->kind) {
    case Kind::dense:
      p->nature = WIDELIMIT_LINEAR;
      p->traits = WIDELIMIT_TRAIT_HAS_WEIGHTS;
      p->flops_per_entry = 0;
      p->linear->scale = l->map.scale;
      p->linear->bias = l->map.bias;
      p->linear->ntk_nngp = l->map.ntk_nngp;
      p->linear->ntk_bias = l->map.ntk_bias;
      p->output->channels = l->width;
      p->output->flags |= gaussian;
      break;
    case Kind::identity:
      p->nature = WIDELIMIT_LINEAR;
      p->traits = 0;
      break;
    case Kind::square:
    case Kind::relu:
      p->traits |= WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_GAUSSIAN;
      p->output->flags &= ~gaussian;
      break;
    case Kind::flatten:
      p->nature = WIDELIMIT_GATHERING;
      p->traits = WIDELIMIT_TRAIT_FLATTENS;
      for (int a = 0; a < p->inputs[0]->n_spatial; ++a)
        p->output->channels *= p->inputs[0]->spatial[a];
      p->output->n_spatial = 0;
      std::fill_n(p->output->spatial, 4, 1);
      break;
    case Kind::mean_over_pairs:
      p->nature = WIDELIMIT_GATHERING;
      p->traits = 0;
      p->output->n_spatial = 0;
      std::fill_n(p->output->spatial, 4, 1);
      break;
    case Kind::sum:
      p->traits |= WIDELIMIT_TRAIT_NEEDS_GAUSSIAN | WIDELIMIT_TRAIT_NEEDS_INDEPENDENT;
      break;
    case Kind::product:
      p->traits |= WIDELIMIT_TRAIT_NEEDS_INDEPENDENT;
      p->output->flags &= ~gaussian;
      break;
    case Kind::concat:
      p->output->channels = 0;
      for (std::uint32_t i = 0; i < p->n_inputs; ++i) p->output->channels += p->inputs[i]->channels;
      p->output->flags &= ~gaussian;
      break;
    case Kind::spy:
    case Kind::amplify:
    case Kind::failing:
      break;
    case Kind::spoiled:
      p->nature = WIDELIMIT_LINEAR;
      p->traits = 0;
      l->spoil(*p);
      break;
  }
  return WIDELIMIT_OK;
}

template <class T>
struct Entry {
  T k, theta;
};

// Input `i` of a run after its pending map, with the two roundings of abi.h.
template <class T>
Entry<T> load(const widelimit_run& r, std::uint32_t i, std::int64_t at) {
  const widelimit_field& f = *r.inputs[i];
  const T k = static_cast<const T*>(f.nngp)[at];
  const T t = f.ntk == nullptr ? T{0} : static_cast<const T*>(f.ntk)[at];
  const widelimit_linear* m = r.pending[i];
  if (m == nullptr) return {k, t};
  const T s = static_cast<T>(m->scale);
  return {s * k + static_cast<T>(m->bias),
          static_cast<T>(m->ntk_nngp) * k + s * t + static_cast<T>(m->ntk_bias)};
}

// E[relu(u) relu(v)] and E[relu'(u) relu'(v)], Cho & Saul 2009: with the angle t of q / sqrt(ab),
// T = (s + (pi - t) q) / 2 pi, T' = (pi - t) / 2 pi, exact where q = a = b.
template <class T>
std::pair<T, T> relu_moments(T q, T a, T b) {
  constexpr T pi = std::numbers::pi_v<T>;
  const T root = std::sqrt(a * b);
  if (root == T{0}) return {T{0}, T{1} / 4};
  const T e = std::max(T{0}, (root - std::abs(q)) / root);
  const T angle = 2 * std::asin(std::sqrt(e / 2));  // of |q|, no cancellation
  const T series = angle * angle * angle / 3 * (1 - angle * angle / 10 * (1 - angle * angle / 28));
  const T g = angle < T(0.01) ? series : std::sin(angle) - angle * std::cos(angle);
  const T slope = angle / (2 * pi);
  return {(std::max(q, T{0}) + root * g / pi) / 2, q < 0 ? slope : T(0.5) - slope};
}

template <class T>
Entry<T> apply(const widelimit_layer& l, const widelimit_run& r, std::int64_t at, T a, T b) {
  const Entry<T> x = load<T>(r, 0, at);
  switch (l.kind) {
    case Kind::square:
      return {a * b + 2 * x.k * x.k, 4 * x.k * x.theta};
    case Kind::relu: {
      const auto [value, slope] = relu_moments(x.k, a, b);
      return {value, slope * x.theta};
    }
    case Kind::sum: {
      Entry<T> y = x;
      for (std::uint32_t i = 1; i < r.n_inputs; ++i) {
        const Entry<T> z = load<T>(r, i, at);
        y = {y.k + z.k, y.theta + z.theta};
      }
      return y;
    }
    case Kind::product: {
      Entry<T> y = x;
      for (std::uint32_t i = 1; i < r.n_inputs; ++i) {
        const Entry<T> z = load<T>(r, i, at);
        y = {y.k * z.k, y.theta * z.k + y.k * z.theta};
      }
      return y;
    }
    case Kind::concat: {
      T all = 0;
      Entry<T> y{0, 0};
      for (std::uint32_t i = 0; i < r.n_inputs; ++i) {
        const T c = static_cast<T>(r.in_shape[i]->channels);
        const Entry<T> z = load<T>(r, i, at);
        y = {y.k + c * z.k, y.theta + c * z.theta};
        all += c;
      }
      return {y.k / all, y.theta / all};
    }
    case Kind::amplify:
      return {x.k * static_cast<T>(l.factor), x.theta};
    default:
      return x;
  }
}

template <class T>
void transform_as(const widelimit_layer& l, const widelimit_run& r) {
  const std::int64_t lanes = r.output->lanes, sites = r.output->extent[0];
  T* k = static_cast<T*>(r.output->nngp);
  T* t = static_cast<T*>(r.output->ntk);
  for (std::int64_t s = 0; s < sites; ++s)
    for (std::int64_t i = 0; i < lanes; ++i) {
      T a = 0, b = 0;
      if (r.variances != nullptr) {
        const widelimit_variances& v = *r.variances;
        const std::int64_t first = std::int64_t{v.first_at[s]} * v.first_lanes;
        a = static_cast<const T*>(v.first)[first + (v.first_lanes == 1 ? 0 : i)];
        b = static_cast<const T*>(v.second)[v.second_at[s] * lanes + i];
      }
      const Entry<T> y = apply<T>(l, r, s * lanes + i, a, b);
      k[s * lanes + i] = y.k;
      if (t != nullptr) t[s * lanes + i] = y.theta;
    }
}

widelimit_status transform(const widelimit_layer* l, const widelimit_run* r, widelimit_error* e) {
  if (l->seen) l->seen(*r);
  if (l->status != WIDELIMIT_OK) {
    std::snprintf(e->message, sizeof e->message, "%s", l->message.c_str());
    return l->status;
  }
  if (r->output->dtype == WIDELIMIT_F32)
    transform_as<float>(*l, *r);
  else
    transform_as<double>(*l, *r);
  return WIDELIMIT_OK;
}

widelimit_status create(const widelimit_host*, const widelimit_params*, widelimit_layer**,
                        widelimit_error*) {
  return WIDELIMIT_E_UNSUPPORTED;
}

void destroy(widelimit_layer*) {}

widelimit_status reads_all(const widelimit_layer*, widelimit_reads* r, widelimit_error*) {
  const std::int64_t n = r->in_shape[0]->spatial[0];
  r->count = 2 * n - 1;
  for (std::int64_t i = 0; i < std::min(r->count, r->capacity); ++i)
    r->displacements[i][0] = i - n + 1;
  return WIDELIMIT_OK;
}

template <class T>
void add_all(const widelimit_gather& g) {
  const std::int64_t lanes = g.input->lanes, n = g.in_shape[0]->spatial[0];
  const auto add = [&](const void* from, void* to) {
    if (to == nullptr) return;
    for (std::int64_t i = 0; i < g.input->extent[0] * lanes; ++i)
      static_cast<T*>(to)[i % lanes] += static_cast<const T*>(from)[i] / static_cast<T>(n * n);
  };
  add(g.input->nngp, g.outputs[0]->nngp);
  add(g.input->ntk, g.outputs[0]->ntk);
}

widelimit_status accumulate_all(const widelimit_layer*, const widelimit_gather* g,
                                widelimit_error*) {
  if (g->input->dtype == WIDELIMIT_F32)
    add_all<float>(*g);
  else
    add_all<double>(*g);
  return WIDELIMIT_OK;
}

// The host has set the outputs to zero, and a sum needs no end.
widelimit_status nothing(const widelimit_layer*, const widelimit_gather*, widelimit_error*) {
  return WIDELIMIT_OK;
}

constexpr widelimit_infinite_face gathering{sizeof gathering, nullptr, reads_all, nothing,
                                            accumulate_all,   nothing, nullptr};
constexpr widelimit_infinite_face infinite{sizeof infinite, transform, nullptr, nullptr,
                                           nullptr,         nullptr,   nullptr};

const widelimit_layer_type& table_of(Kind kind) {
  static const auto type = [](std::uint32_t least, std::uint32_t most,
                              const widelimit_infinite_face* face) {
    return widelimit_layer_type{
        sizeof(widelimit_layer_type), least, most, nullptr, create, destroy, plan, face, nullptr};
  };
  static const widelimit_layer_type linear = type(1, 1, nullptr), pointwise = type(1, 1, &infinite),
                                    combining = type(2, 0, &infinite),
                                    gathers = type(1, 1, &gathering);
  if (kind == Kind::mean_over_pairs) return gathers;
  if (kind == Kind::sum || kind == Kind::product || kind == Kind::concat) return combining;
  return has_table(kind) ? pointwise : linear;
}

using widelimit::test::Layer;

Layer make(const char* type, widelimit_layer object, std::vector<std::vector<Layer>> inputs = {}) {
  Layer l;
  l.type = type;
  l.table = &table_of(object.kind);
  l.object = std::make_shared<widelimit_layer>(std::move(object));
  l.inputs = std::move(inputs);
  return l;
}

void place(std::vector<Layer>& layers, const std::string& at) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].place.pointer = at + "/" + std::to_string(i);
    for (std::size_t b = 0; b < layers[i].inputs.size(); ++b)
      place(layers[i].inputs[b], layers[i].place.pointer + "/inputs/" + std::to_string(b));
  }
}

}  // namespace

namespace widelimit::test {

Layer dense(detail::PointMap map, std::int64_t width) {
  return make("dense", {.kind = Kind::dense, .map = map, .width = width});
}
Layer dense(double W_std, double b_std) {
  return dense({W_std * W_std, b_std * b_std, W_std * W_std, b_std * b_std});
}
Layer identity() { return make("identity", {.kind = Kind::identity}); }
Layer square() { return make("square", {.kind = Kind::square}); }
Layer relu() { return make("relu", {.kind = Kind::relu}); }
Layer flatten() { return make("flatten", {.kind = Kind::flatten}); }
Layer mean_over_pairs() { return make("mean_over_pairs", {.kind = Kind::mean_over_pairs}); }
Layer sum(Branches inputs) { return make("sum", {.kind = Kind::sum}, std::move(inputs)); }
Layer product(Branches inputs) {
  return make("product", {.kind = Kind::product}, std::move(inputs));
}
Layer concat(Branches inputs) { return make("concat", {.kind = Kind::concat}, std::move(inputs)); }
Layer spy(std::function<void(const widelimit_run&)> seen) {
  return make("spy", {.kind = Kind::spy, .seen = std::move(seen)});
}
Layer amplify(double factor) { return make("amplify", {.kind = Kind::amplify, .factor = factor}); }
Layer failing(widelimit_status status, const std::string& message) {
  return make("failing", {.kind = Kind::failing, .status = status, .message = message});
}
Layer spoiled(void (*spoil)(widelimit_plan&)) {
  return make("spoiled", {.kind = Kind::spoiled, .spoil = spoil});
}

Network network(std::vector<Layer> layers, int threads) {
  place(layers, "/network");
  return Network(std::make_shared<const Network::State>(
      detail::CreatedNetwork{{}, std::move(layers), detail::make_executor(threads)}));
}

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  Matrix m = Matrix::uninitialized(rows, cols);
  std::uint64_t state = seed * 2 + 1;
  for (double& v : m.flat()) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    v = static_cast<double>(state >> 11) * 0x1p-52 - 1;
  }
  return m;
}

MatrixF to_float(const Matrix& a) {
  MatrixF f = MatrixF::uninitialized(a.rows(), a.cols());
  std::transform(a.flat().begin(), a.flat().end(), f.flat().begin(),
                 [](double v) { return static_cast<float>(v); });
  return f;
}

NaivePair naive(const std::vector<Layer>& layers, NaivePair x) {
  for (const Layer& l : layers) {
    const widelimit_layer& o = *l.object;
    std::vector<NaivePair> in;
    for (const auto& branch : l.inputs) in.push_back(naive(branch, x));
    switch (o.kind) {
      case Kind::dense:
        x = {o.map.scale * x.k + o.map.bias,
             o.map.ntk_nngp * x.k + o.map.scale * x.theta + o.map.ntk_bias,
             o.map.scale * x.a + o.map.bias, o.map.scale * x.b + o.map.bias};
        break;
      case Kind::square:  // variances by the formula of pairs: a sample with itself stays exact
        x = {x.a * x.b + 2 * x.k * x.k, 4 * x.k * x.theta, x.a * x.a + 2 * x.a * x.a,
             x.b * x.b + 2 * x.b * x.b};
        break;
      case Kind::relu: {
        const auto [value, slope] = relu_moments(x.k, x.a, x.b);
        x = {value, slope * x.theta, x.a / 2, x.b / 2};
        break;
      }
      case Kind::sum:
        x = {};
        for (const NaivePair& y : in) x = {x.k + y.k, x.theta + y.theta, x.a + y.a, x.b + y.b};
        break;
      case Kind::product:
        x = in.front();
        for (std::size_t i = 1; i < in.size(); ++i)
          x = {x.k * in[i].k, x.theta * in[i].k + x.k * in[i].theta, x.a * in[i].a, x.b * in[i].b};
        break;
      default:
        break;
    }
  }
  return x;
}

}  // namespace widelimit::test
