// The services of core for plugins, for programs that call the tables of plugins directly.
// Thread safety: everything may be called concurrently.
#pragma once

#include <widelimit/abi.h>

#include <functional>
#include <memory>
#include <string_view>

namespace widelimit {

class WIDELIMIT_EXPORT HostServices {
 public:
  /// threads: 0 means as many as the process may use. `log` may be empty.
  explicit HostServices(
      int threads = 0,
      std::function<void(int level, std::string_view component, std::string_view message)> log =
          {});
  ~HostServices();
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;
  /// Valid during the lifetime of this object.
  [[nodiscard]] const widelimit_host& abi() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
