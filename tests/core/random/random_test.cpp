// The generator against published answers, the distributions against their moments and the C
// library.
#include "random/random.hpp"

#include "random/box_muller.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

using namespace widelimit::detail;

namespace {

using Block = std::array<std::uint64_t, 4>;

std::vector<double> some_normals(std::uint64_t seed, std::uint64_t stream, std::size_t n) {
  std::vector<double> z(n);
  normals(seed, stream, 0, n, z.data());
  return z;
}

}  // namespace

TEST_CASE("Philox 4x64-10 gives the known answers that Random123 publishes") {
  const std::uint64_t ones = ~std::uint64_t{0};
  CHECK(philox({0, 0, 0, 0}, {0, 0}) ==
        Block{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b});
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
        Block{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0});
  CHECK(philox({0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
               {0x452821e638d01377, 0xbe5466cf34e90c6c}) ==
        Block{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6});
}

TEST_CASE("uniform numbers are the top bits of the blocks, in the middle of their interval") {
  double u[4];
  uniforms(0, 0, 0, 4, u);
  const Block words = {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
                       0x7e68b68aec7ba23b};
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(u[i] == (static_cast<double>(words[i] >> 12) + 0.5) * 0x1p-52);
}

TEST_CASE("where a call starts and stops does not change a number") {
  constexpr std::size_t n = 3000;
  const std::vector<double> whole = some_normals(7, 3, n);
  std::vector<double> whole_uniform(n), part(n);
  uniforms(7, 3, 0, n, whole_uniform.data());
  for (const std::size_t cut : {1u, 2u, 3u, 5u, 511u, 512u, 513u, 1030u}) {
    for (std::size_t at = 0; at < n; at += cut)
      normals(7, 3, at, std::min(cut, n - at), part.data() + at);
    CHECK(part == whole);
    for (std::size_t at = 0; at < n; at += cut)
      uniforms(7, 3, at, std::min(cut, n - at), part.data() + at);
    CHECK(part == whole_uniform);
  }
}

TEST_CASE("threads that share a stream compute the same numbers as one") {
  constexpr std::size_t n = 40000, workers = 4;
  const std::vector<double> alone = some_normals(1, 2, n);
  std::vector<double> shared(n);
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < workers; ++w)
    threads.emplace_back(
        [&, w] { normals(1, 2, w * n / workers, n / workers, shared.data() + w * n / workers); });
  for (std::thread& t : threads) t.join();
  CHECK(shared == alone);
}

TEST_CASE("Box-Muller agrees with the C library to a few units in the last place of the radius") {
  std::vector<double> u(20000);
  uniforms(11, 0, 0, u.size(), u.data());
  // The ends and the seams of the argument reductions.
  const double smallest = 0x1p-53, largest = 1.0 - 0x1p-53, half_root = std::sqrt(0.5);
  const double edges[] = {smallest, largest, half_root, std::nextafter(half_root, 0.0),
                          0.125,    0.375,   0.5,       0.625,
                          0.875,    0.25,    0.75,      1e-10};
  for (const double a : edges)
    for (const double b : edges) u.insert(u.end(), {a, b});
  std::vector<double> z = u;
  box_muller(z.data(), z.size());
  double worst = 0;
  for (std::size_t i = 0; i < u.size(); i += 2) {
    const long double radius = std::sqrt(-2.0L * std::log(static_cast<long double>(u[i])));
    const long double angle = 2.0L * std::numbers::pi_v<long double> * u[i + 1];
    const long double unit = radius * std::numeric_limits<double>::epsilon();
    worst = std::max({worst, static_cast<double>(std::abs(z[i] - radius * std::cos(angle)) / unit),
                      static_cast<double>(std::abs(z[i + 1] - radius * std::sin(angle)) / unit)});
  }
  // Each of logarithm, square root, sine and the products contributes at most about one eps.
  CHECK(worst < 4.0);
}

TEST_CASE("normal numbers have the moments of N(0, 1) within five standard errors") {
  constexpr std::size_t n = 1000000;
  const std::vector<double> z = some_normals(2024, 0, n);
  double moment[7] = {}, lagged = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double power = 1;
    for (int k = 1; k <= 6; ++k) moment[k] += (power *= z[i]) / static_cast<double>(n);
    if (i > 0) lagged += z[i] * z[i - 1] / static_cast<double>(n);
  }
  // Var(z^k) = E z^2k - (E z^k)^2 with E z^2k = (2k - 1)!!.
  const double expected[] = {0, 0, 1, 0, 3, 0, 15};
  const double variance[] = {0, 1, 2, 15, 96, 945, 10170};
  for (int k = 1; k <= 6; ++k) {
    CAPTURE(k);
    CHECK(std::abs(moment[k] - expected[k]) < 5 * std::sqrt(variance[k] / n));
  }
  CHECK(std::abs(lagged) < 5 / std::sqrt(static_cast<double>(n)));
}

TEST_CASE("normal numbers fall below each quantile as often as they should") {
  constexpr std::size_t n = 400000;
  std::vector<double> z = some_normals(5, 9, n);
  std::sort(z.begin(), z.end());
  double distance = 0;  // Kolmogorov's
  for (std::size_t i = 0; i < n; ++i) {
    const double f = 0.5 * std::erfc(-z[i] / std::numbers::sqrt2);
    distance =
        std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  // P(sqrt(n) D > 2.2) = 2 exp(-2 2.2^2) < 2e-4 (Kolmogorov's limit law).
  CHECK(std::sqrt(static_cast<double>(n)) * distance < 2.2);
}

TEST_CASE("seeds, streams and uses give unrelated numbers") {
  constexpr std::size_t n = 100000;
  const std::vector<double> base = some_normals(1, 1, n);
  std::vector<double> uniform(n);
  uniforms(1, 1, 0, n, uniform.data());
  for (double& u : uniform) u = (u - 0.5) * std::sqrt(12.0);
  for (const std::vector<double>& other :
       {some_normals(2, 1, n), some_normals(1, 2, n), some_normals(2, 2, n), uniform}) {
    const double product = std::inner_product(base.begin(), base.end(), other.begin(), 0.0);
    CHECK(std::abs(product) < 5 * std::sqrt(static_cast<double>(n)));
  }
}

TEST_CASE("derived seeds differ in every argument and are reproducible") {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 8; ++seed)
    for (std::uint64_t a = 0; a < 8; ++a)
      for (std::uint64_t b = 0; b < 8; ++b) seeds.insert(derive_seed(seed, a, b));
  CHECK(seeds.size() == 512);
  CHECK(derive_seed(3, 1, 2) == derive_seed(3, 1, 2));
  CHECK(derive_seed(3, 1, 2) != derive_seed(3, 2, 1));
}

TEST_CASE("a permutation holds every index once, and all permutations are equally likely") {
  for (const std::int64_t n : {0, 1, 2, 3, 1000}) {
    std::vector<std::int64_t> p = permutation(4, 0, n), identity(static_cast<std::size_t>(n));
    std::iota(identity.begin(), identity.end(), 0);
    if (n == 1000) CHECK(p != identity);
    std::sort(p.begin(), p.end());
    CHECK(p == identity);
  }
  constexpr int draws = 24000;
  std::vector<int> counts(24);
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const std::vector<std::int64_t> p = permutation(seed, 0, 4);
    std::size_t rank = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto smaller = std::count_if(p.begin() + static_cast<std::ptrdiff_t>(i), p.end(),
                                         [&](std::int64_t v) { return v < p[i]; });
      rank = rank * (4 - i) + static_cast<std::size_t>(smaller);
    }
    ++counts[rank];
  }
  double chi_squared = 0;
  for (const int c : counts) chi_squared += (c - 1000.0) * (c - 1000.0) / 1000.0;
  // 23 degrees of freedom: mean 23, standard deviation sqrt(46).
  CHECK(chi_squared < 23 + 5 * std::sqrt(46.0));
}
