// Calls functions of plugins, and turns the errors that they return or throw into widelimit::Error.
#pragma once

#include <widelimit/abi.h>

#include <exception>
#include <string_view>
#include <utility>

namespace widelimit::detail {

/// An empty error for a plugin to fill: its size is set, and its index is -1.
[[nodiscard]] widelimit_error make_abi_error() noexcept;

/// The object whose function is called.
struct Callee {
  /// E.g. "layer", "dense": for messages about misbehaviour.
  std::string_view kind, name;
  /// JSON pointer of the object; the plugin's own is relative to it.
  std::string_view pointer = {};
};

/// While it lives, current_plugin_call() names this callee.
class CallInProgress {
 public:
  explicit CallInProgress(const Callee& callee) noexcept : before_(current) { current = &callee; }
  CallInProgress(const CallInProgress&) = delete;
  CallInProgress& operator=(const CallInProgress&) = delete;
  ~CallInProgress() { current = before_; }
  [[nodiscard]] static const Callee* innermost() noexcept { return current; }

 private:
  // In the block of the thread itself: signal handlers read it, and calls take a few nanoseconds.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local const Callee* current;

  const Callee* before_;
};

/// Throws the error that `status` stands for, unless it is WIDELIMIT_OK.
void check_status(widelimit_status status, const widelimit_error& error, const Callee& callee);

/// Throws Error(internal) that says so. `what` NULL: not a std::exception.
[[noreturn]] void throw_escaped(const Callee& callee, const char* what);

/// Runs call(&error) and checks the status. A plugin must not let an exception escape. If one does,
/// it is caught here and its text is copied while the caller still holds the library, which
/// contains the exception's type and destructor. `error` must be empty, and is empty again after
/// success. Callers with very many calls keep one, because clearing it takes longer than a small
/// field.
template <class F>
void call_plugin(const Callee& callee, widelimit_error& error, F&& call) {
  widelimit_status status = WIDELIMIT_OK;
  try {
    const CallInProgress now(callee);
    status = call(&error);
  } catch (const std::exception& e) {
    throw_escaped(callee, e.what());
  } catch (...) {
    throw_escaped(callee, nullptr);
  }
  if (status != WIDELIMIT_OK) check_status(status, error, callee);
  // The plugin may have written an error and then succeeded: do not pass it to the next call.
  if (error.code != 0 || error.index != -1 || error.pointer[0] != '\0' || error.message[0] != '\0')
    error = make_abi_error();
}
/// The same with an error of its own.
template <class F>
void call_plugin(const Callee& callee, F&& call) {
  widelimit_error error = make_abi_error();
  call_plugin(callee, error, std::forward<F>(call));
}

/// For functions that cannot fail (destroy, close): exceptions are dropped, because no caller can
/// handle them.
template <class F>
void call_quietly(const Callee& callee, F&& call) noexcept {
  try {
    const CallInProgress now(callee);
    call();
  } catch (...) {  // a bug of the plugin, which cannot be reported
  }
}

}  // namespace widelimit::detail
