// Reuses memory that is expensive to create, one worker per thread.
// Thread safety: use() may be called by any number of threads at once.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace widelimit::detail {

/// A pool that creates a worker when no idle one is left.
template <class Worker>
class WorkerPool {
 public:
  explicit WorkerPool(std::function<std::unique_ptr<Worker>()> make) : make_(std::move(make)) {}

  /// Calls f(worker) with a worker that no other thread uses. If f throws, the worker is destroyed.
  template <class F>
  void use(F&& f) {
    std::unique_ptr<Worker> worker = idle();
    if (!worker) worker = make_();
    f(*worker);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(worker));
  }

 private:
  std::unique_ptr<Worker> idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
  }

  std::function<std::unique_ptr<Worker>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace widelimit::detail
