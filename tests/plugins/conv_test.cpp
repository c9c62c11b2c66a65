// Convolution: the map that it is to kernels, the shapes of its output, what it computes at finite
// width, and what it refuses.
#include "plugins/support/batch.hpp"
#include "plugins/support/images.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

Refusal refused(const Library& library, const std::string& type, const Parameters& p,
                const Extents& n) {
  try {
    const Layer layer(library, type, p, {shape(3, n)});
  } catch (const Refusal& refusal) {
    return refusal;
  }
  throw std::runtime_error("it was not refused");
}

/// K' of a linear layer from all of K, as abi.h defines its map.
Tensor apply(const widelimit_linear& map, const Tensor& K, const Extents& out) {
  Extents window, axes(K.n.size());
  double taps = 1;
  for (std::size_t a = 0; a < K.n.size(); ++a) {
    window.push_back(map.window[a]);
    taps *= map.window[a];
  }
  const auto read = [&](const Extents& i, const Extents& t) -> std::int64_t {
    Extents p(K.n.size());
    for (std::size_t a = 0; a < K.n.size(); ++a) {
      p[a] = i[a] * map.stride[a] + t[a] * map.dilation[a] - map.pad_low[a];
      if ((map.circular >> a & 1U) != 0) p[a] = (p[a] + K.n[a]) % K.n[a];
      if (p[a] < 0 || p[a] >= K.n[a]) return -1;
    }
    return site_at(p, K.n);
  };
  Tensor result(out);
  for (std::int64_t i = 0; i < product(out); ++i)
    for (std::int64_t j = 0; j < product(out); ++j) {
      double sum = 0;
      for (std::int64_t t = 0; t < product(window); ++t) {
        const Extents tap = coordinates(t, window);
        const std::int64_t p = read(coordinates(i, out), tap), q = read(coordinates(j, out), tap);
        if (p >= 0 && q >= 0) sum += K.at(p, q);
      }
      result.at(i, j) = map.scale * sum / taps + map.bias;
    }
  return result;
}

std::vector<Windows> windows() {
  std::vector<Windows> all;
  for (const char* const padding : {"VALID", "SAME", "CIRCULAR"}) {
    all.emplace_back(Extents{7}, Extents{3}, Extents{1}, Extents{1}, padding);
    all.emplace_back(Extents{8}, Extents{3}, Extents{2}, Extents{2}, padding);
    all.emplace_back(Extents{5}, Extents{1}, Extents{1}, Extents{1}, padding);
    all.emplace_back(Extents{5, 6}, Extents{3, 2}, Extents{1, 3}, Extents{2, 1}, padding);
    all.emplace_back(Extents{4, 4}, Extents{1, 1}, Extents{2, 2}, Extents{1, 1}, padding);
    all.emplace_back(Extents{3, 4, 3}, Extents{2, 3, 2}, Extents{1, 2, 1}, Extents{2, 1, 1},
                     padding);
    all.emplace_back(Extents{2, 3, 2, 3}, Extents{2, 1, 2, 3}, Extents{1, 1, 2, 1}, Extents{},
                     padding);
  }
  all.emplace_back(Extents{2, 3}, Extents{5, 3}, Extents{1, 1}, Extents{1, 2},
                   "SAME");  // beyond both ends
  return all;
}

Parameters conv_parameters(const Windows& w) {
  Parameters p = w.parameters("filter_shape");
  p["channels"] = 4.0;
  p["W_std"] = 1.3;
  p["b_std"] = 0.2;
  return p;
}

}  // namespace

TEST_CASE("conv: the worked example, on all pairs of sites") {
  const std::vector<double> x{1, 2, -1, 3};
  Tensor K({4});
  for (std::int64_t p = 0; p < 4; ++p)
    for (std::int64_t q = 0; q < 4; ++q)
      K.at(p, q) = x[static_cast<std::size_t>(p)] * x[static_cast<std::size_t>(q)];
  const auto after = [&](const char* padding, std::int64_t stride) {
    Parameters p = Windows({4}, {3}, {stride}, {}, padding).parameters("filter_shape");
    p["W_std"] = std::sqrt(2.0);
    p["b_std"] = std::sqrt(0.1);
    const Layer layer(Library("conv"), "conv", p, {shape(1, {4}, 0)});
    CHECK(layer.nature == WIDELIMIT_LINEAR);
    CHECK((layer.traits & WIDELIMIT_TRAIT_HAS_WEIGHTS) != 0);
    CHECK((layer.output.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0);
    CHECK(layer.linear.ntk_nngp == layer.linear.scale);
    CHECK(layer.linear.ntk_bias == layer.linear.bias);
    return apply(layer.linear, K, {layer.output.spatial[0]}).k;
  };
  const auto close = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      CHECK(std::abs(a[i] - b[i]) <= 5.1e-7);  // as printed
  };
  close(after("SAME", 1), {3.433333, .1, 3.433333, 2.1, .1, 4.1, -1.9, 3.433333, 3.433333, -1.9,
                           9.433333, -3.233333, 2.1, 3.433333, -3.233333, 6.766667});
  close(after("SAME", 2), {4.1, 3.433333, 3.433333, 6.766667});
  close(after("VALID", 1), {4.1, -1.9, -1.9, 9.433333});
  close(after("CIRCULAR", 1),
        {9.433333, 2.1, 7.433333, 1.433333, 2.1, 4.1, -1.9, 2.766667, 7.433333, -1.9, 9.433333,
         -1.233333, 1.433333, 2.766667, -1.233333, 7.433333});
  close(after("CIRCULAR", 2), {4.1, 2.766667, 2.766667, 7.433333});
}

TEST_CASE("conv and pooling: the shapes that VALID, SAME and CIRCULAR give") {
  const Library conv("conv"), pool("pool");
  for (std::int64_t n = 1; n <= 9; ++n)
    for (std::int64_t k = 1; k <= 5; ++k)
      for (std::int64_t s = 1; s <= 4; ++s)
        for (std::int64_t d = 1; d <= 2; ++d)
          for (const std::string padding : {"VALID", "SAME", "CIRCULAR"}) {
            if ((k - 1) * d + 1 > n && padding != "SAME") continue;
            const Windows w({n}, {k}, {s}, {d}, padding);
            const Layer layer(conv, "conv", w.parameters("filter_shape"), {shape(2, {n})});
            CHECK(layer.output.spatial[0] == w.out[0]);
            CHECK(layer.linear.pad_low[0] == w.low[0]);
            CHECK((layer.linear.circular != 0) == (padding == "CIRCULAR"));
            // Every window fits into the padded image, and no padding is left over by a stride
            // of 1.
            const std::int64_t padded = n + layer.linear.pad_low[0] + layer.linear.pad_high[0];
            const std::int64_t last = (w.out[0] - 1) * s + (k - 1) * d + 1;
            CHECK(last <= padded);
            if (s == 1) CHECK(last == padded);
            CHECK(layer.linear.pad_high[0] - layer.linear.pad_low[0] <= 1);
            if (d > 1) continue;
            const Layer pooled(pool, "avg_pool", w.parameters("window_shape"), {shape(2, {n})});
            CHECK(pooled.output.spatial[0] == w.out[0]);
            CHECK(pooled.output.channels == 2);
          }
}

TEST_CASE("conv in standard parameterization counts taps times channels, and asks for them") {
  const Library conv("conv");
  Parameters p{{"filter_shape", std::vector<double>{3, 2}},
               {"parameterization", std::string("standard")},
               {"W_std", 1.5}};
  CHECK(Layer(conv, "conv", p, {shape(5, {4, 4})}).linear.ntk_nngp == 30);
  CHECK(Layer(conv, "conv", p, {shape(5, {4, 4})}).linear.ntk_bias == 0);
  p["b_std"] = 0.0;
  CHECK(Layer(conv, "conv", p, {shape(5, {4, 4})}).linear.ntk_bias == 1);
  const Refusal unknown = [&] {
    try {
      const Layer layer(conv, "conv", p, {shape(0, {4, 4})});
    } catch (const Refusal& refusal) {
      return refusal;
    }
    throw std::runtime_error("it was not refused");
  }();
  CHECK(unknown.pointer == "/parameterization");
  CHECK(std::string(unknown.what()).find("\"channels\"") != std::string::npos);
  p["trainable"] = false;
  const Layer frozen(conv, "conv", p, {shape(0, {4, 4})});
  CHECK(frozen.linear.ntk_nngp == 0);
  CHECK(frozen.linear.ntk_bias == 0);
  CHECK(frozen.linear.scale == 2.25);
}

TEST_CASE("windows that do not fit are refused with the parameter, the sizes and a remedy") {
  const Library conv("conv"), pool("pool");
  const auto list = [](std::vector<double> x) { return x; };
  const auto says = [](const Refusal& r, const std::string& pointer, const std::string& text) {
    CHECK(r.pointer == pointer);
    CHECK_MESSAGE(std::string(r.what()).find(text) != std::string::npos, r.what());
  };
  const Parameters wide{{"filter_shape", list({3, 5})}};
  says(refused(conv, "conv", wide, {4, 4}), "/filter_shape/1", "spans 5 sites, but axis 1");
  says(refused(conv, "conv", wide, {4, 4}), "/filter_shape/1", "padding \"SAME\"");
  Parameters dilated{{"filter_shape", list({3, 3})}, {"dilation", list({2, 1})}};
  says(refused(conv, "conv", dilated, {4, 4}), "/filter_shape/0", "smaller window or dilation");
  dilated["padding"] = std::string("CIRCULAR");
  says(refused(conv, "conv", dilated, {4, 4}), "/filter_shape/0", "would read sites twice");
  says(refused(pool, "avg_pool", {{"window_shape", list({5})}}, {4}), "/window_shape/0",
       "spans 5 sites, but axis 0 of the input has 4");
  says(refused(conv, "conv", {{"filter_shape", list({3})}}, {4, 4}), "/filter_shape",
       "one number for each spatial axis of the input, which has 2, got 1");
  says(refused(conv, "conv", {{"filter_shape", list({1, 1})}, {"strides", list({2})}}, {4, 4}),
       "/strides", "which has 2, got 1");
  says(refused(conv, "conv", {{"filter_shape", list({3, 3})}}, {}), "",
       "needs an input with spatial axes");
  says(refused(conv, "conv", {}, {4}), "/filter_shape", "missing");
  says(refused(conv, "conv", {{"filter_shape", list({0})}}, {4}), "/filter_shape/0", ">= 1");
  says(refused(conv, "conv", {{"filter_shape", list({1})}, {"strides", list({0})}}, {4}),
       "/strides/0", ">= 1");
  says(refused(conv, "conv", {{"filter_shape", list({1})}, {"padding", std::string("same")}}, {4}),
       "/padding", "\"SAME\"");
  says(refused(pool, "sum_pool", {{"window_shape", list({1})}, {"padding", std::string("FULL")}},
               {4}),
       "/padding", "\"VALID\", \"SAME\", \"CIRCULAR\"");
  // Nothing overflows on the way.
  says(refused(conv, "conv",
               {{"filter_shape", list({2000000000})},
                {"dilation", list({2000000000})},
                {"padding", std::string("SAME")}},
               {4}),
       "/filter_shape/0", "smaller window");
}

TEST_CASE("conv at finite width is the sum over its windows") {
  const Library conv("conv");
  for (const Windows& w : windows())
    for (const bool standard : {false, true}) {
      Parameters p = conv_parameters(w);
      if (standard) p["parameterization"] = std::string("standard");
      CAPTURE(w.padding);
      CAPTURE(w.n.size());
      const Layer layer(conv, "conv", p, {shape(3, w.n)});
      const Batch batch(layer, 2);
      const std::int64_t taps = product(w.k), out = product(w.out), C = 3, O = 4;
      REQUIRE(batch.theta_size == static_cast<std::size_t>(taps * C * O + O));
      const Numbers theta = batch.init(5), x = normal_numbers(1, batch.in_size(0));
      const Numbers y = batch.forward(theta, {x});
      const auto at = [](const Numbers& v, std::int64_t i) {
        return v[static_cast<std::size_t>(i)];
      };
      const double factor = standard ? 1 : 1.3 / std::sqrt(static_cast<double>(taps * C));
      double worst = 0;
      for (std::int64_t sample = 0; sample < 2; ++sample)
        for (std::int64_t i = 0; i < out; ++i)
          for (std::int64_t o = 0; o < O; ++o) {
            double sum = 0;
            for (std::int64_t t = 0; t < taps; ++t) {
              const std::int64_t p_at = w.read(coordinates(i, w.out), coordinates(t, w.k));
              for (std::int64_t c = 0; p_at >= 0 && c < C; ++c)
                sum +=
                    at(x, (sample * product(w.n) + p_at) * C + c) * at(theta, (t * C + c) * O + o);
            }
            const double expected =
                factor * sum + (standard ? 1 : 0.2) * at(theta, taps * C * O + o);
            worst = std::max(worst, std::abs(at(y, (sample * out + i) * O + o) - expected));
          }
      CHECK(worst <= 1e-13);  // some dozens of products of order 1
    }
}

TEST_CASE("conv of batches that take several blocks: samples do not depend on one another") {
  const Windows w({10, 10}, {3, 3}, {1, 1}, {}, "SAME");
  Parameters p = conv_parameters(w);
  const Layer layer(Library("conv"), "conv", p, {shape(20, {10, 10})});
  CHECK(layer.scratch_bytes <= 1U << 20);
  const std::int64_t samples = 17;  // 1700 windows of 180 numbers
  const Batch all(layer, samples), single(layer, 1);
  const Numbers theta = all.init(5), x = normal_numbers(1, all.in_size(0)),
                theta_dot = normal_numbers(2, all.theta_size),
                x_dot = normal_numbers(3, all.in_size(0)),
                y_bar = normal_numbers(4, all.out_size());
  const Numbers y = all.forward(theta, {x}), y_dot = all.jvp(theta, theta_dot, {x}, {x_dot});
  Numbers theta_bar(all.theta_size), theta_bar_alone(all.theta_size);
  std::vector<Numbers> x_bar{Numbers(all.in_size(0))};
  all.vjp(theta, {x}, y_bar, theta_bar, x_bar);
  const auto part = [](const Numbers& v, std::int64_t sample, std::size_t size) {
    const auto begin = v.begin() + sample * static_cast<std::int64_t>(size);
    return Numbers(begin, begin + static_cast<std::int64_t>(size));
  };
  const auto close = [](const Numbers& a, const Numbers& b, double tolerance) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    CHECK(worst <= tolerance);
  };
  for (std::int64_t s = 0; s < samples; ++s) {
    const Numbers one = part(x, s, single.in_size(0)), one_dot = part(x_dot, s, single.in_size(0));
    close(single.forward(theta, {one}), part(y, s, single.out_size()), 1e-13);
    close(single.jvp(theta, theta_dot, {one}, {one_dot}), part(y_dot, s, single.out_size()), 1e-13);
    std::vector<Numbers> one_bar{Numbers(single.in_size(0))};
    single.vjp(theta, {one}, part(y_bar, s, single.out_size()), theta_bar_alone, one_bar);
    close(one_bar[0], part(x_bar[0], s, single.in_size(0)), 1e-13);
  }
  close(theta_bar, theta_bar_alone, 1e-12);
}

TEST_CASE("conv draws weights of the right deviation") {
  for (const bool standard : {false, true}) {
    Parameters p{{"filter_shape", std::vector<double>{3, 3}},
                 {"channels", 100.0},
                 {"W_std", 1.5},
                 {"b_std", 0.3}};
    if (standard) p["parameterization"] = std::string("standard");
    const Layer layer(Library("conv"), "conv", p, {shape(25, {4, 4})});
    const Batch batch(layer, 1);
    REQUIRE(batch.theta_size == 22600);
    const Numbers theta = batch.init(3);
    const auto mean_square = [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += theta[i] * theta[i];
      return sum / static_cast<double>(end - begin);
    };
    // Five standard errors of a mean square: sqrt(2 / n).
    CHECK(mean_square(0, 22500) ==
          doctest::Approx(standard ? 1.5 * 1.5 / 225 : 1).epsilon(5 * std::sqrt(2.0 / 22500)));
    CHECK(mean_square(22500, 22600) ==
          doctest::Approx(standard ? 0.09 : 1).epsilon(5 * std::sqrt(2.0 / 100)));
  }
}

TEST_CASE("a finite convolution asks for its channels") {
  const Layer layer(Library("conv"), "conv", {{"filter_shape", std::vector<double>{2}}},
                    {shape(3, {4})});
  CHECK(layer.output.channels == 0);
  try {
    const Batch batch(layer, 1);
    FAIL("not refused");
  } catch (const Refusal& refusal) {
    CHECK(refusal.pointer == "/channels");
  }
}

TEST_CASE("pooling at finite width is the mean or the sum over windows, channel by channel") {
  const Library pool("pool");
  for (const Windows& w : windows()) {
    if (product(w.d) != 1) continue;
    for (const bool mean : {false, true}) {
      const Layer layer(pool, mean ? "avg_pool" : "sum_pool", w.parameters("window_shape"),
                        {shape(3, w.n)});
      const Batch batch(layer, 2);
      const Numbers x = normal_numbers(1, batch.in_size(0)), y = batch.forward({}, {x});
      const std::int64_t out = product(w.out);
      for (std::int64_t sample = 0; sample < 2; ++sample)
        for (std::int64_t i = 0; i < out; ++i)
          for (std::int64_t c = 0; c < 3; ++c) {
            double sum = 0;
            for (std::int64_t t = 0; t < product(w.k); ++t)
              if (const std::int64_t p = w.read(coordinates(i, w.out), coordinates(t, w.k)); p >= 0)
                sum += x[static_cast<std::size_t>((sample * product(w.n) + p) * 3 + c)];
            if (mean) sum /= static_cast<double>(product(w.k));
            CHECK(std::abs(y[static_cast<std::size_t>((sample * out + i) * 3 + c)] - sum) <= 1e-13);
          }
    }
  }
  const Layer global(pool, "global_avg_pool", {}, {shape(2, {3})});
  const Numbers y = Batch(global, 1).forward({}, {{1, 10, 2, 20, 6, 60}});
  CHECK(y[0] == doctest::Approx(3).epsilon(1e-15));
  CHECK(y[1] == doctest::Approx(30).epsilon(1e-15));
}

}  // namespace widelimit::plugin_tests
