// The executor of releases: one oneTBB arena for each runtime.
#include "base/sizes.hpp"
#include "execution/executor.hpp"

#include <sched.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace widelimit::detail {

namespace {

int available() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

// The arena that this thread works for; a nested call runs inline.
thread_local bool inside_worker = false;

class TbbExecutor final : public Executor {
 public:
  // Without this higher limit, oneTBB gives an arena fewer threads than it was created for, and
  // reports nothing.
  explicit TbbExecutor(int threads)
      : threads_(threads),
        limit_(tbb::global_control::max_allowed_parallelism,
               to_size(std::max(threads, available()))),
        arena_(threads) {}

  [[nodiscard]] int threads() const noexcept override { return threads_; }

  void parallel_for(std::int64_t n, std::int64_t grain,
                    const std::function<void(std::int64_t, std::int64_t)>& body) override {
    if (n <= 0) return;
    grain = std::max<std::int64_t>(grain, 1);
    if (inside_worker || threads_ == 1 || n <= grain) {
      for (std::int64_t begin = 0; begin < n; begin += grain)
        body(begin, std::min(begin + grain, n));
      return;
    }
    const std::int64_t pieces = (n + grain - 1) / grain;
    arena_.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::int64_t>(0, pieces, 1),
          [&](const tbb::blocked_range<std::int64_t>& range) {
            struct Mark {
              bool before = inside_worker;
              Mark() { inside_worker = true; }
              ~Mark() { inside_worker = before; }
            } mark;
            for (std::int64_t i = range.begin(); i < range.end(); ++i)
              body(i * grain, std::min((i + 1) * grain, n));
          },
          tbb::simple_partitioner{});
    });
  }

 private:
  int threads_;
  tbb::global_control limit_;
  tbb::task_arena arena_;
};

}  // namespace

std::shared_ptr<Executor> make_executor(int threads) {
  return std::make_shared<TbbExecutor>(threads > 0 ? threads : available());
}

}  // namespace widelimit::detail
