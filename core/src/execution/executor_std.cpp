// The executor for ThreadSanitizer: it creates plain threads for each call, which ThreadSanitizer
// supports.
#include "execution/executor.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace widelimit::detail {

namespace {

thread_local bool inside_worker = false;

class StdExecutor final : public Executor {
 public:
  explicit StdExecutor(int threads) : threads_(threads) {}

  [[nodiscard]] int threads() const noexcept override { return threads_; }

  void parallel_for(std::int64_t n, std::int64_t grain,
                    const std::function<void(std::int64_t, std::int64_t)>& body) override {
    if (n <= 0) return;
    grain = std::max<std::int64_t>(grain, 1);
    const std::int64_t pieces = (n + grain - 1) / grain;
    std::atomic<std::int64_t> next{0};
    std::exception_ptr failure;
    std::mutex failing;
    const auto work = [&] {
      const bool before = inside_worker;
      inside_worker = true;
      for (std::int64_t i; (i = next.fetch_add(1)) < pieces;) {
        try {
          body(i * grain, std::min((i + 1) * grain, n));
        } catch (...) {
          const std::lock_guard lock(failing);
          if (!failure) failure = std::current_exception();
          next = pieces;
        }
      }
      inside_worker = before;
    };
    std::vector<std::thread> others;
    if (!inside_worker)
      for (std::int64_t t = 1; t < std::min<std::int64_t>(threads_, pieces); ++t)
        others.emplace_back(work);
    work();
    for (std::thread& t : others) t.join();
    if (failure) std::rethrow_exception(failure);
  }

 private:
  int threads_;
};

}  // namespace

std::shared_ptr<Executor> make_executor(int threads) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::make_shared<StdExecutor>(threads > 0 ? threads : std::max(cores, 1));
}

}  // namespace widelimit::detail
