// The engine's parts alone: equal rows, facts of samples, composed maps, the grid of tiles,
// workers, the sink in memory, calls that reuse an error.
#include <widelimit/error.hpp>

#include "boundary/abi_error.hpp"
#include "core/engine/static_layers.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/equal_rows.hpp"
#include "engine/grid/memory_sink.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/worker_pool.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

using namespace widelimit;
using namespace widelimit::detail;
using test::random_matrix;

namespace {

using Pairs = std::set<std::pair<std::int64_t, std::int64_t>>;

Pairs pairs_of(const EqualRows& e, std::int64_t n1, std::int64_t n2) {
  Pairs p;
  e.for_each(0, n1, 0, n2, [&](std::int64_t i, std::int64_t j) { CHECK(p.insert({i, j}).second); });
  return p;
}

}  // namespace

TEST_CASE("equal rows are found whether hashes tell rows apart or not") {
  const double numbers1[] = {1, 2, 3, 4, 1, 2, 5, 6};                 // rows a b a c
  const double numbers2[] = {3, 4, 7, 8, 1, 2, 3, 4, -0.0, 0, 0, 0};  // rows b d a b e e
  const auto x1 = sample_rows(numbers1, 4, 2), x2 = sample_rows(numbers2, 6, 2);
  const Pairs expected{{0, 2}, {1, 0}, {1, 3}, {2, 2}};
  const std::vector<std::uint64_t> good1{1, 2, 1, 3}, good2{2, 4, 1, 2, 5, 5};
  CHECK(pairs_of(EqualRows::find(x1, good1, x2, good2), 4, 6) == expected);
  const std::vector<std::uint64_t> bad1(4, 9), bad2(6, 9);
  CHECK(pairs_of(EqualRows::find(x1, bad1, x2, bad2), 4, 6) == expected);
  const Pairs self{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {0, 3}, {3, 0}, {4, 4}, {5, 5}, {4, 5}, {5, 4}};
  CHECK(pairs_of(EqualRows::find(x2, good2, x2, good2), 6, 6) == self);
  CHECK(pairs_of(EqualRows::find(x2, bad2, x2, bad2), 6, 6) == self);
}

TEST_CASE("equal rows are handed out block by block") {
  const double numbers[] = {1, 1, 1, 1};
  const auto x = sample_rows(numbers, 4, 1);
  const std::vector<std::uint64_t> hash(4, 0);
  const EqualRows e = EqualRows::find(x, hash, x, hash);
  Pairs p;
  e.for_each(1, 3, 2, 4, [&](std::int64_t i, std::int64_t j) { p.insert({i, j}); });
  CHECK(p == Pairs{{1, 2}, {1, 3}, {2, 2}, {2, 3}});
}

TEST_CASE("equal rows have equal facts at any index, and other rows have other hashes") {
  for (const std::int64_t features : {1, 7, 8, 9, 784}) {
    Matrix x = random_matrix(500, features, 20);
    for (std::int64_t c = 0; c < features; ++c) x(499, c) = x(3, c);
    const auto executor = make_executor(2);
    const auto f =
        sample_facts(sample_rows(x.data(), 500, features), SampleSet::x1, executor.get());
    CHECK(f.variance[3] == f.variance[499]);
    CHECK(f.hash[3] == f.hash[499]);
    CHECK(std::set<std::uint64_t>(f.hash.begin(), f.hash.end()).size() == 499);
    long double mean = 0;
    for (std::int64_t c = 0; c < features; ++c) mean += static_cast<long double>(x(7, c)) * x(7, c);
    mean /= static_cast<long double>(features);
    CHECK(f.variance[7] == doctest::Approx(static_cast<double>(mean)).epsilon(1e-14));
  }
}

TEST_CASE("a sample that is not finite, or whose squares overflow, is named") {
  const auto index_of = [](const auto& x) {
    try {
      static_cast<void>(
          sample_facts(sample_rows(x.data(), x.rows(), x.cols()), SampleSet::x1, nullptr));
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::usage);
      CHECK(std::string(e.what()).find("sample " + std::to_string(e.facts().sample.value().number) +
                                       " of x1") == 0);
      return e.facts().sample->number;
    }
    return std::int64_t{-1};
  };
  Matrix x(9, 3);
  CHECK(index_of(x) == -1);
  x(5, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(index_of(x) == 5);
  x(4, 2) = std::numeric_limits<double>::infinity();
  CHECK(index_of(x) == 4);
  MatrixF f(9, 3);
  f(8, 0) = 1e25F;
  CHECK(index_of(f) == 8);
  f(8, 0) = 1e18F;
  CHECK(index_of(f) == -1);
}

TEST_CASE("a composed map is one map after the other") {
  const PointMap first{1.7, 0.3, 2.5, 1.0}, second{0.6, 0.2, 0.9, 0.4}, third{2, 1, 0, 0};
  const double k = 0.37, t = -1.2;
  const auto apply = [](const PointMap& m, std::pair<double, double> x) {
    double nngp = 0, ntk = 0;
    apply_nngp(m, &x.first, &nngp, 1);
    apply_ntk(m, &x.first, &x.second, &ntk, 1);
    return std::pair{nngp, ntk};
  };
  const auto steps = apply(third, apply(second, apply(first, {k, t})));
  const auto once = apply(compose(compose(first, second), third), {k, t});
  CHECK(once.first == doctest::Approx(steps.first).epsilon(1e-15));
  CHECK(once.second == doctest::Approx(steps.second).epsilon(1e-15));
  CHECK(compose(first, {}).scale == first.scale);
  CHECK(PointMap{}.is_identity());
}

TEST_CASE(
    "units cover a result once, and a pair's unit does not depend on how many samples follow") {
  using Key = std::tuple<std::int64_t, std::int64_t, bool>;
  const auto grid_of = [](std::int64_t side) {
    return TileGrid{.side = side, .diagonal_side = 128, .neighbourhood = 2048};
  };
  const auto owner = [&](const PairsOfSamples& pairs, std::int64_t side) {
    std::map<std::pair<std::int64_t, std::int64_t>, Key> owners;
    for (const Square& square : grid_of(side).squares(pairs)) {
      const Unit u = unit_of(square, 784);
      const auto [row, col, rows, cols] = u.area;
      CHECK(u.height >= rows);
      CHECK(u.width >= cols);
      CHECK(u.height % edge_step == 0);
      CHECK(u.width % edge_step == 0);
      CHECK(u.height <= side);
      for (std::int64_t i = row; i < row + rows; i += 7)
        for (std::int64_t j = col; j < col + cols; j += 7) {
          const std::int64_t r = i / 7 * 7, c = j / 7 * 7;
          if (r < row || c < col) continue;
          CHECK(owners.try_emplace({r, c}, row, col, square.diagonal).second);
        }
    }
    return owners;
  };
  for (const std::int64_t side : {256, 512}) {
    const auto few = owner({700, 300, false}, side), many = owner({1500, 2300, false}, side);
    for (const auto& [pair, key] : few) CHECK(many.at(pair) == key);
    const auto small = owner({700, 700, true}, side), large = owner({2500, 2500, true}, side);
    for (const auto& [pair, key] : small) CHECK(large.at(pair) == key);
  }
  for (const std::int64_t n : {1, 127, 128, 129, 256, 300, 700, 2500}) {
    std::int64_t covered = 0;
    for (const Square& square : grid_of(512).squares({n, n, true}))
      covered += square.area.rows * square.area.cols * (square.diagonal ? 1 : 2);
    CHECK(covered == n * n);
  }
  for (const Square& square : grid_of(256).squares({300, 300, true}))
    CHECK(unit_of(square, 10).height % 128 == 0);
}

TEST_CASE("a pool makes a worker if no other is idle, and does not reuse one that failed") {
  int workers_made = 0;
  WorkerPool<int> pool([&] { return std::make_unique<int>(++workers_made); });
  pool.use([&](int& first) {
    CHECK(first == 1);
    pool.use([](int& second) { CHECK(second == 2); });
    pool.use([](int& second) { CHECK(second == 2); });
  });
  CHECK_THROWS(pool.use([](int&) { throw Error(ErrorCode::numeric, "no"); }));
  pool.use([](int& left) { CHECK(left == 2); });
  CHECK(workers_made == 2);
}

TEST_CASE("kernels and blocks are found by their names, and nothing by another") {
  for (const Kernel kernel : all_kernels) CHECK(kernel_named(name_of(kernel)) == kernel);
  for (const Block block : all_blocks) CHECK(block_named(name_of(block)) == block);
  CHECK(name_of(Kernel::ntk) == "ntk");
  CHECK(name_of(Block::test_train) == "test_train");
  CHECK_FALSE(kernel_named("ntkgp").has_value());
  CHECK_FALSE(block_named("train_test").has_value());
}

TEST_CASE("the sink in memory puts tiles and mirror images in place, whatever the alignment") {
  const auto check = [](auto type, std::int64_t n, std::int64_t offset) {
    using T = decltype(type);
    const std::int64_t ld = 256;
    std::vector<T> out(static_cast<std::size_t>(n * n + offset + 1), T{-1});
    std::vector<T> tile(static_cast<std::size_t>(ld * ld));
    const auto value = [&](std::int64_t i, std::int64_t j) {
      return static_cast<T>(std::min(i, j) * 4 + std::max(i, j) % 7919);
    };
    MemorySink<T> sink({out.data() + offset, nullptr}, n, n, n);
    for (std::int64_t r = 0; r < n; r += ld)
      for (std::int64_t c = r; c < n; c += ld) {
        const std::int64_t rows = std::min(ld, n - r), cols = std::min(ld, n - c);
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < cols; ++j)
            tile[static_cast<std::size_t>(i * ld + j)] = value(r + i, c + j);
        sink.put(Tile::of<T>({r, c, rows, cols}, {tile.data(), nullptr}, ld, r != c));
      }
    bool right = out.back() == T{-1};
    for (std::int64_t i = 0; i < offset; ++i)
      right = right && out[static_cast<std::size_t>(i)] == T{-1};
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        right = right && out[static_cast<std::size_t>(offset + i * n + j)] == value(i, j);
    CHECK_MESSAGE(right, n << ", offset " << offset);
  };
  for (const std::int64_t offset : {0, 1, 3})
    for (const std::int64_t n : {1, 5, 37, 300, 521}) {
      check(float{}, n, offset);
      check(double{}, n, offset);
    }
  // Large enough to be stored past the caches.
  for (const std::int64_t offset : {0, 1, 5})
    for (const std::int64_t n : {2101, 2304}) {
      check(float{}, n, offset);
      check(double{}, n, offset);
    }
}

TEST_CASE("what a plugin noted and got over is not said of the next one") {
  widelimit_error error = make_abi_error();
  const Callee first{"layer", "first", "/network/0"}, second{"layer", "second", "/network/1"};
  call_plugin(first, error, [](widelimit_error* e) {
    std::strcpy(e->message, "no such thing");
    std::strcpy(e->pointer, "/width");
    e->code = WIDELIMIT_E_PARAMS;
    return WIDELIMIT_OK;
  });
  try {
    // Its text has no end of its own: it relies on what it was lent.
    call_plugin(second, error, [](widelimit_error* e) {
      e->message[0] = 'n';
      return WIDELIMIT_E_UNSUPPORTED;
    });
    FAIL("passed");
  } catch (const Error& e) {
    CHECK(e.pointer() == "/network/1");
    CHECK(std::string(e.what()).find("such") == std::string::npos);
  }
}
