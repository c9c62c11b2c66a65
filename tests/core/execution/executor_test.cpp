// The executor that this build is configured with: every piece once, all threads, nesting, errors.
#include "execution/executor.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using widelimit::detail::make_executor;

namespace {

// Waits until so many threads were here, or ten seconds.
class Meeting {
 public:
  explicit Meeting(std::size_t wanted) : wanted_(wanted) {}
  void arrive() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    {
      const std::lock_guard lock(mutex_);
      threads_.insert(std::this_thread::get_id());
    }
    while (count() < wanted_ && std::chrono::steady_clock::now() < give_up)
      std::this_thread::yield();
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  std::size_t wanted_;
  std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

}  // namespace

TEST_CASE("every index is visited once, whatever the grain") {
  for (const int threads : {1, 2, 5})
    for (const std::int64_t n : {0, 1, 7, 100})
      for (const std::int64_t grain : {-1, 1, 3, 1000}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
        make_executor(threads)->parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        bool once = true;
        for (const auto& v : visits) once = once && v == 1;
        CHECK(once);
      }
}

TEST_CASE("all requested threads take part, even if there are fewer cores") {
  for (const std::size_t threads : {1U, 2U, 7U}) {
    Meeting meeting(threads);
    const auto executor = make_executor(static_cast<int>(threads));
    CHECK(executor->threads() == static_cast<int>(threads));
    executor->parallel_for(200, 1, [&](std::int64_t, std::int64_t) { meeting.arrive(); });
    CHECK(meeting.count() == threads);
  }
}

TEST_CASE("zero threads mean at least one") { CHECK(make_executor(0)->threads() >= 1); }

TEST_CASE("a call from inside a worker runs inline") {
  const auto executor = make_executor(3);
  std::atomic<int> moved{0}, inner{0};
  executor->parallel_for(30, 1, [&](std::int64_t, std::int64_t) {
    const auto outer = std::this_thread::get_id();
    executor->parallel_for(5, 1, [&](std::int64_t, std::int64_t) {
      ++inner;
      if (std::this_thread::get_id() != outer) ++moved;
    });
  });
  CHECK(inner == 150);
  CHECK(moved == 0);
}

TEST_CASE("the first exception stops the rest and is rethrown; the executor works on") {
  for (const int threads : {1, 3}) {
    const auto executor = make_executor(threads);
    std::atomic<int> pieces{0};
    CHECK_THROWS_WITH_AS(executor->parallel_for(100000, 1,
                                                [&](std::int64_t begin, std::int64_t) {
                                                  ++pieces;
                                                  if (begin == 10)
                                                    throw std::runtime_error("number ten");
                                                }),
                         "number ten", std::runtime_error);
    CHECK(pieces < 100000);
    std::atomic<int> after{0};
    executor->parallel_for(10, 1, [&](std::int64_t, std::int64_t) { ++after; });
    CHECK(after == 10);
  }
}

TEST_CASE("several threads may use one executor at once") {
  const auto executor = make_executor(2);
  std::atomic<std::int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      executor->parallel_for(1000, 10, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) sum += i;
      });
    });
  for (std::thread& t : callers) t.join();
  CHECK(sum == 4 * 999 * 1000 / 2);
}
