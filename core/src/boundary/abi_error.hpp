// Calls into a plugin: what it answers or throws becomes widelimit::Error, for everything that
// calls one.
#pragma once

#include <widelimit/abi.h>

#include <exception>
#include <string_view>
#include <utility>

namespace widelimit::detail {

/// An empty error to hand to a plugin: sized, index -1.
[[nodiscard]] widelimit_error make_abi_error() noexcept;

/// Whose function is called.
struct Callee {
  /// E.g. "layer", "dense": for messages about misbehaviour.
  std::string_view kind, name;
  /// JSON pointer of the object; the plugin's own is relative to it.
  std::string_view pointer = {};
};

/// Returns where `status` is WIDELIMIT_OK and throws what it stands for otherwise.
void check_status(widelimit_status status, const widelimit_error& error, const Callee& callee);

/// Throws Error(internal) that says so. `what` NULL: not a std::exception.
[[noreturn]] void throw_escaped(const Callee& callee, const char* what);

/// call(&error), with the status checked. No plugin may let an exception escape; one that does is
/// caught here, and its text copied, while the caller still holds the library: neither the
/// exception's type nor its destructor outlives that. `error` is empty, and so again where all was
/// well: for callers that call very often, as clearing one takes longer than a small field.
template <class F>
void call_plugin(const Callee& callee, widelimit_error& error, F&& call) {
  widelimit_status status = WIDELIMIT_OK;
  try {
    status = call(&error);
  } catch (const std::exception& e) {
    throw_escaped(callee, e.what());
  } catch (...) {
    throw_escaped(callee, nullptr);
  }
  if (status != WIDELIMIT_OK) check_status(status, error, callee);
  // What a plugin noted and got over is not the next one's.
  if (error.code != 0 || error.index != -1 || error.pointer[0] != '\0' || error.message[0] != '\0')
    error = make_abi_error();
}
/// call(widelimit_error*), likewise.
template <class F>
void call_plugin(const Callee& callee, F&& call) {
  widelimit_error error = make_abi_error();
  call_plugin(callee, error, std::forward<F>(call));
}

/// For functions that cannot fail (destroy, close): an exception ends here, as nothing waits for
/// it.
template <class F>
void call_quietly(F&& call) noexcept {
  try {
    call();
  } catch (...) {  // a bug of the plugin, and nobody to tell
  }
}

}  // namespace widelimit::detail
