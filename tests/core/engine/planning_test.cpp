// Rules of networks, what a plan says, and statistics along the network.
#include <widelimit/error.hpp>

#include "core/engine/static_layers.hpp"
#include "sanitized.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

std::vector<Problem> problems_of(std::vector<Layer> layers,
                                 const std::vector<std::int64_t>& sites = {}) {
  try {
    static_cast<void>(network(std::move(layers)).plan({sites, 4}));
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    return e.problems();
  }
  return {};
}

bool says(const Problem& p, const std::string& text) {
  return p.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("two nonlinearities in a row are refused with the reason and the remedy") {
  const auto problems = problems_of({dense(1, 0), relu(), square(), dense(1, 0)});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].pointer == "/network/2");
  CHECK(problems[0].message ==
        "\"square\" needs a Gaussian input, and the output of \"relu\" is not: put a dense or conv "
        "layer between them");
}

TEST_CASE("layers of several inputs that core does not support are refused") {
  const auto problems_of_two_inputs = [](Layer layer) {
    widelimit_layer_type table = *layer.table;
    table.max_inputs = 0;
    layer.table = &table;
    layer.inputs = {{}, {dense(1, 0)}};
    return problems_of({dense(1, 0), layer}, {4});
  };
  const auto linear = problems_of_two_inputs(identity());
  REQUIRE(linear.size() == 1);
  CHECK(linear[0].message ==
        "\"identity\" plans one linear map for 2 inputs, which is for layers of one input: wrong "
        "parameters, or a bug of its plugin");
  const auto gathering = problems_of_two_inputs(mean_over_pairs());
  REQUIRE(gathering.size() == 1);
  CHECK(says(gathering[0], "mixes sites of several inputs, which this release does not support"));
}

TEST_CASE("all problems of a network are reported at once") {
  const auto problems = problems_of(
      {relu(), relu(), sum({{}, {dense(1, 0)}}), dense(1, 0), product({{}, {identity()}}), relu()});
  REQUIRE(problems.size() == 5);
  CHECK(problems[0].pointer == "/network/0");
  CHECK(says(problems[0], "the data is not Gaussian"));
  CHECK(problems[1].pointer == "/network/1");
  CHECK(problems[2].pointer == "/network/2");
  CHECK(says(problems[2], "the output of \"relu\" is not"));
  CHECK(problems[3].pointer == "/network/4");
  CHECK(says(problems[3], "independent"));
  CHECK(says(problems[3], "put a dense or conv layer into all but one of them"));
  CHECK(problems[4].pointer == "/network/5");
}

TEST_CASE("one shortcut beside branches with weights is fine, two are not") {
  CHECK(problems_of({dense(1, 0), sum({{}, {dense(1, 0)}, {dense(2, 0)}})}).empty());
  CHECK(problems_of({dense(1, 0), product({{}, {relu(), dense(1, 0)}})}).empty());
  CHECK(problems_of({dense(1, 0), sum({{}, {}, {dense(1, 0)}})}).size() == 1);
  // Weights inside a nested branch count.
  CHECK(problems_of({dense(1, 0), sum({{}, {sum({{}, {dense(1, 0)}})}})}).empty());
  // Problems inside branches carry their place.
  const auto inside =
      problems_of({dense(1, 0), sum({{}, {dense(1, 0), relu(), relu(), dense(1, 0)}})});
  REQUIRE(inside.size() == 1);
  CHECK(inside[0].pointer == "/network/1/inputs/1/2");
}

TEST_CASE("a layer with the wrong number of inputs is refused") {
  Layer bare = sum({});
  const auto too_few = problems_of({dense(1, 0), std::move(bare)});
  REQUIRE(too_few.size() == 1);
  CHECK(says(too_few[0], "does not take 1 input;"));
  Layer odd = relu();
  odd.inputs = {{}, {}};
  const auto too_many = problems_of({dense(1, 0), std::move(odd)});
  REQUIRE(too_many.size() == 1);
  CHECK(says(too_many[0], "does not take 2 inputs;"));
}

TEST_CASE("networks of images that end with sites are refused with the remedy") {
  CHECK(problems_of({flatten(), dense(1, 0), relu()}, {8, 8}).empty());
  CHECK(problems_of({identity(), flatten(), dense(1, 0)}, {8, 8}).empty());
  CHECK(problems_of({flatten(), dense(1, 0)}, {}).empty());
  const auto dense_first = problems_of({dense(1, 0), relu(), dense(1, 0)}, {8, 8});
  REQUIRE(dense_first.size() == 1);
  CHECK(says(dense_first[0], "the network ends with 2 spatial axes: end it with flatten"));
  const auto none = problems_of({}, {8, 8});
  REQUIRE(none.size() == 1);
  CHECK(says(none[0], "begin with flatten"));
}

TEST_CASE("a leading flatten folds into the Gram product") {
  const Matrix x = random_matrix(20, 48, 50);
  const Network flat = network({dense(1.2, 0.1), relu(), dense(1, 0)});
  const Network image = network({flatten(), dense(1.2, 0.1), relu(), dense(1, 0)});
  const Matrix a = flat.ntk(Samples(x.clone())), b = image.ntk(Samples(x.clone(), {4, 4}));
  CHECK(std::equal(a.flat().begin(), a.flat().end(), b.flat().begin()));
}

TEST_CASE("a plan has a row a layer, branches before what combines them") {
  const Network net =
      network({flatten(), dense({1, 0, 1, 0}, 512), relu(),
               sum({{dense({1, 0, 1, 0}, 64)}, {dense(1, 0)}}), dense({1, 0, 1, 0}, 1)});
  const PlannedNetwork planned = net.plan({{8, 8}, 3});
  const std::vector<PlannedLayer>& plan = planned.layers();
  REQUIRE(plan.size() == 7);
  const auto row = [&](std::size_t i, const char* type, const char* pointer, const char* shape,
                       int depth, bool gaussian) {
    CAPTURE(i);
    CHECK(plan[i].type == type);
    CHECK(plan[i].pointer == pointer);
    CHECK(plan[i].shape == shape);
    CHECK(plan[i].depth == depth);
    CHECK(plan[i].gaussian == gaussian);
    CHECK(plan[i].displacements == 1);
  };
  row(0, "flatten", "/network/0", "192", 0, false);
  row(1, "dense", "/network/1", "512", 0, true);
  row(2, "relu", "/network/2", "512", 0, false);
  row(3, "dense", "/network/3/inputs/0/0", "64", 1, true);
  row(4, "dense", "/network/3/inputs/1/0", "?", 1, true);
  row(5, "sum", "/network/3", "64", 0, true);
  row(6, "dense", "/network/4", "1", 0, true);
  CHECK(plan[0].possible_displacements == 15 * 15);
  CHECK(plan[1].possible_displacements == 1);
  double share = 0;
  for (const PlannedLayer& r : plan) share += r.share;
  CHECK(share == doctest::Approx(1));
  CHECK(planned.flops_per_entry() > 0);
}

TEST_CASE("the workspace grows with the network's branches and samples, not with the result") {
  const PlannedNetwork small = network({dense(1, 0), relu()}).plan({{}, 784});
  const auto bytes_for = [&](std::int64_t n, Precision precision) {
    return small.kernels_cost(n, n, true, precision).memory.total(1);
  };
  const std::int64_t bytes = bytes_for(1000, Precision::float32);
  CHECK(bytes > 4 * 256 * (256 * 2 + 2 * 784));
  // On each side of the kernel, a sample takes 60 bytes for float32 and 56 for close pairs in
  // float64.
  CHECK(bytes_for(100000, Precision::float32) < bytes + 100000 * 2 * 120);
  CHECK(bytes_for(1000, Precision::float64) > bytes);
}

TEST_CASE("a cost counts the pairs that fill up tiles, and half of a symmetric kernel") {
  const PlannedNetwork plan = network({dense(1, 0), relu()}).plan({{}, 3});
  const auto pairs = [&](std::int64_t n1, std::int64_t n2, bool symmetric) {
    return plan.kernels_cost(n1, n2, symmetric, Precision::float32).pairs;
  };
  CHECK(pairs(10, 33, false) == 10 * 48);
  CHECK(pairs(128, 128, true) == 128 * 128);
  CHECK(pairs(256, 256, true) == 128 * (256 + 128));
  const double half = 0.5 * 10000 * 10000;
  CHECK(static_cast<double>(pairs(10000, 10000, true)) == doctest::Approx(half).epsilon(0.02));
}

TEST_CASE("a network keeps the plans it made") {
  const Network net = network({dense(1, 0), relu()});
  const std::vector<PlannedLayer>& layers = net.plan({{}, 3}).layers();
  CHECK(&net.plan({{}, 3}).layers() == &layers);
  CHECK(&net.plan({{}, 4}).layers() != &layers);
  CHECK(&net.plan({{}, 3}).layers() == &layers);
  CHECK(net.plan({{}, 4}).shape() == SampleShape{{}, 4});
}

TEST_CASE("shapes that no samples can have are refused before a layer sees them") {
  const Network net = network({flatten(), dense(1, 0)});
  const auto refusal = [&](const SampleShape& shape) {
    try {
      static_cast<void>(net.plan(shape));
    } catch (const Error& e) {
      return e.code() == ErrorCode::usage ? std::string(e.what()) : "another error";
    }
    return std::string("accepted");
  };
  CHECK(refusal({{2, 1, 2, 1}, 3}) == "accepted");
  CHECK(refusal({{}, 0}) == "accepted");  // of no samples
  CHECK(refusal({{2, 1, 2, 1, 2}, 3}) ==
        "samples of 2 x 1 x 2 x 1 x 2 x 3 numbers: a network takes at most 4 axes of sites");
  CHECK(refusal({{0}, 3}).ends_with("every axis needs at least one number"));
  CHECK(refusal({{2}, -1}).ends_with("every axis needs at least one number"));
  constexpr std::int64_t many = std::int64_t{1} << 40;
  for (const SampleShape& large : {SampleShape{{many, many}, 1}, SampleShape{{many}, 1},
                                   SampleShape{{1024, 1024}, many}, SampleShape{{}, many * 32}})
    CHECK(refusal(large).ends_with("these are more numbers than fit into memory"));
}

TEST_CASE("a plan for which there is no memory is an error of the library") {
  if (sanitized) return;  // ends the process where so much is asked for
  Layer many = mean_over_pairs();
  widelimit_infinite_face face = *many.table->infinite;
  face.reads = [](const widelimit_layer*, widelimit_reads* reads, widelimit_error*) {
    reads->count = std::int64_t{1} << 50;  // 2^55 bytes: beyond what can be addressed
    return widelimit_status{WIDELIMIT_OK};
  };
  widelimit_layer_type table = *many.table;
  table.infinite = &face;
  many.table = &table;
  const PlannedNetwork plan = network({dense(1, 0), many}).plan({{4}, 2});
  const auto code_of = [](auto&& call) {
    try {
      call();
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::internal;
  };
  CHECK(code_of([&] { static_cast<void>(plan.layers()); }) == ErrorCode::memory);
  CHECK(code_of([&] { static_cast<void>(plan.statistics_cost(3)); }) == ErrorCode::memory);
}

TEST_CASE("statistics of a layer are those of the network that ends with it") {
  const std::vector<Layer> layers{dense(1.3, 0.2), relu(),
                                  dense(1.1, 0.1), sum({{}, {relu(), dense(0.8, 0.4)}}),
                                  square(),        dense(1, 0.1)};
  const Matrix x = random_matrix(40, 6, 51);
  const std::vector<LayerStatistics> s = network(layers).plan({{}, x.cols()}).statistics(x);
  REQUIRE(s.size() == 8);
  CHECK(s[3].pointer == "/network/3/inputs/1/0");
  // At the top level: layers 0, 1, 2 are rows 0, 1, 2; the sum, square, dense rows 5, 6, 7.
  for (const auto& place : {std::pair{1, 0}, {2, 1}, {3, 2}, {4, 5}, {5, 6}, {6, 7}}) {
    const int length = place.first, row = place.second;
    CAPTURE(length);
    const PerKernel<Matrix> k =
        network({layers.begin(), layers.begin() + length}).kernels<double>(Samples(x.clone()));
    double variance = 0, correlation = 0, ntk = 0;
    for (std::int64_t i = 0; i < 40; ++i) {
      variance += k.nngp(i, i) / 40;
      ntk += k.ntk(i, i) / 40;
      for (std::int64_t j = 0; j < 40; ++j)
        if (i != j)
          correlation += k.nngp(i, j) / std::sqrt(k.nngp(i, i) * k.nngp(j, j)) / (40 * 39);
    }
    const LayerStatistics& r = s[static_cast<std::size_t>(row)];
    CHECK(r.mean_variance == doctest::Approx(variance).epsilon(1e-12));
    CHECK(r.mean_correlation == doctest::Approx(correlation).epsilon(1e-12));
    CHECK(r.mean_ntk == doctest::Approx(ntk).epsilon(1e-12));
  }
}

TEST_CASE("statistics look at 256 samples at most, and none give zeros") {
  const PlannedNetwork plan = network({dense(1.3, 0.2), relu()}).plan({{}, 6});
  const Matrix x = random_matrix(500, 6, 52);
  Matrix first = Matrix::uninitialized(256, 6);
  std::copy_n(x.data(), first.size(), first.data());
  CHECK(plan.statistics(x)[1].mean_correlation == plan.statistics(first)[1].mean_correlation);
  CHECK(plan.statistics(Matrix(0, 6))[0].mean_variance == 0);
}

TEST_CASE("a plan that no host can use is refused with the layer and the member") {
  const auto refused_for = [](void (*spoil)(widelimit_plan&), std::vector<std::int64_t> sites) {
    const auto problems = problems_of({dense(1, 0), spoiled(spoil), flatten(), dense(1, 0)}, sites);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].pointer == "/network/1");
    CHECK(problems[0].message.starts_with("\"spoiled\" plans "));
    return problems[0].message;
  };
  const auto refused = [&](void (*spoil)(widelimit_plan&), const std::string& why) {
    const std::string message = refused_for(spoil, {8, 8});
    CAPTURE(message);
    CHECK(message.find(why) != std::string::npos);
  };
  refused([](widelimit_plan& p) { p.linear->stride[1] = 0; }, "linear->stride of 0 on axis 1");
  refused([](widelimit_plan& p) { p.linear->dilation[0] = 0; }, "linear->dilation of 0 on axis 0");
  refused([](widelimit_plan& p) { p.linear->window[0] = -3; }, "linear->window of -3 on axis 0");
  refused([](widelimit_plan& p) { p.linear->pad_low[0] = -1; }, "linear->pad_low of -1 on axis 0");
  refused([](widelimit_plan& p) { p.linear->pad_high[1] = -1; },
          "linear->pad_high of -1 on axis 1");
  refused([](widelimit_plan& p) { p.linear->window[0] = 2; },
          "linear's window on axis 0, which gives 7 sites, and output->spatial of 8");
  refused([](widelimit_plan& p) { p.linear->window[0] = 9; },
          "linear->window of 9 on axis 0, which spans 9 sites where there are 8 with padding");
  refused([](widelimit_plan& p) { p.linear->rank = 7; }, "linear->rank of 7");
  refused([](widelimit_plan& p) { p.linear->rank = 1; }, "linear->rank of 1");
  refused([](widelimit_plan& p) { p.output->n_spatial = 7; }, "output->n_spatial of 7");
  refused([](widelimit_plan& p) { p.output->n_spatial = -1; }, "output->n_spatial of -1");
  refused([](widelimit_plan& p) { p.output->spatial[0] = 0; }, "output->spatial of 0 on axis 0");
  refused([](widelimit_plan& p) { p.output->spatial[3] = 2; }, "output->spatial of 2 on axis 3");
  refused([](widelimit_plan& p) { p.linear->scale = std::nan(""); }, "linear->scale of nan");
  refused([](widelimit_plan& p) { p.linear->scale = -1; }, "linear->scale of -1;");
  refused([](widelimit_plan& p) { p.linear->bias = INFINITY; }, "linear->bias of inf");
  refused([](widelimit_plan& p) { p.linear->ntk_bias = -2; }, "linear->ntk_bias of -2");
  refused([](widelimit_plan& p) { p.linear->circular = 4; }, "linear->circular of 4");
  refused([](widelimit_plan& p) { p.traits |= 1ULL << 40; }, "with bits that mean nothing");
  refused([](widelimit_plan& p) { p.output->channels = -5; }, "output->channels of -5");
  refused([](widelimit_plan& p) { p.max_window[2] = 0; }, "max_window of 0 on axis 2");
  refused([](widelimit_plan& p) { p.flops_per_entry = std::nan(""); }, "flops_per_entry of nan");
  refused([](widelimit_plan& p) { p.nature = 9; }, "nature 9, which is none");
  refused(
      [](widelimit_plan& p) {
        static const double weights[] = {-0.5};
        p.linear->weight[1] = weights;
      },
      "linear->weight of -0.5 for tap 0 on axis 1");
  refused(
      [](widelimit_plan& p) {
        p.linear->window[0] = 1'000'000'000;
        p.linear->pad_low[0] = 999'999'999;
      },
      "linear->window of 1000000000 on axis 0, which spans 1000000000 sites; at most 4608 are "
      "possible where there are 8");
  refused(
      [](widelimit_plan& p) {
        p.linear->circular = 1;
        p.linear->window[0] = 2;
        p.linear->dilation[0] = p.linear->pad_low[0] = 2'000'000'000;
      },
      "linear->window of 2 on axis 0, which spans 2000000001 sites");
  refused(
      [](widelimit_plan& p) {
        p.linear->pad_low[0] = 2'000'000'000;
        p.output->spatial[0] = 2'000'000'008;
      },
      "output->spatial of 2000000008 on axis 0");
  refused(
      [](widelimit_plan& p) {
        p.linear->pad_high[0] = p.linear->stride[0] = 2'000'000'000;
        p.output->spatial[0] = 2;
      },
      "linear->pad_high of 2000000000 on axis 0");
  const std::string volume = refused_for(
      [](widelimit_plan& p) {
        for (int a = 0; a < 3; ++a) {
          p.linear->window[a] = 4001;
          p.linear->pad_low[a] = 4000;
        }
      },
      {8, 8, 8});
  CHECK(volume.find("linear->window of 64048012001 taps") != std::string::npos);
}

TEST_CASE("strides beyond the image read its first site, however many follow one another") {
  const Layer once = spoiled([](widelimit_plan& p) {
    p.linear->stride[0] = 2'000'000'000;
    p.output->spatial[0] = 1;
  });
  const Matrix x = random_matrix(3, 20, 60);
  Matrix first = Matrix::uninitialized(3, 4);
  for (int i = 0; i < 3; ++i) std::copy_n(x.row(i).data(), 4, first.row(i).data());
  const Matrix strided =
      network({once, once, once, mean_over_pairs()}).nngp(Samples(x.clone(), {5}));
  const Matrix expected = network({mean_over_pairs()}).nngp(Samples(first.clone(), {1}));
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(strided.flat()[i] == doctest::Approx(expected.flat()[i]));
}
