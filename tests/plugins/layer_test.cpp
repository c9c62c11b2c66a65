// Layers that are data, normalise or combine: the worked examples of their mathematics, their
// plans, and what they refuse.
#include "plugins/support/tile.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

struct Kernel {
  double nngp, ntk;
};

/// A linear layer's rule on one entry (abi.h).
Kernel apply(const widelimit_linear& map, Kernel in) {
  return {map.scale * in.nngp + map.bias,
          map.ntk_nngp * in.nngp + map.scale * in.ntk + map.ntk_bias};
}

/// One entry of each input through a combining layer; all 16 lanes are alike.
template <class T = double>
Kernel combine(const Layer& layer, const std::vector<Kernel>& in,
               const widelimit_linear* pending = nullptr) {
  std::vector<Tile<T>> tiles;
  for (const Kernel& kernel : in) {
    tiles.emplace_back(1, 16);
    tiles.back().nngp.assign(16, static_cast<T>(kernel.nngp));
    tiles.back().ntk.assign(16, static_cast<T>(kernel.ntk));
  }
  const Aligned<T> one(1, T(1)), each(16, T(1));
  const Tile<T> out = transform(layer, tiles, one, each, pending);
  return {static_cast<double>(out.nngp[5]), static_cast<double>(out.ntk[5])};
}

bool close(double a, double b, double tolerance = 1e-12) { return std::abs(a - b) <= tolerance; }

Refusal refused(const std::function<void()>& f) {
  try {
    f();
  } catch (const Refusal& refusal) {
    return refusal;
  }
  throw std::runtime_error("it was not refused");
}

}  // namespace

TEST_CASE("dense, relu, dense: the worked example in both parameterizations") {
  const Library dense("dense");
  const Layer relu(Library("relu"), "relu");
  const double K = -0.5, first = 2.5, second = 3.125;
  Parameters p{{"W_std", 1.5}, {"b_std", 0.1}};
  const widelimit_shape in = shape(2, {}, 0);

  SUBCASE("ntk") {
    const Layer layer(dense, "dense", p, {in});
    CHECK(layer.nature == WIDELIMIT_LINEAR);
    CHECK((layer.traits & WIDELIMIT_TRAIT_HAS_WEIGHTS) != 0);
    CHECK((layer.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0);
    CHECK(layer.output.channels == 0);
    const Kernel pair = apply(layer.linear, {K, 0});
    CHECK(close(pair.nngp, -1.115));
    CHECK(close(pair.ntk, -1.115));
    const double v1 = apply(layer.linear, {first, 0}).nngp;
    const double v2 = apply(layer.linear, {second, 0}).nngp;
    CHECK(close(v1, 5.635));
    CHECK(close(v2, 7.04125));
    const MomentPair m = moments_at<double>(relu, {pair.nngp, v1, v2});
    CHECK(close(m.value, 0.739515015955));
    CHECK(close(m.slope, 0.221678408647));
    const Kernel after{m.value, m.slope * pair.ntk};
    CHECK(close(after.ntk, -0.247171425641));
    const Kernel out = apply(layer.linear, after);
    CHECK(close(out.nngp, 1.673908785899, 2e-12));
    CHECK(close(out.ntk, 1.117773078207, 2e-12));
  }
  SUBCASE("standard") {
    p["parameterization"] = std::string("standard");
    p["width"] = 8.0;
    const Layer one(dense, "dense", p, {in});
    CHECK(one.output.channels == 8);
    const Kernel pair = apply(one.linear, {K, 0});
    CHECK(close(pair.nngp, -1.115));
    CHECK(close(pair.ntk, 0));
    const Layer two(dense, "dense", p, {one.output});
    CHECK(close(apply(two.linear, {0.739515015955, 0}).ntk, 6.916120127641, 1e-11));
  }
}

TEST_CASE("under the standard parameterization a bias exists where b_std is written, be it 0") {
  const Library dense("dense");
  const std::string standard = "standard";
  const auto ntk_bias = [&](Parameters p) {
    return Layer(dense, "dense", std::move(p), {shape(3)}).linear.ntk_bias;
  };
  CHECK(ntk_bias({{"parameterization", standard}}) == 0);
  CHECK(ntk_bias({{"parameterization", standard}, {"b_std", 0.0}}) == 1);
  CHECK(ntk_bias({{"parameterization", standard}, {"b_std", 0.5}}) == 1);
  CHECK(ntk_bias({}) == 0);
  CHECK(ntk_bias({{"b_std", 0.0}}) == 0);
  CHECK(ntk_bias({{"b_std", 0.5}}) == 0.25);
}

TEST_CASE("a frozen dense layer adds nothing of its own to the NTK") {
  const Library dense("dense");
  for (const char* const parameterization : {"ntk", "standard"}) {
    const Layer layer(dense, "dense",
                      {{"W_std", 1.5},
                       {"b_std", 0.1},
                       {"trainable", false},
                       {"parameterization", std::string(parameterization)}},
                      {shape(0)});
    const Kernel out = apply(layer.linear, {0.7, 2.0});
    CHECK(close(out.nngp, 2.25 * 0.7 + 0.01));
    CHECK(close(out.ntk, 2.25 * 2.0));
  }
}

TEST_CASE("the fan-in after flatten counts sites times channels") {
  const Layer flatten(Library("flatten"), "flatten", {}, {shape(3, {4, 5}, 0)});
  CHECK(flatten.output.channels == 60);
  CHECK(flatten.output.n_spatial == 0);
  CHECK((flatten.traits & WIDELIMIT_TRAIT_FLATTENS) != 0);
  const Layer dense(Library("dense"), "dense", {{"parameterization", std::string("standard")}},
                    {flatten.output});
  CHECK(dense.linear.ntk_nngp == 60);
}

TEST_CASE("dense refuses what it cannot plan, and says what to write") {
  const Library dense("dense");
  const Parameters standard{{"parameterization", std::string("standard")}};
  const Refusal unknown = refused([&] { const Layer layer(dense, "dense", standard, {shape(0)}); });
  CHECK(unknown.status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(unknown.what()).find("\"width\"") != std::string::npos);
  const Refusal width = refused([&] { const Layer layer(dense, "dense", {{"width", 0.0}}); });
  CHECK(width.status == WIDELIMIT_E_PARAMS);
  CHECK(width.pointer == "/width");
  const Refusal word = refused([&] {
    const Layer layer(dense, "dense", {{"parameterization", std::string("ntp")}});
  });
  CHECK(word.pointer == "/parameterization");
  const Refusal negative = refused([&] { const Layer layer(dense, "dense", {{"W_std", -1.0}}); });
  CHECK(negative.pointer == "/W_std");
}

TEST_CASE("identity changes nothing and keeps what its input is") {
  for (const std::uint32_t flags : {0U, 1U}) {
    const Layer layer(Library("identity"), "identity", {}, {shape(5, {2}, flags)});
    CHECK(layer.nature == WIDELIMIT_LINEAR);
    CHECK((layer.traits & WIDELIMIT_TRAIT_HAS_WEIGHTS) == 0);
    CHECK(layer.output.channels == 5);
    CHECK(layer.output.flags == flags);
    const Kernel out = apply(layer.linear, {0.3, 0.8});
    CHECK(out.nngp == 0.3);
    CHECK(out.ntk == 0.8);
  }
}

TEST_CASE("flatten takes the mean over equal sites, the worked example") {
  // The first layer's covariance of one sample with 4 sites, its diagonal
  // being 3.43.., 4.1, 9.43.., 6.76..
  const Layer layer(Library("flatten"), "flatten", {}, {shape(1, {4})});
  const std::vector<double> diagonal{3 + 13.0 / 30, 4.1, 9 + 13.0 / 30, 6 + 23.0 / 30};
  Tile<double> in(4, 16), out(1, 16);
  for (std::size_t i = 0; i < in.entries(); ++i) {
    in.nngp[i] = diagonal[i / 16];
    in.ntk[i] = 2 * diagonal[i / 16];
  }
  widelimit_field input = in.field(), output = out.field();
  output.rank = 0;
  widelimit_field* const outputs[] = {&output};
  widelimit_gather gather{};
  gather.struct_size = sizeof gather;
  gather.n_outputs = 1;
  gather.outputs = outputs;
  gather.input = &input;
  gather.n_inputs = 1;
  gather.in_shape = layer.input_pointers().data();
  const widelimit_infinite_face& face = *layer.type().infinite;
  for (const auto step : {face.begin, face.accumulate, face.finish})
    call([&](widelimit_error* e) { return step(layer.get(), &gather, e); });
  for (std::size_t lane = 0; lane < 16; ++lane) {
    CHECK(close(out.nngp[lane], 5.933333333333333, 4e-15));
    CHECK(close(out.ntk[lane], 2 * 5.933333333333333, 8e-15));
  }
  widelimit_reads reads{};
  std::int64_t displacement[2][4] = {{7, 7, 7, 7}, {7, 7, 7, 7}};
  reads.struct_size = sizeof reads;
  reads.n_inputs = 1;
  reads.in_shape = layer.input_pointers().data();
  reads.capacity = 2;
  reads.displacements = displacement;
  call([&](widelimit_error* e) { return face.reads(layer.get(), &reads, e); });
  CHECK(reads.count == 1);
  CHECK(displacement[0][0] == 0);
}

TEST_CASE("layer_norm over channels gives correlations, the worked example") {
  const Layer layer(Library("layer_norm"), "layer_norm");
  CHECK((layer.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0);
  CHECK((layer.traits & WIDELIMIT_TRAIT_NEEDS_GAUSSIAN) != 0);
  CHECK((layer.traits & WIDELIMIT_TRAIT_NEEDS_SITE_MEAN) == 0);
  const double v[] = {3 + 13.0 / 30, 4.1, 9 + 13.0 / 30, 6 + 23.0 / 30};
  struct Entry {
    int i, j;
    double covariance, correlation;
  };
  for (const Entry& e : {Entry{0, 1, 0.1, .026653},
                         {0, 2, 3 + 13.0 / 30, .603289},
                         {0, 3, 2.1, .435686},
                         {1, 2, -1.9, -.305513},
                         {1, 3, 3 + 13.0 / 30, .651833},
                         {2, 3, -3 - 7.0 / 30, -.404697}}) {
    const MomentPair m = moments_at<double>(layer, {e.covariance, v[e.i], v[e.j]});
    CHECK(close(m.value, e.correlation, 5.1e-7));  // printed to 6 digits
    CHECK(close(m.slope, 1 / std::sqrt(v[e.i] * v[e.j]), 1e-12));
  }
}

TEST_CASE("layer_norm adds eps to variances alone, and a sample against itself is exact") {
  for (const std::string& isa : instruction_sets()) {
    const Layer layer(Library("layer_norm", isa), "layer_norm", {{"eps", 0.5}});
    CHECK(moments_at<double>(layer, {1.5, 1.5, 1.5}).value == 0.75);
    CHECK(moments_at<double>(layer, {1.5, 1.5, 1.5}).slope == 0.5);
    const Layer usual(Library("layer_norm", isa), "layer_norm");
    for (const double variance : {1e-6, 0.3, 1.3, 7e9}) {
      const float single = static_cast<float>(variance);
      const double v = static_cast<double>(single);
      CHECK(moments_at<float>(usual, {v, v, v}).value ==
            static_cast<double>(single / (single + 1e-12F)));
      CHECK(moments_at<double>(usual, {v, v, v}).value == v / (v + 1e-12));
    }
    CHECK(moments_at<double>(usual, {0, 0, 0}).value == 0);
    CHECK(std::isfinite(moments_at<float>(usual, {0, 0, 1}).slope));
  }
}

TEST_CASE("layer_norm over all axes reads means over sites where there are sites") {
  const Parameters all{{"axis", std::string("all")}};
  const Library library("layer_norm");
  CHECK((Layer(library, "layer_norm", all, {shape(3, {4})}).traits &
         WIDELIMIT_TRAIT_NEEDS_SITE_MEAN) != 0);
  const Layer flat(library, "layer_norm", all), channel(library, "layer_norm");
  CHECK((flat.traits & WIDELIMIT_TRAIT_NEEDS_SITE_MEAN) == 0);
  CHECK(moments_at<double>(flat, {0.3, 1.3, 0.7}).value ==
        moments_at<double>(channel, {0.3, 1.3, 0.7}).value);
}

TEST_CASE("sum, product and concat: the worked examples") {
  const std::vector<widelimit_shape> three(3, shape(6));
  const std::vector<Kernel> in{{.8, 1.1}, {-.3, .6}, {.5, .2}};
  const Kernel sum = combine(Layer(Library("sum"), "sum", {}, three), in);
  CHECK(close(sum.nngp, 1.0));
  CHECK(close(sum.ntk, 1.9));
  const Kernel product = combine(Layer(Library("product"), "product", {}, three), in);
  CHECK(close(product.nngp, -.12));
  CHECK(close(product.ntk, .027));
  const Layer concat(Library("concat"), "concat", {}, {shape(100), shape(300)});
  CHECK(concat.output.channels == 400);
  const Kernel joined = combine(concat, {{.8, 2}, {-.3, 4}});
  CHECK(close(joined.nngp, -.025));
  CHECK(close(joined.ntk, 3.5));
}

TEST_CASE("many inputs are combined as if one after the other") {
  std::vector<Kernel> in;
  Kernel expected_sum{0, 0}, expected_product{1, 0};
  for (int b = 0; b < 21; ++b) {
    in.push_back({1 + 0.03 * b, 0.5 - 0.01 * b});
    expected_sum = {expected_sum.nngp + in.back().nngp, expected_sum.ntk + in.back().ntk};
    expected_product = {
        expected_product.nngp * in.back().nngp,
        expected_product.ntk * in.back().nngp + expected_product.nngp * in.back().ntk};
  }
  const std::vector<widelimit_shape> shapes(21, shape(6));
  const Kernel sum = combine(Layer(Library("sum"), "sum", {}, shapes), in);
  CHECK(close(sum.nngp, expected_sum.nngp));
  CHECK(close(sum.ntk, expected_sum.ntk));
  const Kernel product = combine(Layer(Library("product"), "product", {}, shapes), in);
  CHECK(close(product.nngp / expected_product.nngp, 1));
  CHECK(close(product.ntk / expected_product.ntk, 1));
  const Kernel mean = combine(Layer(Library("concat"), "concat", {}, shapes), in);
  CHECK(close(mean.nngp, expected_sum.nngp / 21));
}

TEST_CASE("combining layers apply the pending maps of their inputs") {
  const Layer dense(Library("dense"), "dense", {{"W_std", 1.5}, {"b_std", 0.1}});
  const std::vector<Kernel> in{{.8, 1.1}, {-.3, .6}};
  const std::vector<Kernel> mapped{apply(dense.linear, in[0]), apply(dense.linear, in[1])};
  for (const char* const type : {"sum", "product", "concat"}) {
    const Layer layer(Library(type), type, {}, {shape(6), shape(6)});
    CHECK((layer.traits & WIDELIMIT_TRAIT_TAKES_PENDING) != 0);
    const Kernel fused = combine(layer, in, &dense.linear), apart = combine(layer, mapped);
    CHECK(close(fused.nngp, apart.nngp, 1e-15));
    CHECK(close(fused.ntk, apart.ntk, 1e-14));
  }
}

TEST_CASE("combining layers say which inputs do not fit together") {
  const auto make = [](const char* type, std::vector<widelimit_shape> inputs) {
    return refused([&] { const Layer layer(Library(type), type, {}, std::move(inputs)); });
  };
  CHECK(make("sum", {shape(3), shape(4)}).status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(make("product", {shape(3, {2}), shape(3)}).status == WIDELIMIT_E_UNSUPPORTED);
  const Refusal width = make("concat", {shape(3), shape(0)});
  CHECK(std::string(width.what()).find("width") != std::string::npos);
  CHECK(make("sum", {shape(3)}).status == WIDELIMIT_E_UNSUPPORTED);

  const Layer sum(Library("sum"), "sum", {}, {shape(0), shape(4)});
  CHECK(sum.output.channels == 4);
  CHECK((sum.traits & (WIDELIMIT_TRAIT_NEEDS_GAUSSIAN | WIDELIMIT_TRAIT_NEEDS_INDEPENDENT)) ==
        (WIDELIMIT_TRAIT_NEEDS_GAUSSIAN | WIDELIMIT_TRAIT_NEEDS_INDEPENDENT));
  CHECK((sum.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0);
  for (const char* const type : {"product", "concat"}) {
    const Layer layer(Library(type), type, {}, {shape(4), shape(4)});
    CHECK((layer.traits & WIDELIMIT_TRAIT_NEEDS_GAUSSIAN) == 0);
    CHECK((layer.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) == 0);
  }
}

}  // namespace widelimit::plugin_tests
