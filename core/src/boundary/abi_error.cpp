// See abi_error.hpp.
#include "boundary/abi_error.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/plugin_call.hpp>

#include <algorithm>
#include <iterator>
#include <string>

namespace widelimit {

PluginCall current_plugin_call() noexcept {
  const detail::Callee* const callee = detail::CallInProgress::innermost();
  return callee == nullptr ? PluginCall{} : PluginCall{callee->kind, callee->name, callee->pointer};
}

}  // namespace widelimit

namespace widelimit::detail {

constinit thread_local const Callee* CallInProgress::current = nullptr;

namespace {

// The text of a fixed-size field that another binary wrote, possibly without a terminator.
template <std::size_t size>
std::string text(const char (&field)[size]) {
  return {std::begin(field), std::find(std::begin(field), std::end(field), '\0')};
}

std::string text(const Callee& callee) {
  return std::string(callee.kind) + " " + std::string(callee.name);
}

ErrorCode code_of(widelimit_status status) noexcept {
  switch (status) {
    case WIDELIMIT_E_PARAMS:
      return ErrorCode::usage;
    case WIDELIMIT_E_UNSUPPORTED:
      return ErrorCode::unsupported;
    case WIDELIMIT_E_NUMERIC:
      return ErrorCode::numeric;
    case WIDELIMIT_E_MEMORY:
      return ErrorCode::memory;
    case WIDELIMIT_E_CANCELLED:
      return ErrorCode::cancelled;
    default:
      return ErrorCode::internal;  // a precondition that core broke, or a bug of the plugin
  }
}

}  // namespace

widelimit_error make_abi_error() noexcept {
  widelimit_error error{};
  error.struct_size = sizeof error;
  error.index = -1;
  return error;
}

void check_status(widelimit_status status, const widelimit_error& error, const Callee& callee) {
  if (status == WIDELIMIT_OK) return;
  const ErrorCode code = code_of(status);
  std::string message = text(error.message);
  if (message.empty())
    message = text(callee) + " failed without a reason (status " + std::to_string(status) + ")";
  else if (code == ErrorCode::internal)
    message = text(callee) + " failed: " + message;
  throw Error(code, message, std::string(callee.pointer) + text(error.pointer),
              {.index = error.index});
}

void throw_escaped(const Callee& callee, const char* what) {
  std::string message = text(callee) + " let an exception escape, which no plugin may";
  if (what != nullptr) message += std::string(": ") + what;
  throw Error(ErrorCode::internal, message, std::string(callee.pointer));
}

}  // namespace widelimit::detail
