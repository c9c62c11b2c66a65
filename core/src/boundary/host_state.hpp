// The state behind the host table. Each runtime has one.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/control.hpp>

#include "execution/executor.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace widelimit::detail {

using LogFunction =
    std::function<void(int level, std::string_view component, std::string_view message)>;

/// Not movable: `table.ctx` points here.
struct HostState {
  HostState(std::shared_ptr<Executor> threads, LogFunction listener,
            std::shared_ptr<const Control> cancellation = {});
  HostState(const HostState&) = delete;
  HostState& operator=(const HostState&) = delete;

  std::shared_ptr<Executor> executor;
  LogFunction log;
  std::mutex logging;
  /// Of the runtime; may be empty. `cancelled` checks it and that of the call (CallControl).
  std::shared_ptr<const Control> control;
  widelimit_host table{};
};

}  // namespace widelimit::detail
