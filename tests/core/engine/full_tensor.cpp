// The formulas, as plainly as they can be written.
#include "core/engine/full_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <utility>

namespace widelimit::test {

namespace {

constexpr double pi = std::numbers::pi;

struct Moments {
  double value, slope;
};

// Cho and Saul 2009 through 1 - |c|, so that nothing cancels between nearly equal samples.
Moments relu(double q, double a, double b) {
  const double s = std::sqrt(a * b);
  if (s == 0) return {0, 0.25};
  const double e = std::max((s - std::abs(q)) / s, 0.0);
  const double angle = 2 * std::asin(std::sqrt(std::min(e / 2, 1.0)));
  const double tail =
      angle < 1e-2 ? std::pow(angle, 3) / 3 * (1 - angle * angle / 10 * (1 - angle * angle / 28))
                   : std::sin(angle) - angle * std::cos(angle);
  return {s * (std::max(q / s, 0.0) / 2 + tail / (2 * pi)),
          (q < 0 ? angle : pi - angle) / (2 * pi)};
}

Moments slopes(double low, double high, double q, double a, double b) {
  const Moments r = relu(q, a, b);
  const double d = (high - low) * (high - low);
  return {d * r.value + low * high * q, d * r.slope + low * high};
}

Moments erf_layer(double A, double B, double C, double q, double a, double b) {
  a *= B * B;
  b *= B * B;
  q *= B * B;
  const double d = std::sqrt((1 + 2 * a) * (1 + 2 * b) - 4 * q * q);
  return {A * A * 2 / pi * std::atan2(2 * q, d) + C * C, A * A * B * B * 4 / pi / d};
}

Moments gelu(double q, double a, double b) {
  const double p = (1 + a) * (1 + b), d = std::sqrt(p - q * q), g = std::atan2(q, d);
  return {q / 4 + ((q * q + a * b * d * d) / (p * d) + q * g) / (2 * pi),
          0.25 + g / (2 * pi) + q / (2 * pi * d) * (1 / (d * d) + (1 - a * b) / p + 1)};
}

Moments moments(const TensorLayer& l, double q, double a, double b) {
  if (l.type == "relu") return relu(q, a, b);
  if (l.type == "abs") return slopes(-1, 1, q, a, b);
  if (l.type == "leaky_relu") return slopes(l.a, 1, q, a, b);
  if (l.type == "erf") return erf_layer(l.a, l.b, l.c, q, a, b);
  if (l.type == "gelu") return gelu(q, a, b);
  if (l.type == "sin") {
    const double plus = std::exp(l.b * l.b * (q - (a + b) / 2)),
                 minus = std::cos(2 * l.c) * std::exp(-l.b * l.b * (q + (a + b) / 2));
    return {l.a * l.a / 2 * (plus - minus), l.a * l.a * l.b * l.b / 2 * (plus + minus)};
  }
  const double t = std::exp(-l.a * (a + b - 2 * q));  // rbf
  return {t, 2 * l.a * t};
}

bool is_function(const std::string& type) {
  for (const char* f : {"relu", "abs", "leaky_relu", "erf", "gelu", "sin", "rbf"})
    if (type == f) return true;
  return false;
}

// One covariance [site, site] and the NTK; of pairs, or of a sample with itself.
struct Tensor {
  std::vector<double> k, t;
};

// The pair, and both samples with themselves.
struct State {
  std::vector<int> sites;
  Tensor pair, one, two;
  double width = 1;
};

int count(const std::vector<int>& sites) {
  return std::accumulate(sites.begin(), sites.end(), 1, std::multiplies<>());
}

// For every tap of a window, of every output site the input site; -1: padding.
std::vector<std::vector<int>> taps_of(const TensorLayer& l, const std::vector<int>& in,
                                      std::vector<int>& out) {
  const std::size_t axes = in.size();
  const auto stride = [&](std::size_t a) { return l.strides.empty() ? 1 : l.strides[a]; };
  const auto dilation = [&](std::size_t a) { return l.dilation.empty() ? 1 : l.dilation[a]; };
  out.clear();
  for (std::size_t a = 0; a < axes; ++a)
    out.push_back(output_sites(in[a], l.window[a], stride(a), dilation(a), l.padding));
  std::vector<std::vector<int>> taps(static_cast<std::size_t>(count(l.window)));
  for (std::size_t tap = 0; tap < taps.size(); ++tap)
    for (int i = 0; i < count(out); ++i) {
      int site = 0, scale = 1, rest_i = i, rest_tap = static_cast<int>(tap);
      bool inside = true;
      for (std::size_t a = axes; a-- > 0;) {
        const int p = site_read(in[a], l.window[a], stride(a), dilation(a), l.padding,
                                rest_i % out[a], rest_tap % l.window[a]);
        rest_i /= out[a];
        rest_tap /= l.window[a];
        inside = inside && p >= 0;
        site += p * scale;
        scale *= in[a];
      }
      taps[tap].push_back(inside ? site : -1);
    }
  return taps;
}

std::vector<double> convolved(const std::vector<double>& k, int n,
                              const std::vector<std::vector<int>>& taps) {
  const std::size_t m = taps.front().size();
  std::vector<double> out(m * m);
  for (const auto& tap : taps)
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < m; ++j)
        if (tap[i] >= 0 && tap[j] >= 0)
          out[i * m + j] +=
              k[static_cast<std::size_t>(tap[i] * n + tap[j])] / static_cast<double>(taps.size());
  return out;
}

std::vector<double> pooled(const std::vector<double>& k, int n,
                           const std::vector<std::vector<int>>& taps,
                           const std::vector<double>& divisor) {
  const std::size_t m = divisor.size();
  std::vector<double> out(m * m);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < m; ++j)
      for (const auto& t : taps)
        for (const auto& u : taps)
          if (t[i] >= 0 && u[j] >= 0)
            out[i * m + j] +=
                k[static_cast<std::size_t>(t[i] * n + u[j])] / divisor[i] / divisor[j];
  return out;
}

template <class F>
void on_all(State& s, F f) {
  for (Tensor* t : {&s.pair, &s.one, &s.two}) f(*t);
}

void affine(const TensorLayer& l, State& s) {
  const int n = count(s.sites);
  double window = 1;
  if (l.type == "conv") {
    std::vector<int> out;
    const auto taps = taps_of(l, s.sites, out);
    window = count(l.window);
    on_all(s, [&](Tensor& t) { t = {convolved(t.k, n, taps), convolved(t.t, n, taps)}; });
    s.sites = out;
  }
  const double w = l.W_std * l.W_std, b = l.b_std * l.b_std;
  on_all(s, [&](Tensor& t) {
    for (std::size_t i = 0; i < t.k.size(); ++i) {
      const double mapped = w * t.k[i] + b;
      t.t[i] = w * t.t[i] + (!l.trainable ? 0
                             : l.standard ? s.width * window * t.k[i] + 1
                                          : mapped);
      t.k[i] = mapped;
    }
  });
  s.width = l.channels;
}

void pool(const TensorLayer& l, State& s) {
  const int n = count(s.sites);
  std::vector<int> out;
  const auto taps = taps_of(l, s.sites, out);
  std::vector<double> divisor(static_cast<std::size_t>(count(out)), 1);
  for (std::size_t i = 0; i < divisor.size(); ++i)
    if (l.type == "avg_pool")
      divisor[i] = l.normalize_edges
                       ? static_cast<double>(std::count_if(taps.begin(), taps.end(),
                                                           [&](auto& t) { return t[i] >= 0; }))
                       : count(l.window);
  on_all(s, [&](Tensor& t) { t = {pooled(t.k, n, taps, divisor), pooled(t.t, n, taps, divisor)}; });
  s.sites = out;
}

void global(const TensorLayer& l, State& s) {
  const auto n = static_cast<std::size_t>(count(s.sites));
  const bool flat = l.type == "flatten";
  const auto of = [&](const std::vector<double>& k) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (!flat || i == j) sum += k[i * n + j];
    const auto sites = static_cast<double>(n);
    return std::vector<double>{sum / (flat                          ? sites
                                      : l.type == "global_avg_pool" ? sites * sites
                                                                    : 1)};
  };
  on_all(s, [&](Tensor& t) { t = {of(t.k), of(t.t)}; });
  if (flat) s.width *= static_cast<double>(n);
  s.sites.clear();
}

// f(value or factor of the covariance, slope of the NTK) of (q, a, b), entry by entry.
template <class F>
void pointwise(State& s, F f) {
  const auto n = static_cast<std::size_t>(count(s.sites));
  const auto diagonal = [&](const Tensor& t) {
    std::vector<double> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = t.k[i * n + i];
    return v;
  };
  const std::vector<double> one = diagonal(s.one), two = diagonal(s.two);
  const auto apply = [&](Tensor& t, const std::vector<double>& a, const std::vector<double>& b) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const Moments m = f(t.k[i * n + j], a, i, b, j);
        t.k[i * n + j] = m.value;
        t.t[i * n + j] *= m.slope;
      }
  };
  apply(s.pair, one, two);
  apply(s.one, one, one);
  apply(s.two, two, two);
}

void normalise(const TensorLayer& l, State& s) {
  constexpr double eps = 1e-12;
  const auto of = [&](const std::vector<double>& v, std::size_t i) {
    if (l.axis == "channel") return v[i] + eps;
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()) + eps;
  };
  pointwise(s, [&](double q, const auto& a, std::size_t i, const auto& b, std::size_t j) {
    const double f = 1 / std::sqrt(of(a, i) * of(b, j));
    return Moments{q * f, f};
  });
}

State through(const TensorNetwork& network, State s);

void combine(const TensorLayer& l, State& s) {
  std::vector<State> branches;
  double width = 0;
  for (const TensorNetwork& branch : l.inputs) {
    branches.push_back(through(branch, s));
    width += branches.back().width;
  }
  const auto join = [&](Tensor State::*which) {
    Tensor joined;
    for (std::size_t b = 0; b < branches.size(); ++b) {
      const Tensor& t = branches[b].*which;
      if (b == 0) {
        joined = t;
        if (l.type != "concat") continue;
      }
      const double share = branches[b].width / width;
      for (std::size_t i = 0; i < t.k.size(); ++i) {
        if (l.type == "sum") {
          joined.k[i] += t.k[i];
          joined.t[i] += t.t[i];
        } else if (l.type == "product") {
          joined.t[i] = joined.t[i] * t.k[i] + joined.k[i] * t.t[i];
          joined.k[i] *= t.k[i];
        } else {
          joined.k[i] = (b == 0 ? 0 : joined.k[i]) + share * t.k[i];
          joined.t[i] = (b == 0 ? 0 : joined.t[i]) + share * t.t[i];
        }
      }
    }
    return joined;
  };
  State result{branches.front().sites, join(&State::pair), join(&State::one), join(&State::two),
               l.type == "concat" ? width : branches.front().width};
  s = std::move(result);
}

State through(const TensorNetwork& network, State s) {
  for (const TensorLayer& l : network) {
    if (l.type == "dense" || l.type == "conv")
      affine(l, s);
    else if (l.type == "avg_pool" || l.type == "sum_pool")
      pool(l, s);
    else if (l.type == "flatten" || l.type == "global_avg_pool" || l.type == "global_sum_pool")
      global(l, s);
    else if (l.type == "layer_norm")
      normalise(l, s);
    else if (is_function(l.type))
      pointwise(s, [&](double q, const auto& a, std::size_t i, const auto& b, std::size_t j) {
        return moments(l, q, a[i], b[j]);
      });
    else
      combine(l, s);
  }
  return s;
}

std::string list(const std::vector<int>& v) {
  std::string text = "[";
  for (std::size_t i = 0; i < v.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(v[i]);
  return text + "]";
}

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", v);
  return text;
}

std::string to_json(const TensorLayer& l) {
  std::string j = R"({"type": ")" + l.type + "\"";
  const auto add = [&](const char* key, const std::string& value) {
    j += std::string(R"(, ")") + key + "\": " + value;
  };
  const bool conv = l.type == "conv", pools = l.type == "avg_pool" || l.type == "sum_pool";
  if (conv || pools) {
    add(conv ? "filter_shape" : "window_shape", list(l.window));
    if (!l.strides.empty()) add("strides", list(l.strides));
    if (!l.dilation.empty()) add("dilation", list(l.dilation));
    add("padding", "\"" + l.padding + "\"");
  }
  if (l.type == "avg_pool") add("normalize_edges", l.normalize_edges ? "true" : "false");
  if (conv || l.type == "dense") {
    add(conv ? "channels" : "width", std::to_string(l.channels));
    add("W_std", number(l.W_std));
    add("b_std", number(l.b_std));
    if (l.standard) add("parameterization", R"("standard")");
    if (!l.trainable) add("trainable", "false");
  }
  if (l.type == "layer_norm") add("axis", "\"" + l.axis + "\"");
  if (l.type == "leaky_relu") add("alpha", number(l.a));
  if (l.type == "rbf") add("gamma", number(l.a));
  if (l.type == "erf" || l.type == "sin") {
    add("a", number(l.a));
    add("b", number(l.b));
    add("c", number(l.c));
  }
  if (!l.inputs.empty()) {
    std::string inputs;
    for (const TensorNetwork& branch : l.inputs)
      inputs += (inputs.empty() ? "" : ", ") + test::to_json(branch);
    add("inputs", "[" + inputs + "]");
  }
  return j + "}";
}

std::vector<double> covariances(const Matrix& x, std::int64_t i, const Matrix& y, std::int64_t j,
                                int sites) {
  const std::int64_t channels = x.cols() / sites;
  std::vector<double> k;
  for (std::int64_t p = 0; p < sites; ++p)
    for (std::int64_t q = 0; q < sites; ++q) {
      double sum = 0;
      for (std::int64_t c = 0; c < channels; ++c)
        sum += x(i, p * channels + c) * y(j, q * channels + c);
      k.push_back(sum / static_cast<double>(channels));
    }
  return k;
}

// The whole tensors of samples i and j after the network.
State of_pair(const TensorNetwork& network, const std::vector<int>& sites, const Matrix& x1,
              std::int64_t i, const Matrix& x2, std::int64_t j) {
  const int n = count(sites);
  const auto of = [&](const Matrix& x, std::int64_t a, const Matrix& y, std::int64_t b) {
    std::vector<double> k = covariances(x, a, y, b, n);
    const std::size_t size = k.size();
    return Tensor{std::move(k), std::vector<double>(size)};
  };
  return through(network, {sites, of(x1, i, x2, j), of(x1, i, x1, i), of(x2, j, x2, j),
                           static_cast<double>(x1.cols() / n)});
}

}  // namespace

int output_sites(int n, int k, int s, int dilation, const std::string& padding) {
  return padding == "VALID" ? (n - (k - 1) * dilation - 1) / s + 1 : (n + s - 1) / s;
}

int site_read(int n, int k, int s, int dilation, const std::string& padding, int i, int tap) {
  int low = 0;
  if (padding != "VALID") {
    const int total =
        (output_sites(n, k, s, dilation, padding) - 1) * s + (k - 1) * dilation + 1 - n;
    low = std::max(total, 0) / 2;
  }
  const int p = i * s + tap * dilation - low;
  if (padding == "CIRCULAR") return (p % n + n) % n;
  return p >= 0 && p < n ? p : -1;
}

std::string to_json(const TensorNetwork& network) {
  std::string j;
  for (const TensorLayer& l : network) j += (j.empty() ? "" : ", ") + to_json(l);
  return "[" + j + "]";
}

TensorKernels full_tensor(const TensorNetwork& network, const std::vector<int>& sites,
                          const Matrix& x1, const Matrix& x2) {
  TensorKernels result{Matrix(x1.rows(), x2.rows()), Matrix(x1.rows(), x2.rows()), {}, {}};
  for (std::int64_t i = 0; i < x1.rows(); ++i)
    for (std::int64_t j = 0; j < x2.rows(); ++j) {
      const State end = of_pair(network, sites, x1, i, x2, j);
      result.nngp(i, j) = end.pair.k.front();
      result.ntk(i, j) = end.pair.t.front();
      if (j == 0) result.variance1.push_back(end.one.k.front());
      if (i == 0) result.variance2.push_back(end.two.k.front());
    }
  return result;
}

std::vector<TensorStatistics> full_tensor_statistics(const TensorNetwork& network,
                                                     const std::vector<int>& sites,
                                                     const Matrix& x) {
  std::vector<TensorStatistics> result(network.size());
  const auto samples = static_cast<double>(x.rows());
  for (std::size_t layers = 1; layers <= network.size(); ++layers) {
    TensorStatistics& r = result[layers - 1];
    const TensorNetwork part(network.begin(),
                             network.begin() + static_cast<std::ptrdiff_t>(layers));
    for (std::int64_t i = 0; i < x.rows(); ++i)
      for (std::int64_t j = 0; j < x.rows(); ++j) {
        const State end = of_pair(part, sites, x, i, x, j);
        const auto n = static_cast<std::size_t>(count(end.sites));
        const auto of_site = static_cast<double>(n);
        for (std::size_t at = 0; at < n * n; at += n + 1) {
          if (i == j) {
            r.variance += end.one.k[at] / of_site / samples;
            r.ntk += end.one.t[at] / of_site / samples;
          } else {
            r.correlation += end.pair.k[at] / std::sqrt(end.one.k[at] * end.two.k[at]) / of_site /
                             samples / (samples - 1);
          }
        }
      }
  }
  return result;
}

}  // namespace widelimit::test
