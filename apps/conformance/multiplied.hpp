// A matrix as an operator of the boundary, which watches what a solver does with it.
// Thread safety: products may be computed concurrently; the rest one thread at a time.
#pragma once

#include "guarded.hpp"

#include <widelimit/abi.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace widelimit::conformance {

class Multiplied {
 public:
  /// Of the symmetric matrix [n, n]. It lives until the process ends, so that a call after end() is
  /// found and does no harm.
  static Multiplied& keep(std::vector<double> a, std::size_t n);
  Multiplied(const Multiplied&) = delete;
  Multiplied& operator=(const Multiplied&) = delete;

  [[nodiscard]] const widelimit_operator& abi() const noexcept;
  /// From here on the diagonal is not known.
  void hide_diagonal();
  /// From here on every product returns this status.
  void fail_with(widelimit_status status) noexcept { status_ = status; }
  /// The operator has ended: the host has released its factor.
  void end() noexcept { ended_ = true; }

  [[nodiscard]] int products() const noexcept { return products_; }
  /// The first thing that the solver did and must not do; empty: nothing.
  [[nodiscard]] std::string problem() const;

 private:
  Multiplied(std::vector<double> a, std::size_t n);
  static widelimit_status apply(void* ctx, widelimit_matrix x, widelimit_matrix y);
  static widelimit_status diagonal(void* ctx, double* out);
  /// Whether a call is in order.
  bool enter(const char* function);
  void note(std::string problem);

  std::vector<double> a_;
  std::size_t n_;
  /// As the solver sees it, and as it must stay.
  GuardedBytes seen_;
  widelimit_operator table_{};
  std::atomic<widelimit_status> status_{WIDELIMIT_OK};
  std::atomic<bool> ended_{false};
  std::atomic<int> products_{0};
  mutable std::mutex mutex_;
  std::string problem_;
};

}  // namespace widelimit::conformance
