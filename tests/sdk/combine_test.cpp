// Layers of several inputs in every copy, each input with a pending map of its own.
#include "copies.hpp"
#include "types.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using widelimit::test::Bundle;
using widelimit::test::Copy;
using widelimit::test::LayerObject;
using widelimit::test::Options;
using widelimit::test::Planned;
using widelimit::test::random_bundle;
using widelimit::test::Result;
using widelimit::test::shape;

struct Entry {
  double k, theta;
};

widelimit_linear map(double scale, double bias, double ntk_nngp, double ntk_bias) {
  widelimit_linear m = widelimit::test::identity_map();
  m.scale = scale;
  m.bias = bias;
  m.ntk_nngp = ntk_nngp;
  m.ntk_bias = ntk_bias;
  return m;
}

/// What the three layers do, straight from math: sums, the product rule, shares of channels.
Entry expected(const std::string& name, const std::vector<Entry>& in,
               const std::vector<std::int64_t>& channels) {
  Entry out{name == "product" ? 1.0 : 0.0, 0};
  double all = 0;
  for (const std::int64_t c : channels) all += static_cast<double>(c);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (name == "product") {
      double others = 1;
      for (std::size_t j = 0; j < in.size(); ++j)
        if (j != i) others *= in[j].k;
      out.k *= in[i].k;
      out.theta += in[i].theta * others;
    } else {
      const double share = name == "concat" ? static_cast<double>(channels[i]) / all : 1;
      out.k += share * in[i].k;
      out.theta += share * in[i].theta;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("sum, product and concat of 2, 3, 8, 9 and 20 inputs agree with their formulas") {
  const widelimit_linear common = map(1.5, 0.1, 1.5, 0.1), general = map(0.5, 0.25, 6, 1);
  for (const Copy& copy : widelimit::test::copies())
    for (const char* name : {"sum", "product", "concat"})
      for (const std::size_t n : {2u, 3u, 8u, 9u, 20u})
        for (const auto dtype : {WIDELIMIT_F32, WIDELIMIT_F64})
          for (const bool ntk : {false, true})
            for (const bool in_place : {false, true}) {
              CAPTURE(copy.name);
              CAPTURE(name);
              CAPTURE(n);
              CAPTURE(dtype);
              CAPTURE(ntk);
              CAPTURE(in_place);
              const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), name));
              const Bundle b = random_bundle(3, 32, n);
              Options options;
              options.dtype = static_cast<std::uint32_t>(dtype);
              options.ntk = ntk;
              options.in_place = in_place;
              options.variances = false;
              std::vector<std::int64_t> channels;
              for (std::size_t i = 0; i < n; ++i) {
                options.pending.push_back(i % 3 == 0 ? nullptr : i % 3 == 1 ? &common : &general);
                channels.push_back(static_cast<std::int64_t>(8 + i));
                options.shapes.push_back(shape(channels.back()));
              }
              const Result result = widelimit::test::transform(layer, b, options);
              REQUIRE_MESSAGE(result.status == WIDELIMIT_OK, result.message);
              const double eps = dtype == WIDELIMIT_F32 ? 0x1p-23 : 0x1p-52;
              for (std::size_t at = 0; at < b.size(); ++at) {
                std::vector<Entry> in;
                double size = 1;  // of the largest term, to which rounding is relative
                for (std::size_t i = 0; i < n; ++i) {
                  Entry e{b.nngp[i][at], b.ntk[i][at]};
                  if (const auto* m = options.pending[i])
                    e = {m->scale * e.k + m->bias,
                         m->ntk_nngp * e.k + m->scale * e.theta + m->ntk_bias};
                  in.push_back(e);
                  const double largest =
                      2 * std::max({1.0, std::abs(e.k), std::abs(e.theta), 6.0 * 3});
                  size = std::string(name) == "product" ? size * std::max(1.0, std::abs(e.k))
                                                        : size + largest;
                }
                if (std::string(name) == "product") size *= 20.0 * static_cast<double>(n);
                const Entry want = expected(name, in, channels);
                const double bound = static_cast<double>(2 * n) * eps * size;
                REQUIRE(std::abs(result.nngp[at] - want.k) <= bound);
                if (ntk) REQUIRE(std::abs(result.ntk[at] - want.theta) <= bound);
              }
            }
}

TEST_CASE("a combining layer plans for pending maps and states what inputs must have in common") {
  const widelimit_plugin& plugin = *widelimit::test::copies()[0].plugin();
  const LayerObject sum(widelimit::test::layer_type(plugin, "sum"));
  CHECK(sum.type().min_inputs == 2);
  CHECK(sum.type().max_inputs == 0);
  const Planned good(sum, {shape(0), shape(8), shape(0)});
  REQUIRE(good.status == WIDELIMIT_OK);
  CHECK(good.plan.nature == WIDELIMIT_POINTWISE);
  CHECK(good.plan.traits == WIDELIMIT_TRAIT_TAKES_PENDING);
  CHECK(good.output.channels == 8);
  CHECK(good.output.flags == WIDELIMIT_SHAPE_GAUSSIAN);
  const Planned widths(sum, {shape(4), shape(8)});
  CHECK(widths.status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(widths.error.message) ==
        "all inputs need the same number of channels: input 1 has 8, those before it have 4");
  const Planned sites(sum, {shape(4, {5}), shape(4, {5, 2})});
  CHECK(std::string(sites.error.message) ==
        "all inputs need the same spatial axes: input 1 has 5 x 2, input 0 has 5");
  const Planned alone(sum, {shape(4)});
  CHECK(std::string(alone.error.message) == "takes 2 or more inputs, got 1");

  const LayerObject concat(widelimit::test::layer_type(plugin, "concat"));
  const Planned together(concat, {shape(4), shape(8)});
  CHECK(together.output.channels == 12);
  CHECK(together.output.flags == 0);
  const Planned unknown(concat, {shape(4), shape(0)});
  CHECK(unknown.status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(unknown.error.message).find("input 1") != std::string::npos);
}
