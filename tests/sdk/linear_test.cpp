// Linear layers: what they describe and what is planned from it; the general layer's other natures.
#include "types.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::layer_type;
using widelimit::test::LayerObject;
using widelimit::test::Planned;
using widelimit::test::shape;

struct Dense {
  static constexpr auto name = "dense", version = "1.0.0", doc = "z = W x + b";
  bool standard = false;
  static constexpr auto params = std::tuple{sdk::field("standard", &Dense::standard, "which")};

  sdk::Linear linear(const sdk::Shape& in) const {
    return {.map = standard ? sdk::LinearMap::standard(2.25, 0.5, double(in.channels()), true)
                            : sdk::LinearMap::ntk(2.25, 0.5),
            .channels = 512,
            .weights = true};
  }
};

struct Conv {
  static constexpr auto name = "conv", version = "1.0.0", doc = "a filter";
  std::int32_t stride = 1, pad = 0, dilation = 1;
  bool circular = false;
  std::array<double, 3> taps{0.25, 0.5, 0.25};

  sdk::Linear linear(const sdk::Shape& in) const {
    sdk::Linear l{.map = sdk::LinearMap::ntk(2, 0), .channels = 8, .weights = true};
    for (std::size_t axis = 0; axis < in.spatial().size(); ++axis)
      l.map.axes[axis] = {
          3, stride, dilation, pad, pad, circular, axis == 1 ? taps.data() : nullptr};
    return l;
  }
};
struct Strided : Conv {
  static constexpr auto name = "strided";
  Strided() { stride = 2, pad = 1, circular = true; }
};
struct Dilated : Conv {
  static constexpr auto name = "dilated";
  Dilated() { dilation = 4; }
};

struct Scale {
  static constexpr auto name = "scale", version = "1.0.0", doc = "x -> 2 x";
  sdk::Linear linear(const sdk::Shape& in) const {
    return {.map = sdk::LinearMap::fixed(4), .channels = in.channels()};
  }
};

/// The mean over sites of displacement 0, as the general layer that gathers.
struct Flatten {
  static constexpr auto name = "flatten", version = "1.0.0", doc = "sites become channels";

  void plan(sdk::Plan& plan) const {
    plan.set_nature(WIDELIMIT_GATHERING);
    plan.add_traits(WIDELIMIT_TRAIT_FLATTENS);
    plan.set_channels(plan.in().size());
    plan.set_spatial({});
  }
  void reads(sdk::Reads& reads) const { reads.add(std::array<std::int64_t, 4>{}); }
  void begin(const widelimit_gather&) const {}
  void accumulate(const widelimit_gather& gather) const {
    sdk::with_precision(gather.input->dtype, [&](auto zero) {
      using T = decltype(zero);
      const sdk::FieldView<T> in(*gather.input), out(*gather.outputs[0]);
      for (std::int64_t site = 0; site < in.sites(); ++site)
        for (std::size_t lane = 0; lane < in.nngp(site).size(); ++lane) {
          out.nngp(0)[lane] += in.nngp(site)[lane] / static_cast<T>(in.sites());
          if (in.has_ntk()) out.ntk(0)[lane] += in.ntk(site)[lane] / static_cast<T>(in.sites());
        }
    });
  }
  void finish(const widelimit_gather&) const {}
};

}  // namespace

TEST_CASE("a dense layer is its four coefficients, and makes its output Gaussian") {
  const LayerObject layer(layer_type<Dense>());
  CHECK((layer.type().infinite == nullptr));
  const Planned plan(layer, {shape(10, {}, 0)});
  REQUIRE(plan.status == WIDELIMIT_OK);
  CHECK(plan.plan.nature == WIDELIMIT_LINEAR);
  CHECK(plan.plan.traits == WIDELIMIT_TRAIT_HAS_WEIGHTS);
  CHECK(plan.output.channels == 512);
  CHECK(plan.output.flags == WIDELIMIT_SHAPE_GAUSSIAN);
  CHECK(plan.linear.scale == 2.25);
  CHECK(plan.linear.bias == 0.5);
  CHECK(plan.linear.ntk_nngp == 2.25);
  CHECK(plan.linear.ntk_bias == 0.5);
}

TEST_CASE("in standard parameterization the fan-in enters the NTK, and the bias as 1") {
  const widelimit::test::FakeParams params({{"/standard", true}});
  const LayerObject layer(layer_type<Dense>(), params.abi());
  const Planned plan(layer, {shape(10)});
  CHECK(plan.linear.scale == 2.25);
  CHECK(plan.linear.bias == 0.5);
  CHECK(plan.linear.ntk_nngp == 10);
  CHECK(plan.linear.ntk_bias == 1);
}

TEST_CASE("a map without weights leaves the activation as Gaussian as it was") {
  const LayerObject layer(layer_type<Scale>());
  for (const std::uint32_t flags : {0U, std::uint32_t{WIDELIMIT_SHAPE_GAUSSIAN}}) {
    const Planned plan(layer, {shape(10, {}, flags)});
    CHECK(plan.output.flags == flags);
    CHECK(plan.output.channels == 10);
    CHECK(plan.plan.traits == 0);
    CHECK(plan.linear.scale == 4);
    CHECK(plan.linear.ntk_nngp == 0);
  }
}

TEST_CASE("windows shrink an axis as the arithmetic of convolutions says") {
  const LayerObject valid(layer_type<Conv>()), strided(layer_type<Strided>()),
      dilated(layer_type<Dilated>());
  const Planned a(valid, {shape(3, {32, 9})});
  REQUIRE(a.status == WIDELIMIT_OK);
  CHECK(a.output.n_spatial == 2);
  CHECK(a.output.spatial[0] == 30);
  CHECK(a.output.spatial[1] == 7);
  CHECK(a.output.spatial[2] == 1);
  CHECK(a.linear.rank == 2);
  CHECK(a.linear.window[1] == 3);
  CHECK((a.linear.weight[0] == nullptr));
  CHECK(a.linear.weight[1][1] == 0.5);
  CHECK(a.linear.window[2] == 1);
  const Planned b(strided, {shape(3, {32, 9})});
  CHECK(b.output.spatial[0] == 16);
  CHECK(b.output.spatial[1] == 5);
  CHECK(b.linear.circular == 3);
  CHECK(b.linear.pad_high[0] == 1);
  const Planned c(dilated, {shape(3, {32, 9})});
  CHECK(c.output.spatial[0] == 24);
  CHECK(c.output.spatial[1] == 1);
  const Planned d(dilated, {shape(3, {32, 8})});
  CHECK(d.status == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(d.error.message) ==
        "a window that spans 9 sites does not fit into an axis of 8");
}

TEST_CASE("a gathering layer is what its author wrote") {
  const LayerObject layer(layer_type<Flatten>());
  const Planned plan(layer, {shape(3, {4, 2})});
  CHECK(plan.plan.nature == WIDELIMIT_GATHERING);
  CHECK(plan.output.channels == 24);
  CHECK(plan.output.n_spatial == 0);
  CHECK((layer.type().infinite->transform == nullptr));
  CHECK((layer.type().finite == nullptr));

  widelimit_reads reads{};
  reads.struct_size = sizeof reads;
  int64_t displacements[2][4] = {{9, 9, 9, 9}, {9, 9, 9, 9}};
  reads.capacity = 2;
  reads.count = 17;
  reads.displacements = displacements;
  widelimit_error error = widelimit::test::empty_error();
  REQUIRE(layer.type().infinite->reads(layer.get(), &reads, &error) == WIDELIMIT_OK);
  CHECK(reads.count == 1);
  CHECK(displacements[0][0] == 0);
  CHECK(displacements[1][0] == 9);

  widelimit_field in{}, out{};
  in.struct_size = out.struct_size = sizeof in;
  in.dtype = out.dtype = WIDELIMIT_F32;
  in.rank = 1;
  in.lanes = out.lanes = 16;
  in.extent[0] = 4;
  alignas(64) float sites[64], means[16] = {};
  for (int i = 0; i < 64; ++i) sites[i] = static_cast<float>(i);
  in.nngp = sites;
  out.nngp = means;
  widelimit_field* outputs[] = {&out};
  widelimit_gather gather{};
  gather.struct_size = sizeof gather;
  gather.n_outputs = 1;
  gather.outputs = outputs;
  gather.input = &in;
  REQUIRE(layer.type().infinite->accumulate(layer.get(), &gather, &error) == WIDELIMIT_OK);
  for (int lane = 0; lane < 16; ++lane) CHECK(means[lane] == static_cast<float>(24 + lane));
}
