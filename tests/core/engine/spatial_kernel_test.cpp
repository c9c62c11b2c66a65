// Kernels of networks with sites: threads, tiles, precision, cancellation, and what is refused.
#include <widelimit/error.hpp>
#include <widelimit/runtime.hpp>

#include "core/control.hpp"
#include "core/engine/plugin_runtime.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

Samples images(std::int64_t n, std::int64_t height, std::int64_t width, std::int64_t channels,
               unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Matrix m(n, height * width * channels);
  for (double& v : m.flat()) v = normal(random);
  return Samples(std::move(m), {height, width});
}

Samples some(const Samples& x, std::int64_t n) {
  Matrix m(n, x.features());
  std::copy_n(x.f64().data(), m.size(), m.data());
  return Samples(std::move(m), x.shape().sites);
}

template <class T>
bool same_block(const BasicMatrix<T>& part, const BasicMatrix<T>& whole) {
  for (std::int64_t i = 0; i < part.rows(); ++i)
    for (std::int64_t j = 0; j < part.cols(); ++j)
      if (part(i, j) != whole(i, j)) return false;
  return true;
}

std::string conv(const std::string& more = R"("padding": "SAME")",
                 const std::string& window = "[3, 3]") {
  return R"({"type": "conv", "channels": 4, "filter_shape": )" + window +
         R"(, "W_std": 1.4, "b_std": 0.1, )" + more + "}";
}

const std::string pooled = "[" + conv() +
                           R"(, "relu", {"type": "avg_pool", "window_shape": [2, 2]}, )" + conv() +
                           R"(, "erf", "global_avg_pool", "dense"])";
const std::string flat =
    "[" + conv() + R"(, "relu", )" + conv() + R"(, "relu", "flatten", "dense"])";

std::string refusal(const std::string& json, const Samples& x) {
  try {
    static_cast<void>(plugin_network(json).nngp(x));
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    return e.what();
  }
  return "accepted";
}

// Takes tiles into a matrix, but those on every other diagonal of the grid, which it says it has.
class EveryOther final : public KernelSink {
 public:
  static constexpr std::int64_t side = 128;
  explicit EveryOther(std::int64_t n) : kernel(n, n) {}

  void put(const Tile& tile) override {
    CHECK(!has(tile.area));
    const auto [row, col, rows, cols] = tile.area;
    for (std::int64_t i = 0; i < rows; ++i)
      std::copy_n(tile.entries<double>(Kernel::ntk) + i * tile.ld, cols, &kernel(row + i, col));
  }
  [[nodiscard]] bool has(const TileArea& area) const override {
    return (area.row / side + area.col / side) % 2 == 0;
  }

  Matrix kernel;
};

}  // namespace

TEST_CASE("tiles of images that a sink has are not computed, and the others are as ever") {
  const Samples x = images(300, 4, 4, 3, 3);
  const Network net = plugin_network(flat);
  const Matrix whole = net.ntk(x);
  EveryOther sink(x.count());
  std::int64_t least = x.count() * x.count(), most = 0, total = 0;
  Control control([&](const Progress& p) {
    least = std::min(least, p.done);
    most = std::max(most, p.done);
    total = p.total;
  });
  net.plan(x.shape()).kernels_to(x, {}, Precision::float64, {false, true}, sink, &control);
  for (std::int64_t i = 0; i < x.count(); ++i)
    for (std::int64_t j = i; j < x.count(); ++j)
      CHECK(sink.kernel(i, j) == (sink.has({i, j, 1, 1}) ? 0.0 : whole(i, j)));
  CHECK(most == total);
  CHECK(least > total / 4);  // of six tiles four were there, three of them half ones
}

TEST_CASE("kernels of images have the same bits for any number of threads") {
  const Samples x = images(40, 5, 6, 2, 1), y = images(21, 5, 6, 2, 2);
  for (const std::string& json : {pooled, flat}) {
    CAPTURE(json);
    PerKernel<MatrixF> first, first_cross;
    for (const int threads : {1, 2, 7}) {
      RuntimeOptions options;
      options.plugin_path = {WIDELIMIT_TEST_PLUGINS};
      options.use_environment = options.use_install = false;
      options.threads = threads;
      const Runtime runtime(options);
      const Network net = runtime.network(json);
      const PerKernel<MatrixF> k = net.kernels<float>(x), cross = net.kernels<float>(y, x);
      if (threads == 1) {
        first = net.kernels<float>(x);
        first_cross = net.kernels<float>(y, x);
      }
      CHECK(same_block(k.nngp, first.nngp));
      CHECK(same_block(k.ntk, first.ntk));
      CHECK(same_block(cross.nngp, first_cross.nngp));
      CHECK(same_block(cross.ntk, first_cross.ntk));
    }
  }
}

TEST_CASE("an entry of a kernel of images does not depend on which other samples there are") {
  const Samples x = images(300, 4, 4, 3, 3), first = some(x, 150);
  const Network net = plugin_network(flat);
  const PerKernel<Matrix> k = net.kernels<double>(x);
  const PerKernel<Matrix> fewer = net.kernels<double>(first), cross = net.kernels<double>(first, x);
  CHECK(same_block(fewer.nngp, k.nngp));
  CHECK(same_block(fewer.ntk, k.ntk));
  for (std::int64_t i = 0; i < 150; ++i)  // below the diagonal the samples change places
    for (std::int64_t j = i; j < 300; ++j) CHECK(cross.ntk(i, j) == k.ntk(i, j));
  for (std::int64_t i = 0; i < 300; ++i)
    for (std::int64_t j = 0; j < i; ++j) CHECK(k.ntk(i, j) == k.ntk(j, i));
}

TEST_CASE("float32 is within 2e-6 of float64 after 21 convolutions") {
  const std::string net =
      R"([{"repeat": 21, "layers": [{"type": "conv", "filter_shape": [3, 3], "padding": "SAME",
          "W_std": 1.4142135623730951}, "relu"]}, )";
  const Samples x = images(6, 9, 8, 3, 4);
  for (const char* end : {R"("global_avg_pool"])", R"("flatten"])"}) {
    const Network network = plugin_network(net + end);
    const PerKernel<Matrix> wide = network.kernels<double>(x);
    const PerKernel<MatrixF> narrow = network.kernels<float>(x);
    double worst = 0;
    for (std::int64_t i = 0; i < 6; ++i)
      for (std::int64_t j = 0; j < 6; ++j) {
        worst = std::max(worst, std::abs(narrow.nngp(i, j) - wide.nngp(i, j)) /
                                    std::sqrt(wide.nngp(i, i) * wide.nngp(j, j)));
        worst = std::max(worst, std::abs(narrow.ntk(i, j) - wide.ntk(i, j)) /
                                    std::sqrt(wide.ntk(i, i) * wide.ntk(j, j)));
      }
    MESSAGE(std::string(end) << " " << worst);
    CHECK(worst <= 2e-6);
  }
}

TEST_CASE("the NNGP alone of images has the bits it has beside the NTK") {
  const Samples x = images(5, 6, 6, 2, 5);
  const Network net = plugin_network(pooled);
  const Matrix alone = net.nngp(x);
  CHECK(same_block(alone, net.kernels<double>(x).nngp));
  const Matrix ntk = net.ntk(x);
  CHECK(same_block(ntk, net.kernels<double>(x).ntk));
}

TEST_CASE("a leading flatten in any branch makes a network of images dense") {
  const Samples x = images(7, 3, 4, 2, 6);
  const Samples rows(Matrix(x.f64().clone()));
  const Matrix dense = plugin_network(R"(["flatten", "dense", "relu", "dense"])").ntk(x);
  CHECK(same_block(dense, plugin_network(R"(["dense", "relu", "dense"])").ntk(rows)));
  const Matrix branch =
      plugin_network(R"(["identity", {"type": "sum", "inputs": [["flatten", "dense"],
                         ["global_avg_pool", "dense"]]}])")
          .nngp(x);
  const Matrix one = plugin_network(R"(["flatten", "dense"])").nngp(x),
               other = plugin_network(R"(["global_avg_pool", "dense"])").nngp(x);
  for (std::int64_t i = 0; i < 7; ++i)
    for (std::int64_t j = 0; j < 7; ++j)
      CHECK(branch(i, j) == doctest::Approx(one(i, j) + other(i, j)).epsilon(1e-13));
}

TEST_CASE("plans count the displacements that are tracked") {
  const auto rows = [](const std::string& json, std::int64_t n) {
    return plugin_network(json).plan({{n, n}, 3}).layers();
  };
  const std::vector<PlannedLayer> all = rows("[" + conv() + R"(, "relu", "global_avg_pool"])", 8);
  CHECK(all[0].displacements == 225);
  CHECK(all[2].displacements == 225);
  CHECK(all[2].possible_displacements == 225);
  const std::vector<PlannedLayer> one = rows("[" + conv() + R"(, "relu", "flatten"])", 8);
  for (const PlannedLayer& r : one) CHECK(r.displacements == 1);
  // A stride of 2 reads even displacements only: those of the smaller image.
  const std::vector<PlannedLayer> strided =
      rows("[" + conv() + R"(, "relu", )" + conv(R"("padding": "SAME", "strides": [2, 2])") +
               R"(, "relu", "global_avg_pool"])",
           8);
  CHECK(strided[1].displacements == 49);
  CHECK(strided[3].displacements == 49);
  CHECK(strided[3].possible_displacements == 49);
  // A window of 2 with stride 2 mixes -1, 0, 1.
  const std::vector<PlannedLayer> mixed = rows(
      "[" + conv() +
          R"(, "relu", {"type": "avg_pool", "window_shape": [2, 2], "strides": [2, 2]}, "flatten"])",
      8);
  CHECK(mixed[1].displacements == 9);
  CHECK(mixed[2].displacements == 9);
  CHECK(mixed[3].displacements == 1);
  double share = 0;
  for (const PlannedLayer& r : mixed) share += r.share;
  CHECK(share == doctest::Approx(1));
}

TEST_CASE("networks that no image can go through are refused with the reason") {
  const Samples x = images(2, 4, 4, 3, 7);
  CHECK(refusal("[" + conv() + "]", x).find("ends with 2 spatial axes") != std::string::npos);
  CHECK(refusal("[" + conv(R"("padding": "VALID")", "[5, 5]") + R"(, "flatten"])", x) !=
        "accepted");
  CHECK(refusal("[" + conv(R"("padding": "SAME")", "[3]") + R"(, "flatten"])", x) != "accepted");
  CHECK(refusal(R"(["flatten", )" + conv() + "]", x) != "accepted");
  CHECK(refusal(R"([{"type": "sum", "inputs": [[)" + conv() + "], [" +
                    conv(R"("padding": "VALID")") + R"(]]}, "flatten"])",
                x)
            .find("same spatial axes") != std::string::npos);
  CHECK(refusal("[" + conv() + R"(, "relu", "global_avg_pool", "global_avg_pool"])", x) !=
        "accepted");
  CHECK(refusal("[" + conv() + R"(, "flatten"])", Samples(Matrix(2, 12))) != "accepted");
}

TEST_CASE("a kernel of images can be cancelled") {
  const Samples x = images(64, 12, 12, 3, 8);
  Control* running = nullptr;
  Control control([&](const Progress& p) {
    if (p.done > 0 && p.done < p.total) running->cancel();
  });
  running = &control;
  try {
    static_cast<void>(plugin_network(pooled).kernels<float>(x, {}, both_kernels, &control));
    FAIL("not cancelled");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::cancelled);
  }
}

TEST_CASE("diagonals and statistics of images report bundles and can be cancelled") {
  const int threads = plugin_runtime().threads();
  const Samples x = images(16 * (threads + 2), 6, 6, 2, 8);
  for (const std::string& json : {pooled, flat}) {
    const PlannedNetwork plan = plugin_network(json).plan(x.shape());
    const auto diagonals = [&](Control* c) {
      static_cast<void>(plan.diagonals(x, Precision::float32, both_kernels, c));
    };
    check_control("diagonals", diagonals, threads);
    CHECK(reports_of(diagonals, "diagonals") == threads + 2);
    const auto statistics = [&](Control* c) { static_cast<void>(plan.statistics(x, c)); };
    check_control("statistics", statistics, threads);
    CHECK(reports_of(statistics, "statistics") == 17);
    CHECK(stops_at(1, statistics));
  }
}

TEST_CASE("images with numbers that are not finite are named") {
  Matrix m = images(3, 4, 4, 1, 9).f64().clone();
  m(1, 5) = std::nan("");
  const Samples x(std::move(m), {4, 4});
  const PlannedNetwork plan = plugin_network(flat).plan(x.shape());
  const auto check = [](auto&& compute) {
    try {
      compute();
      FAIL("accepted");
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::usage);
      REQUIRE(e.facts().sample);
      CHECK(e.facts().sample->number == 1);
      CHECK_FALSE(e.facts().kernel.has_value());
    }
  };
  check([&] { static_cast<void>(plan.kernels<double>(x)); });
  check([&] { static_cast<void>(plan.diagonals(x)); });
  check([&] { static_cast<void>(plan.diagonals(x, Precision::float32)); });
}

TEST_CASE("statistics of a network with sites that are known without computing") {
  // A convolution over single sites with W_std^2 = 2 doubles the variance of the data, relu halves
  // it (Cho and Saul 2009), an average of two sites lies between; the NTK counts the layers.
  Matrix m(3, 4);
  const double numbers[] = {1, 2, 3, 4, -1, -2, -3, -4, 2, 4, 6, 8};
  std::copy_n(numbers, m.size(), m.data());
  const Samples x(std::move(m), {2, 2});
  const std::string doubling =
      R"({"type": "conv", "channels": 4, "filter_shape": [1, 1], "W_std": 1.4142135623730951})";
  const std::vector<LayerStatistics> s =
      plugin_network("[" + doubling + R"(, "relu", )" + doubling + R"(, "flatten", "dense"])")
          .plan(x.shape())
          .statistics(x);
  REQUIRE(s.size() == 5);
  const double data = (30.0 + 30 + 120) / 12;  // mean of squares
  const double variances[] = {2 * data, data, 2 * data, 2 * data, 2 * data},
               ntks[] = {2 * data, data, 4 * data, 4 * data, 6 * data};
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(s[i].mean_variance == doctest::Approx(variances[i]).epsilon(1e-12));
    CHECK(s[i].mean_ntk == doctest::Approx(ntks[i]).epsilon(1e-12));
    // Correlations of 1, -1 and -1 become 1, 0 and 0.
    CHECK(std::abs(s[i].mean_correlation - (i == 0 ? -1.0 / 3 : 1.0 / 3)) <= 1e-12);
  }
}

TEST_CASE("statistics look at 16 images at most, of one there are no pairs, and none give zeros") {
  const Samples x = images(40, 5, 5, 2, 71);
  const Network net = plugin_network(pooled);
  const auto of = [&](std::int64_t n) { return net.plan(x.shape()).statistics(some(x, n)); };
  const std::vector<LayerStatistics> all = net.plan(x.shape()).statistics(x), first = of(16),
                                     one = of(1), none = of(0);
  REQUIRE(all.size() == 7);
  const PerKernel<std::vector<double>> d = net.plan(x.shape()).diagonals(some(x, 1));
  CHECK(one.back().mean_variance == d.nngp[0]);
  CHECK(one.back().mean_ntk == d.ntk[0]);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].mean_variance == first[i].mean_variance);
    CHECK(all[i].mean_correlation == first[i].mean_correlation);
    CHECK(all[i].mean_ntk == first[i].mean_ntk);
    CHECK(std::abs(all[i].mean_correlation) <= 1);
    CHECK(one[i].mean_correlation == 0);
    CHECK(none[i].mean_variance == 0);
    CHECK(none[i].pointer == all[i].pointer);
  }
  Matrix broken(2, 50);
  broken(1, 7) = HUGE_VAL;
  CHECK_THROWS_AS(
      static_cast<void>(net.plan(x.shape()).statistics(Samples(std::move(broken), {5, 5}))), Error);
}
