// The services core lends to plugins, for programs that examine plugins by their tables alone.
// Thread safety: everything may be called concurrently.
#pragma once

#include <widelimit/abi.h>

#include <functional>
#include <memory>
#include <string_view>

namespace widelimit {

class WIDELIMIT_EXPORT HostServices {
 public:
  /// threads 0: as many as the process may use. `log` may be empty.
  explicit HostServices(
      int threads = 0,
      std::function<void(int level, std::string_view component, std::string_view message)> log =
          {});
  ~HostServices();
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;
  /// Valid as long as this object is.
  [[nodiscard]] const widelimit_host& abi() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
