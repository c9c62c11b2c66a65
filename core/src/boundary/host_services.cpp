// The table of services that core lends to plugins.
#include <widelimit/draft/progress.h>
#include <widelimit/error.hpp>
#include <widelimit/examine/host.hpp>

#include "base/sizes.hpp"
#include "boundary/call_control.hpp"
#include "boundary/host_state.hpp"
#include "random/random.hpp"

#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace widelimit {

namespace detail {

namespace {

constexpr std::align_val_t alignment{64};

HostState& state_of(void* ctx) { return *static_cast<HostState*>(ctx); }

// Carries a plugin's status out of the executor.
struct Stop {
  widelimit_status status;
};

void log(void* ctx, std::int32_t level, const char* component, const char* message) {
  HostState& s = state_of(ctx);
  if (!s.log) return;
  const std::lock_guard lock(s.logging);
  try {
    s.log(level, component == nullptr ? "" : component, message == nullptr ? "" : message);
  } catch (...) {  // a listener's exception must not unwind the frames of a plugin
  }
}

void* alloc(void*, std::uint64_t bytes) {
  if (bytes >> 47 != 0) return nullptr;  // larger than the address space
  return ::operator new(to_size(bytes), alignment, std::nothrow);
}

void release(void*, void* p) { ::operator delete(p, alignment); }

widelimit_status parallel_for(void* ctx, std::int64_t n, std::int64_t grain,
                              widelimit_status (*body)(void*, std::int64_t, std::int64_t),
                              void* arg) {
  const Control* const control = CallControl::current();
  try {
    state_of(ctx).executor->parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
      const CallControl of_call(control);
      const widelimit_status status = body(arg, begin, end);
      if (status != WIDELIMIT_OK) throw Stop{status};
    });
  } catch (const Stop& stop) {
    return stop.status;
  } catch (const std::bad_alloc&) {
    return WIDELIMIT_E_MEMORY;
  } catch (...) {
    return WIDELIMIT_E_INTERNAL;
  }
  return WIDELIMIT_OK;
}

widelimit_status normal_numbers(void*, std::uint64_t seed, std::uint64_t stream,
                                std::uint64_t first, std::uint64_t n, double* out) {
  normals(seed, stream, first, n, out);
  return WIDELIMIT_OK;
}

std::int32_t cancelled(void* ctx) {
  const auto& control = state_of(ctx).control;
  return CallControl::cancelled() || (control != nullptr && control->cancelled()) ? 1 : 0;
}

void report_progress(void* ctx, const char* phase, std::int64_t done, std::int64_t total) {
  const Control* const of_call = CallControl::current();
  const Control* const control = of_call != nullptr ? of_call : state_of(ctx).control.get();
  if (control == nullptr) return;
  try {
    control->report({.phase = phase == nullptr ? "" : phase, .done = done, .total = total});
  } catch (...) {  // a listener's exception must not unwind the frames of a plugin
  }
}

constexpr widelimit_progress progress{sizeof progress, report_progress};

const void* extension(void*, const char* id) {
  if (id != nullptr && std::strcmp(id, WIDELIMIT_PROGRESS) == 0) return &progress;
  return nullptr;
}

}  // namespace

HostState::HostState(std::shared_ptr<Executor> threads, LogFunction listener,
                     std::shared_ptr<const Control> cancellation)
    : executor(std::move(threads)), log(std::move(listener)), control(std::move(cancellation)) {
  table.struct_size = sizeof table;
  table.abi_minor = WIDELIMIT_ABI_MINOR;
  table.name = "widelimit";
  table.version = WIDELIMIT_RELEASE;
  table.ctx = this;
  table.log = detail::log;
  table.alloc = alloc;
  table.release = release;
  table.parallel_for = parallel_for;
  table.normals = normal_numbers;
  table.cancelled = detail::cancelled;
  table.extension = extension;
}

}  // namespace detail

struct HostServices::State {
  detail::HostState host;
};

HostServices::HostServices(
    int threads,
    std::function<void(int level, std::string_view component, std::string_view message)> log)
    : state_(new State{{detail::make_executor(threads), std::move(log), {}}}) {}

HostServices::~HostServices() = default;

const widelimit_host& HostServices::abi() const noexcept { return state_->host.table; }

}  // namespace widelimit
