// One interface for threads: oneTBB in releases, plain std::thread under ThreadSanitizer (oneTBB is
// not instrumented).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace widelimit::detail {

/// Runs pieces of work on a fixed number of threads. All members are thread-safe. A call from
/// inside a worker runs inline, so nesting is always legal.
class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual int threads() const noexcept = 0;
  /// body(begin, end) over pieces of [0, n) of about `grain`, in any order. The first exception
  /// stops the rest and is rethrown.
  virtual void parallel_for(std::int64_t n, std::int64_t grain,
                            const std::function<void(std::int64_t, std::int64_t)>& body) = 0;
};

/// threads <= 0: as many as the process may use.
[[nodiscard]] std::shared_ptr<Executor> make_executor(int threads);

}  // namespace widelimit::detail
