// Random networks with sites, plugins and engine together, against the whole tensor of every pair.
#include <widelimit/error.hpp>
#include <widelimit/runtime.hpp>

#include "core/engine/full_tensor.hpp"
#include "core/engine/plugin_runtime.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

// Networks that obey the rules of independence and Gaussian inputs.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {
    const int axes = pick({1, 1, 2, 2, 2, 3, 4});
    const int most[] = {0, 9, 6, 4, 3};
    for (int a = 0; a < axes; ++a) sites.push_back(between(axes > 2 ? 2 : 3, most[axes]));
  }

  TensorNetwork network() {
    shape_ = sites;
    TensorNetwork net;
    for (int layers = between(1, 4); layers > 0; --layers) block(net);
    if (pick({0, 0, 0, 1}) != 0) {  // both ways out of the sites, joined without them
      TensorNetwork flat{{.type = "flatten"}, weights("dense")},
          pooled{{.type = "global_avg_pool"}, weights("dense"), function(), weights("dense")};
      flat.back().channels = pooled.back().channels;
      net.push_back({.type = "sum", .inputs = {flat, pooled}});
    } else {
      net.push_back({.type = pick<const char*>({"flatten", "global_avg_pool", "global_sum_pool"})});
      net.push_back(weights("dense"));
    }
    if (pick({0, 0, 1}) != 0) {
      net.push_back(function());
      net.push_back(weights("dense"));
    }
    return net;
  }

  std::vector<int> sites;

 private:
  template <class T>
  T pick(std::initializer_list<T> of) {
    return of.begin()[random_() % of.size()];
  }
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  double number(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() % 10007) / 10007;
  }

  TensorLayer function() {
    TensorLayer l{.type = pick<const char*>(
                      {"relu", "relu", "gelu", "abs", "erf", "leaky_relu", "sin", "rbf"})};
    if (l.type == "leaky_relu") l.a = 0.2;
    if (l.type == "rbf") l.a = 0.3;
    if (l.type == "sin") {
      l.a = 1.1;
      l.b = 0.8;
      l.c = 0.3;
    }
    return l;
  }
  TensorLayer weights(const char* type) {
    TensorLayer l{.type = type};
    l.W_std = number(0.8, 1.6);
    l.b_std = pick({0.0, 0.2});
    l.standard = pick({0, 0, 1}) != 0;
    l.trainable = pick({1, 1, 1, 0}) != 0;
    l.channels = between(1, 8);
    return l;
  }
  void window(TensorLayer& l, bool dilate) {
    l.padding = pick<const char*>({"VALID", "SAME", "SAME", "CIRCULAR"});
    for (int& n : shape_) {
      int d = dilate ? pick({1, 1, 2}) : 1, k = between(1, 3);
      while ((k - 1) * d + 1 > n) {
        k = std::max(1, k - 1);
        d = 1;
      }
      l.window.push_back(k);
      l.strides.push_back(pick({1, 1, 2}));
      if (dilate) l.dilation.push_back(d);
      n = output_sites(n, k, l.strides.back(), d, l.padding);
    }
  }
  TensorLayer same_conv(const char* padding) {
    TensorLayer l = weights("conv");
    l.channels = 6;
    l.padding = padding;
    for (const int n : shape_) l.window.push_back(pick({1, std::min(3, n)}));
    return l;
  }

  void block(TensorNetwork& net) {
    switch (between(0, 7)) {
      case 0:
      case 1:
      case 2: {
        TensorLayer l = weights("conv");
        window(l, true);
        net.push_back(l);
        net.push_back(function());
        break;
      }
      case 3: {
        TensorLayer l{.type = pick<const char*>({"avg_pool", "sum_pool"})};
        window(l, false);
        l.normalize_edges = l.type == "avg_pool" && pick({0, 1}) != 0;
        net.push_back(l);
        break;
      }
      case 4:
        net.push_back(weights("dense"));
        net.push_back({.type = "layer_norm", .axis = pick<const char*>({"channel", "all"})});
        net.push_back(function());
        break;
      case 5:
        net.push_back(weights("dense"));
        if (pick({0, 1}) != 0) net.push_back(same_conv("SAME"));
        net.push_back(function());
        break;
      default:
        branches(net);
    }
  }

  void branches(TensorNetwork& net) {
    TensorLayer first = weights("dense");
    first.channels = 6;
    net.push_back(first);
    TensorLayer joined{.type = pick<const char*>({"sum", "sum", "product", "concat"})};
    TensorNetwork shortcut;
    if (pick({0, 1}) != 0) shortcut.push_back(same_conv("SAME"));
    TensorNetwork branch{function()};
    branch.push_back(same_conv(pick<const char*>({"SAME", "CIRCULAR"})));
    branch.push_back(function());
    if (pick({0, 0, 1}) != 0) {  // the fork is kept until the pool is finished
      TensorLayer pool{.type = "avg_pool"};
      pool.padding = "SAME";
      for (const int n : shape_) pool.window.push_back(std::min(2, n));
      branch.push_back(pool);
    }
    branch.push_back(same_conv("SAME"));
    joined.inputs = {shortcut, branch};
    net.push_back(joined);
  }

  std::mt19937 random_;
  std::vector<int> shape_;
};

Matrix normal_matrix(std::int64_t rows, std::int64_t cols, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Matrix m(rows, cols);
  for (double& v : m.flat()) v = normal(random);
  return m;
}

// Largest difference over sqrt(K_ii K_jj).
template <class T>
double distance(const BasicMatrix<T>& ours, const Matrix& theirs, const std::vector<double>& v1,
                const std::vector<double>& v2) {
  double worst = 0;
  for (std::int64_t i = 0; i < ours.rows(); ++i)
    for (std::int64_t j = 0; j < ours.cols(); ++j) {
      const double scale =
          std::sqrt(v1[static_cast<std::size_t>(i)] * v2[static_cast<std::size_t>(j)]);
      const double d = std::abs(static_cast<double>(ours(i, j)) - theirs(i, j)) / scale;
      worst = std::isfinite(d) ? std::max(worst, d) : HUGE_VAL;
    }
  return worst;
}

/// A random network and its inputs of two channels.
struct Case {
  explicit Case(unsigned seed) {
    Generator generator(seed);
    net = generator.network();
    json = to_json(net);
    shape = generator.sites;
    sites.assign(shape.begin(), shape.end());
    for (const int n : shape) features *= n;
  }
  [[nodiscard]] Samples samples(const Matrix& x) const { return {x.clone(), sites}; }
  [[nodiscard]] SampleShape sample_shape() const { return {sites, 2}; }

  TensorNetwork net;
  std::string json;
  std::vector<int> shape;
  std::vector<std::int64_t> sites;
  std::int64_t features = 2;
};

double largest(const Matrix& m) {
  double most = 0;
  for (const double v : m.flat()) most = std::max(most, std::abs(v));
  return most;
}

}  // namespace

TEST_CASE("400 random networks with sites agree with the whole tensor") {
  double worst = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const Case random(seed);
    CAPTURE(seed);
    CAPTURE(random.json);
    const Matrix x1 = normal_matrix(3, random.features, 2 * seed),
                 x2 = normal_matrix(2, random.features, 2 * seed + 1);
    const TensorKernels expected = full_tensor(random.net, random.shape, x1, x2);
    const Samples s1 = random.samples(x1), s2 = random.samples(x2);
    const Network network = plugin_network(random.json);
    const PerKernel<Matrix> k = network.kernels<double>(s1, s2);
    // Sums over site pairs and products of branches multiply relative errors; 1e-11 is 45000 eps.
    const double nngp = distance(k.nngp, expected.nngp, expected.variance1, expected.variance2);
    const double ntk_scale = std::max(largest(expected.ntk), 1e-300);
    double ntk = 0;
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < 2; ++j)
        ntk = std::max(ntk, std::abs(k.ntk(i, j) - expected.ntk(i, j)) / ntk_scale);
    CHECK(nngp <= 1e-11);
    CHECK(ntk <= 1e-11);
    worst = std::max({worst, nngp, ntk});
    const PerKernel<Matrix> alone = network.kernels<double>(s1, s2, {.nngp = true, .ntk = false});
    CHECK(std::equal(alone.nngp.flat().begin(), alone.nngp.flat().end(), k.nngp.flat().begin()));
  }
  MESSAGE("seeds 0 to 399, worst difference " << worst);
}

TEST_CASE("rows much longer than a window agree with the whole tensor") {
  // Rows of zeros stand for those outside the field; scratch has to hold the longest.
  const std::vector<int> shape{90};
  const TensorNetwork net{
      {.type = "conv", .window = {3}, .strides = {1}, .dilation = {1}},
      {.type = "relu"},
      {.type = "conv", .window = {3}, .strides = {1}, .dilation = {1}, .b_std = 0.2},
      {.type = "relu"},
      {.type = "flatten"},
      {.type = "dense"}};
  const Matrix x1 = normal_matrix(3, 180, 1), x2 = normal_matrix(2, 180, 2);
  const TensorKernels expected = full_tensor(net, shape, x1, x2);
  const Samples s1(x1.clone(), {90}), s2(x2.clone(), {90});
  const PerKernel<Matrix> k = plugin_network(to_json(net)).kernels<double>(s1, s2);
  CHECK(distance(k.nngp, expected.nngp, expected.variance1, expected.variance2) <= 1e-11);
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t j = 0; j < 2; ++j)
      CHECK(std::abs(k.ntk(i, j) - expected.ntk(i, j)) <= 1e-11 * largest(expected.ntk));
}

TEST_CASE("pooling of an axis with more pairs than are kept is a mean of the data") {
  // Windows of 5 on 400 sites: four million pairs. Two poolings of the data are one weighted mean,
  // m = sum_p w_p x_p, and the kernel behind them is the products of means over channels.
  const std::int64_t n = 400, rows = n - 4;
  const Matrix x = normal_matrix(4, 2 * n, 5);
  Matrix mean(4, 2);
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t p = row; p < row + 5; ++p)
        for (std::int64_t c = 0; c < 2; ++c)
          mean(i, c) += x(i, 2 * p + c) / (5 * static_cast<double>(rows));
  const PerKernel<Matrix> k =
      plugin_network(
          R"([{"type": "avg_pool", "window_shape": [5], "strides": [1]}, "global_avg_pool", "dense"])")
          .kernels<double>(Samples(x.clone(), {n}));
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t j = 0; j < 4; ++j) {
      const double expected = (mean(i, 0) * mean(j, 0) + mean(i, 1) * mean(j, 1)) / 2;
      // Sums of 160,000 covariances of size 1, divided by their number: 1e-13 is 450 eps.
      CHECK(std::abs(k.nngp(i, j) - expected) <= 1e-13);
    }
}

TEST_CASE(
    "the diagonal of a network with sites is that of its samples with themselves, to the bit") {
  for (unsigned seed = 1000; seed < 1060; ++seed) {
    const Case random(seed);
    CAPTURE(seed);
    CAPTURE(random.json);
    Matrix x = normal_matrix(20, random.features, seed);
    std::copy_n(x.row(0).data(), random.features, x.row(19).data());  // a duplicate
    const Samples s = random.samples(x);
    const Network network = plugin_network(random.json);
    const auto check = [&](const auto& k, const PerKernel<std::vector<double>>& d) {
      for (std::int64_t i = 0; i < 20; ++i) {
        CHECK(k.nngp(i, i) == d.nngp[static_cast<std::size_t>(i)]);
        CHECK(k.ntk(i, i) == d.ntk[static_cast<std::size_t>(i)]);
        for (std::int64_t j = 0; j < i; ++j) CHECK(k.nngp(i, j) == k.nngp(j, i));
      }
      CHECK(k.nngp(0, 19) == d.nngp[0]);
      CHECK(k.ntk(0, 19) == d.ntk[0]);
    };
    check(network.kernels<double>(s), network.plan(s.shape()).diagonals(s));
    check(network.kernels<float>(s), network.plan(s.shape()).diagonals(s, Precision::float32));
  }
}

TEST_CASE("statistics of layers with sites are those of the whole tensor after each of them") {
  double worst = 0;
  for (unsigned seed = 2000; seed < 2100; ++seed) {
    const Case random(seed);
    CAPTURE(seed);
    CAPTURE(random.json);
    const Matrix x = normal_matrix(4, random.features, seed);
    const std::vector<TensorStatistics> expected =
        full_tensor_statistics(random.net, random.shape, x);
    std::vector<LayerStatistics> found =
        plugin_network(random.json).plan(random.sample_shape()).statistics(random.samples(x));
    std::erase_if(found, [](const LayerStatistics& s) {
      return s.pointer.find("/inputs/") != std::string::npos;
    });
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(i);
      CHECK(found[i].type == random.net[i].type);
      const double scale = expected[i].variance;
      const double variance = std::abs(found[i].mean_variance - expected[i].variance) / scale,
                   ntk = std::abs(found[i].mean_ntk - expected[i].ntk) /
                         std::max(std::abs(expected[i].ntk), scale),
                   correlation = std::abs(found[i].mean_correlation - expected[i].correlation);
      // As for the kernels above; means of positive numbers add nothing.
      CHECK(variance <= 1e-11);
      CHECK(ntk <= 1e-11);
      CHECK(correlation <= 1e-11);
      worst = std::max({worst, variance, ntk, correlation});
    }
  }
  MESSAGE("seeds 2000 to 2099, worst difference " << worst);
}
