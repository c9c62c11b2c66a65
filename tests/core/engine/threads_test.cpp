// Many threads: the same bits, really many of them, cancellation, progress, errors from workers.
#include <widelimit/error.hpp>

#include "core/engine/static_layers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

// Notes the threads it is called from, and holds each up until so many were seen.
struct Gathering {
  explicit Gathering(std::size_t wanted) : wanted_(wanted) {}
  void operator()(const widelimit_run& r) {
    if (r.output->extent[0] == 1) return;  // the variances' own run, before the tiles
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    {
      const std::lock_guard lock(mutex_);
      seen_.insert(std::this_thread::get_id());
    }
    while (count() < wanted_ && std::chrono::steady_clock::now() < give_up)
      std::this_thread::yield();
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return seen_.size();
  }
  // How many threads there were; forgets them, for the next call may bring others.
  std::size_t take_count() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {}).size();
  }

 private:
  std::size_t wanted_;
  std::mutex mutex_;
  std::set<std::thread::id> seen_;
};

// A [setup] function that notes how many threads are in it at once.
std::atomic<int> reading{0}, most_reading{0};
decltype(widelimit_infinite_face::reads) wrapped_reads = nullptr;
widelimit_status noting_reads(const widelimit_layer* layer, widelimit_reads* reads,
                              widelimit_error* error) {
  const int now = ++reading;
  int most = most_reading;
  while (now > most && !most_reading.compare_exchange_weak(most, now)) {
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const widelimit_status status = wrapped_reads(layer, reads, error);
  --reading;
  return status;
}

template <class T>
bool same_bits(const BasicMatrix<T>& a, const BasicMatrix<T>& b) {
  return std::equal(a.flat().begin(), a.flat().end(), b.flat().begin(), b.flat().end());
}

template <class T>
void check_same_bits_for_any_number_of_threads() {
  const Samples x(random_matrix(1400, 30, 40)), y(random_matrix(300, 30, 41));
  PerKernel<BasicMatrix<T>> first, first_cross;
  for (const int threads : {1, 2, 7}) {
    Gathering gathering(static_cast<std::size_t>(threads));
    const Network net = network({dense(1.4, 0.1), relu(), dense(1.4, 0.1), relu(),
                                 spy([&](const widelimit_run& r) { gathering(r); }), dense(1, 0)},
                                threads);
    PerKernel<BasicMatrix<T>> k = net.kernels<T>(x);
    CHECK(gathering.take_count() == static_cast<std::size_t>(threads));
    PerKernel<BasicMatrix<T>> cross = net.kernels<T>(x, y);
    CHECK(gathering.take_count() == static_cast<std::size_t>(threads));
    if (threads == 1) {
      first = std::move(k);
      first_cross = std::move(cross);
    } else {
      CHECK(same_bits(k.nngp, first.nngp));
      CHECK(same_bits(k.ntk, first.ntk));
      CHECK(same_bits(cross.nngp, first_cross.nngp));
      CHECK(same_bits(cross.ntk, first_cross.ntk));
    }
  }
}

}  // namespace

TEST_CASE("1, 2 and 7 threads, each really used, give the same bits") {
  check_same_bits_for_any_number_of_threads<double>();
  check_same_bits_for_any_number_of_threads<float>();
}

TEST_CASE("two networks may compute at once, each on its own threads") {
  const Samples x(random_matrix(600, 10, 42));
  const std::vector<Layer> layers{dense(1.4, 0.1), relu(), dense(1, 0)};
  const Matrix expected = network(layers).nngp(x);
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t)
    callers.emplace_back([&] { right += same_bits(network(layers, 2).nngp(x), expected) ? 1 : 0; });
  for (std::thread& t : callers) t.join();
  CHECK(right == 3);
}

TEST_CASE("several threads may use one network at once") {
  const Samples x(random_matrix(600, 10, 43));
  const Network net = network({dense(1.4, 0.1), relu(), dense(1, 0)}, 2);
  const Matrix expected = net.ntk(x);
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t)
    callers.emplace_back([&] { right += same_bits(net.ntk(x), expected) ? 1 : 0; });
  for (std::thread& t : callers) t.join();
  CHECK(right == 3);
}

TEST_CASE("progress counts up, each unit of work once, and ends at the total") {
  std::set<std::int64_t> seen;
  std::int64_t total = 0;
  Control control([&](const Progress& p) {
    CHECK(p.phase == "kernel");
    CHECK((seen.empty() || p.done > *seen.rbegin()));  // never back
    seen.insert(p.done);
    total = p.total;
  });
  const Network net = network({dense(1, 0)}, 3);
  static_cast<void>(
      net.kernels<double>(Samples(random_matrix(600, 3, 44)), {}, both_kernels, &control));
  CHECK(total > 3);
  CHECK(static_cast<std::int64_t>(seen.size()) == total);
  CHECK(*seen.begin() == 1);
  CHECK(*seen.rbegin() == total);
}

TEST_CASE("cancelling stops between tiles") {
  for (const int threads : {1, 3}) {
    std::atomic<int> tiles{0};
    Control control;
    const Network net = network({dense(1, 0), spy([&](const widelimit_run& r) {
                                   if (r.output->extent[0] > 1 && ++tiles == 40) control.cancel();
                                 })},
                                threads);
    try {
      static_cast<void>(
          net.kernels<double>(Samples(random_matrix(3000, 3, 45)), {}, both_kernels, &control));
      FAIL("not cancelled");
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::cancelled);
    }
    // A tile has at most 64 trips here; every thread may finish the one it is in.
    CHECK(tiles < 40 + 64 * (threads + 1));
  }
}

TEST_CASE("a sample that overflows in a layer is named, whichever thread finds it") {
  Matrix x = random_matrix(700, 4, 46);
  for (std::int64_t c = 0; c < 4; ++c) x(611, c) = 1e10;
  const Network net = network({dense(1, 0), amplify(1e20), dense(1, 0)}, 3);
  try {
    static_cast<void>(net.kernels<float>(Samples(to_float(x))));
    FAIL("an infinite kernel was returned");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    const std::string what = e.what();
    CHECK(what.find("sample 611 of x1") != std::string::npos);
    CHECK(what.find("float32") != std::string::npos);
    CHECK(what.find("float64") != std::string::npos);
    CHECK(what.find("in layer \"amplify\" (/network/1)") != std::string::npos);
  }
  CHECK_NOTHROW(static_cast<void>(net.kernels<double>(Samples(x.clone()))));
  CHECK_THROWS_AS(
      static_cast<void>(net.plan({{}, x.cols()}).diagonals(to_float(x), Precision::float32)),
      Error);
}

TEST_CASE("whatever a sink throws, the library throws an Error") {
  struct Throwing final : KernelSink {
    void put(const Tile&) override { throw 1; }
  } sink;
  const Samples x(random_matrix(9, 3, 49));
  const PlannedNetwork plan = network({dense(1, 0)}, 2).plan(x.shape());
  try {
    plan.kernels_to(x, {}, Precision::float64, both_kernels, sink);
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::internal);
  }
}

TEST_CASE("what a layer's transform refuses is thrown with its place") {
  const Network net =
      network({dense(1, 0), failing(WIDELIMIT_E_UNSUPPORTED, "only on Tuesdays")}, 2);
  try {
    static_cast<void>(net.nngp(Samples(random_matrix(600, 3, 47))));
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::unsupported);
    CHECK(e.pointer() == "/network/1");
    CHECK(std::string(e.what()) == "only on Tuesdays");
  }
}

TEST_CASE("setup functions of a layer take one call at a time, whoever plans with it") {
  Layer mean = mean_over_pairs();
  widelimit_infinite_face face = *mean.table->infinite;
  wrapped_reads = face.reads;
  face.reads = noting_reads;
  widelimit_layer_type table = *mean.table;
  table.infinite = &face;
  mean.table = &table;
  const Network one = network({dense(1, 0), relu(), mean}), other = network({dense(1, 1), mean});
  const Samples x(random_matrix(3, 8, 48), {4});
  std::vector<std::thread> threads;
  for (const Network* net : {&one, &other})
    threads.emplace_back([net, &x] {
      for (int i = 0; i < 5; ++i) static_cast<void>(net->nngp(x));
    });
  for (std::thread& t : threads) t.join();
  CHECK(most_reading == 1);
}
