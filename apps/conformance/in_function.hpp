// Which function of a plugin a thread is in, for reports of crashes.
// Thread safety: each thread has its own.
#pragma once

namespace widelimit::conformance {

class InFunction {
 public:
  /// `name` is a literal.
  explicit InFunction(const char* name) noexcept : before_(current_) { current_ = name; }
  InFunction(const InFunction&) = delete;
  InFunction& operator=(const InFunction&) = delete;
  ~InFunction() { current_ = before_; }
  /// NULL: none that is named. May be called from a signal handler.
  [[nodiscard]] static const char* name() noexcept { return current_; }

 private:
  static inline constinit thread_local const char* current_ = nullptr;

  const char* before_;
};

}  // namespace widelimit::conformance
