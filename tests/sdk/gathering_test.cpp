// Layers that gather fields: maps of sites described as matrices, and sums of an author's own.
#include "types.hpp"

#include <widelimit/sdk/site_map.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::Array;
using widelimit::test::layer_type;
using widelimit::test::LayerObject;
using widelimit::test::Planned;
using widelimit::test::shape;

/// y[0] = x[0] + 2 x[1], y[1] = 3 x[2], of three sites.
struct TwoOfThree {
  static constexpr auto name = "two_of_three", version = "1.0.0", doc = "a matrix";

  static sdk::SiteMap sites(const sdk::Shape& in) {
    sdk::AxisMap axis(in.spatial()[0], 2);
    axis.add(0, 1, 1.5);
    axis.add(0, 0, 1);
    axis.add(0, 1, 0.5);
    axis.add(1, 2, 3);
    return {{axis}, true};
  }
};

/// A map with a row too few.
struct TooShort {
  static constexpr auto name = "too_short", version = "1.0.0", doc = "wrong";
  static sdk::SiteMap sites(const sdk::Shape&) { return {{sdk::AxisMap(2, 1)}, true}; }
};

/// Every displacement, the far ones weighted less, and the result times ten.
struct Near {
  static constexpr auto name = "near", version = "1.0.0", doc = "sum of K[p, q] / (1 + |q - p|)";

  static void plan(sdk::Plan& plan) { plan.set_spatial({}); }
  static void reads(sdk::Reads& reads) {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) { reads.add(d); });
  }
  static void gather(const auto& from, const auto& to, const sdk::Shape&) {
    sdk::add_sum(from, to, 1 / (1 + std::abs(static_cast<double>(from.displacement()[0]))));
  }
  static void finish(const auto& to, const sdk::Shape&) {
    for (auto& k : to.nngp(0)) k *= 10;
  }
};

/// One axis, 16 lanes that are all alike: the field d of K[p, q], and what `values` gives where.
struct LineField {
  Array nngp, ntk;
  widelimit_field field{};

  LineField(std::uint32_t dtype, std::int64_t sites, std::int64_t d, std::int32_t rank = 1)
      : LineField(dtype, sites, d, rank, [](std::int64_t, std::int64_t) { return 0.0; }) {}
  template <class F>
  LineField(std::uint32_t dtype, std::int64_t sites, std::int64_t d, std::int32_t rank, F values) {
    field.struct_size = sizeof field;
    field.dtype = dtype;
    field.rank = rank;
    field.lanes = 16;
    for (auto& e : field.extent) e = 1;
    if (rank == 1) {
      field.extent[0] = sites - std::abs(d);
      field.origin[0] = std::max<std::int64_t>(0, -d);
      field.displacement[0] = d;
    }
    std::vector<double> k, theta;
    for (std::int64_t i = 0; i < field.extent[0]; ++i)
      for (int lane = 0; lane < 16; ++lane) {
        k.push_back(values(field.origin[0] + i, field.origin[0] + i + d));
        theta.push_back(-2 * k.back());
      }
    nngp = Array(dtype, k);
    ntk = Array(dtype, theta);
    field.nngp = nngp.data();
    field.ntk = ntk.data();
  }
};

double covariance(std::int64_t p, std::int64_t q) {
  return 1 + 0.5 * static_cast<double>(p) - 0.25 * static_cast<double>(q * q);
}

/// All fields of the input into the given outputs, each only where it is read.
void gather_line(const LayerObject& layer, const Planned& plan, std::uint32_t dtype,
                 std::int64_t sites, const std::vector<widelimit_field*>& outputs) {
  std::vector<unsigned char> memory(plan.plan.scratch_bytes + 64, 0x5A);
  widelimit_gather gather{};
  gather.struct_size = sizeof gather;
  gather.n_outputs = static_cast<std::int32_t>(outputs.size());
  gather.outputs = outputs.data();
  gather.n_inputs = 1;
  gather.in_shape = plan.pointers.data();
  gather.scratch = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
  const widelimit_infinite_face& face = *layer.type().infinite;
  auto error = widelimit::test::empty_error();
  REQUIRE(face.begin(layer.get(), &gather, &error) == WIDELIMIT_OK);
  for (std::int64_t d = 1 - sites; d < sites; ++d) {
    const LineField input(dtype, sites, d, 1, covariance);
    gather.input = &input.field;
    REQUIRE(face.accumulate(layer.get(), &gather, &error) == WIDELIMIT_OK);
  }
  gather.input = nullptr;
  REQUIRE(face.finish(layer.get(), &gather, &error) == WIDELIMIT_OK);
}

std::vector<std::int64_t> read_along_line(const LayerObject& layer, const Planned& plan,
                                          std::int64_t output) {
  std::int64_t list[16][4]{};
  widelimit_reads reads{};
  reads.struct_size = sizeof reads;
  reads.n_inputs = 1;
  reads.in_shape = plan.pointers.data();
  reads.output[0] = output;
  reads.capacity = 16;
  reads.displacements = list;
  auto error = widelimit::test::empty_error();
  REQUIRE(layer.type().infinite->reads(layer.get(), &reads, &error) == WIDELIMIT_OK);
  std::vector<std::int64_t> d;
  for (std::int64_t i = 0; i < reads.count; ++i) d.push_back(list[i][0]);
  return d;
}

}  // namespace

TEST_CASE("a map of sites is its matrix: shape, displacements read, kernel") {
  const LayerObject layer(layer_type<TwoOfThree>());
  const Planned plan(layer, {shape(7, {3})});
  REQUIRE(plan.status == WIDELIMIT_OK);
  CHECK(plan.plan.nature == WIDELIMIT_GATHERING);
  CHECK(plan.output.spatial[0] == 2);
  CHECK(plan.output.channels == 7);
  CHECK(plan.output.flags == WIDELIMIT_SHAPE_GAUSSIAN);
  CHECK(read_along_line(layer, plan, 0) == std::vector<std::int64_t>{-1, 0, 1});
  CHECK(read_along_line(layer, plan, 1) == std::vector<std::int64_t>{1, 2});
  CHECK(read_along_line(layer, plan, -1) == std::vector<std::int64_t>{-2, -1});

  const double m[2][3] = {{1, 2, 0}, {0, 0, 3}};
  for (const std::uint32_t dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
    LineField same(dtype, 2, 0), apart(dtype, 2, 1), back(dtype, 2, -1);
    gather_line(layer, plan, dtype, 3, {&same.field, &apart.field, &back.field});
    const auto expected = [&](int i, int j) {
      double sum = 0;
      for (int p = 0; p < 3; ++p)
        for (int q = 0; q < 3; ++q) sum += m[i][p] * m[j][q] * covariance(p, q);
      return sum;
    };
    // Every number here is a multiple of 1/4 that single precision holds.
    for (const std::size_t lane : {0U, 15U}) {
      CHECK(same.nngp[lane] == expected(0, 0));
      CHECK(same.nngp[16 + lane] == expected(1, 1));
      CHECK(apart.nngp[lane] == expected(0, 1));
      CHECK(back.nngp[lane] == expected(1, 0));
      CHECK(apart.ntk[lane] == -2 * expected(0, 1));
    }
  }
}

TEST_CASE("a map of sites at finite width is the matrix, and back its transpose") {
  const LayerObject layer(layer_type<TwoOfThree>());
  const Planned plan(layer, {shape(2, {3})});
  const std::vector<double> x{1, 10, 2, 20, 4, 40}, y_bar{1, -1, 2, 5};
  std::vector<double> y(4, std::nan("")), y_dot(4, std::nan("")), x_bar(6, 1);
  const double* inputs[] = {x.data()};
  double* cotangents[] = {x_bar.data()};
  widelimit_pass pass{};
  pass.struct_size = sizeof pass;
  pass.n_inputs = 1;
  pass.in_shape = plan.pointers.data();
  pass.out_shape = &plan.output;
  pass.batch = 1;
  pass.x = pass.x_dot = inputs;
  pass.y = y.data();
  pass.y_dot = y_dot.data();
  pass.y_bar = y_bar.data();
  pass.x_bar = cotangents;
  auto error = widelimit::test::empty_error();
  const widelimit_finite_face& face = *layer.type().finite;
  REQUIRE(face.forward(layer.get(), &pass, &error) == WIDELIMIT_OK);
  REQUIRE(face.jvp(layer.get(), &pass, &error) == WIDELIMIT_OK);
  REQUIRE(face.vjp(layer.get(), &pass, &error) == WIDELIMIT_OK);
  CHECK(y == std::vector<double>{5, 50, 12, 120});
  CHECK(y_dot == y);
  CHECK(x_bar == std::vector<double>{2, 0, 3, -1, 7, 16});
}

TEST_CASE("a map that does not match its input is reported as the author's mistake") {
  const LayerObject layer(layer_type<TooShort>());
  const Planned plan(layer, {shape(2, {3})});
  CHECK(plan.status == WIDELIMIT_E_INTERNAL);
  CHECK(std::string(plan.error.message).find("axis 0") != std::string::npos);
  CHECK_THROWS_AS(sdk::AxisMap(2, 2).add(2, 0, 1), sdk::Error);
  sdk::AxisMap backwards(2, 2);
  backwards.add(1, 0, 1);
  CHECK_THROWS_AS(backwards.add(0, 0, 1), sdk::Error);
}

TEST_CASE("an author's gather sums what it wants of each field, and finish comes last") {
  const LayerObject layer(layer_type<Near>());
  const Planned plan(layer, {shape(2, {3})});
  REQUIRE(plan.status == WIDELIMIT_OK);
  CHECK(plan.plan.nature == WIDELIMIT_GATHERING);
  CHECK(read_along_line(layer, plan, 0) == std::vector<std::int64_t>{-2, -1, 0, 1, 2});
  double expected = 0;
  for (std::int64_t p = 0; p < 3; ++p)
    for (std::int64_t q = 0; q < 3; ++q)
      expected += covariance(p, q) / (1 + std::abs(static_cast<double>(q - p)));
  for (const std::uint32_t dtype : {WIDELIMIT_F32, WIDELIMIT_F64}) {
    LineField out(dtype, 1, 0, 0);
    gather_line(layer, plan, dtype, 3, {&out.field});
    const double epsilon = dtype == WIDELIMIT_F32 ? 0x1p-23 : 0x1p-52;
    CHECK(std::abs(out.nngp[3] - 10 * expected) <= 40 * epsilon * 10);
    CHECK(std::abs(out.ntk[3] + 2 * expected) <= 40 * epsilon * 2);
  }
}

TEST_CASE("windows become axes by the rules of VALID, SAME and CIRCULAR") {
  const widelimit_shape s = shape(1, {9, 4});
  const sdk::Shape in(s);
  const std::vector<std::int32_t> window{3, 2}, strides{2, 1}, dilation{2, 1};
  using enum sdk::Padding;
  const auto extents = [&](sdk::Padding padding) {
    return sdk::output_extents(in, sdk::window_axes(in, {"w", window, strides, dilation, padding}));
  };
  CHECK(extents(valid) == std::vector<std::int64_t>{3, 3});
  CHECK(extents(same) == std::vector<std::int64_t>{5, 4});
  CHECK(extents(circular) == std::vector<std::int64_t>{5, 4});
  const auto axes = sdk::window_axes(in, {"w", window, strides, dilation, circular});
  CHECK(axes[0].pad_low == 2);
  CHECK(axes[0].pad_high == 2);
  CHECK(axes[1].pad_low == 0);
  CHECK(axes[1].pad_high == 1);
  CHECK(sdk::site_of_tap(axes[0], 9, 0, 0) == 7);
  CHECK(sdk::site_of_tap(axes[1], 4, 3, 1) == 0);
  auto zeros = axes[1];
  zeros.circular = false;
  CHECK(sdk::site_of_tap(zeros, 4, 3, 1) == -1);
}
