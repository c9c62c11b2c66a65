// Covariances between all sites of two images, held as a whole: what maps of windows make of them,
// literally from the formulas, and the fields of single displacements taken out of them.
//
// Thread safety: values and free functions.
#pragma once

#include "plugins/support/tile.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {

using Extents = std::vector<std::int64_t>;

inline std::int64_t product(const Extents& n) {
  std::int64_t all = 1;
  for (const std::int64_t x : n) all *= x;
  return all;
}

/// Coordinates of a site, and back (C order).
inline Extents coordinates(std::int64_t site, const Extents& n) {
  Extents p(n.size());
  for (std::size_t a = n.size(); a-- > 0; site /= n[a]) p[a] = site % n[a];
  return p;
}
inline std::int64_t site_at(const Extents& p, const Extents& n) {
  std::int64_t site = 0;
  for (std::size_t a = 0; a < n.size(); ++a) site = site * n[a] + p[a];
  return site;
}

/// A window on an image, from the usual rules: n sites, k taps, stride s, dilation d; VALID gives
/// floor((n - r) / s) + 1 sites, r = (k - 1) d + 1, SAME and CIRCULAR ceil(n / s), with
/// max((ceil(n / s) - 1) s + r - n, 0) sites of padding, the smaller half of them in front.
struct Windows {
  Extents n, k, s, d;
  std::string padding;
  Extents out, low;

  Windows(Extents image, Extents window, Extents strides, Extents dilation, std::string pad)
      : n(std::move(image)),
        k(std::move(window)),
        s(std::move(strides)),
        d(std::move(dilation)),
        padding(std::move(pad)) {
    s.resize(n.size(), 1);
    d.resize(n.size(), 1);
    for (std::size_t a = 0; a < n.size(); ++a) {
      const std::int64_t r = (k[a] - 1) * d[a] + 1;
      if (padding == "VALID") {
        out.push_back((n[a] - r) / s[a] + 1);
        low.push_back(0);
      } else {
        out.push_back((n[a] + s[a] - 1) / s[a]);
        low.push_back(std::max<std::int64_t>((out[a] - 1) * s[a] + r - n[a], 0) / 2);
      }
    }
  }

  /// The site that a tap of an output site reads; -1: padding.
  [[nodiscard]] std::int64_t read(const Extents& i, const Extents& tap) const {
    Extents p(n.size());
    for (std::size_t a = 0; a < n.size(); ++a) {
      p[a] = i[a] * s[a] + tap[a] * d[a] - low[a];
      if (padding == "CIRCULAR") p[a] = ((p[a] % n[a]) + n[a]) % n[a];
      if (p[a] < 0 || p[a] >= n[a]) return -1;
    }
    return site_at(p, n);
  }

  [[nodiscard]] Parameters parameters(const std::string& window_name) const {
    const auto list = [](const Extents& x) { return std::vector<double>(x.begin(), x.end()); };
    Parameters p{{window_name, list(k)}, {"strides", list(s)}, {"padding", padding}};
    if (window_name == "filter_shape") p["dilation"] = list(d);
    return p;
  }
};

/// K[p, q] between the sites of two images.
struct Tensor {
  Extents n;
  std::vector<double> k;

  explicit Tensor(Extents extents)
      : n(std::move(extents)), k(static_cast<std::size_t>(product(n) * product(n))) {}
  [[nodiscard]] double& at(std::int64_t p, std::int64_t q) {
    return k[static_cast<std::size_t>(p * product(n) + q)];
  }
  [[nodiscard]] double at(std::int64_t p, std::int64_t q) const {
    return k[static_cast<std::size_t>(p * product(n) + q)];
  }
};

/// M K M' for M [output site, input site] given as a function.
inline Tensor congruence(const Tensor& in, const Extents& out,
                         const std::function<double(std::int64_t, std::int64_t)>& m) {
  Tensor result(out);
  const std::int64_t P = product(in.n), I = product(out);
  std::vector<double> half(static_cast<std::size_t>(I * P));
  for (std::int64_t i = 0; i < I; ++i)
    for (std::int64_t p = 0; p < P; ++p)
      if (const double w = m(i, p); w != 0)
        for (std::int64_t q = 0; q < P; ++q)
          half[static_cast<std::size_t>(i * P + q)] += w * in.at(p, q);
  for (std::int64_t j = 0; j < I; ++j)
    for (std::int64_t q = 0; q < P; ++q)
      if (const double w = m(j, q); w != 0)
        for (std::int64_t i = 0; i < I; ++i)
          result.at(i, j) += w * half[static_cast<std::size_t>(i * P + q)];
  return result;
}

/// The field of one displacement, zero or cut out of tensors: lane l holds l + 1 times what they
/// hold.
template <class T>
struct TensorField {
  Extents n, origin, extent, d;
  std::int64_t lanes;
  Aligned<T> nngp, ntk;
  bool has_ntk;

  TensorField(const Extents& image, const Extents& displacement, std::int64_t n_lanes,
              bool with_ntk = true)
      : n(image), d(displacement), lanes(n_lanes), has_ntk(with_ntk) {
    for (std::size_t a = 0; a < n.size(); ++a) {
      origin.push_back(std::max<std::int64_t>(0, -d[a]));
      extent.push_back(n[a] - std::abs(d[a]));
    }
    nngp.resize(static_cast<std::size_t>(product(extent) * lanes));
    ntk.resize(nngp.size());
  }
  void take(const Tensor& K, const Tensor& Theta) {
    for_each_entry([&](std::int64_t p, std::int64_t q, std::int64_t lane, std::size_t at) {
      nngp[at] = static_cast<T>(static_cast<double>(lane + 1) * K.at(p, q));
      ntk[at] = static_cast<T>(static_cast<double>(lane + 1) * Theta.at(p, q));
    });
  }
  /// f(p, q, lane, index).
  template <class F>
  void for_each_entry(F f) const {
    for (std::int64_t site = 0; site < product(extent); ++site) {
      Extents p = coordinates(site, extent), q(n.size());
      for (std::size_t a = 0; a < n.size(); ++a) {
        p[a] += origin[a];
        q[a] = p[a] + d[a];
      }
      for (std::int64_t lane = 0; lane < lanes; ++lane)
        f(site_at(p, n), site_at(q, n), lane, static_cast<std::size_t>(site * lanes + lane));
    }
  }
  [[nodiscard]] widelimit_field field() {
    widelimit_field f{};
    f.struct_size = sizeof f;
    f.dtype = std::is_same_v<T, float> ? WIDELIMIT_F32 : WIDELIMIT_F64;
    f.rank = static_cast<std::int32_t>(n.size());
    f.lanes = lanes;
    for (int a = 0; a < 4; ++a) {
      const auto at = static_cast<std::size_t>(a);
      f.extent[a] = at < n.size() ? extent[at] : 1;
      f.origin[a] = at < n.size() ? origin[at] : 0;
      f.displacement[a] = at < n.size() ? d[at] : 0;
    }
    f.nngp = nngp.data();
    f.ntk = has_ntk ? ntk.data() : nullptr;
    return f;
  }
};

/// Every displacement between two sites of an image.
inline std::vector<Extents> displacements(const Extents& n) {
  Extents twice;
  for (const std::int64_t x : n) twice.push_back(2 * x - 1);
  std::vector<Extents> all;
  for (std::int64_t i = 0; i < product(twice); ++i) {
    all.push_back(coordinates(i, twice));
    for (std::size_t a = 0; a < n.size(); ++a) all.back()[a] -= n[a] - 1;
  }
  return all;
}

}  // namespace widelimit::plugin_tests
