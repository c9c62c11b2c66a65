// A validated parameter object as plugins see it: typed getters by JSON pointer.
#pragma once

#include <widelimit/abi.h>

#include <memory>
#include <string_view>

namespace widelimit::detail {

class Params {
 public:
  /// `json` is the text of one object (LayerSpec::params, SolverSpec::params); it was validated
  /// before.
  explicit Params(std::string_view json);
  Params(Params&&) noexcept;
  Params& operator=(Params&&) noexcept;
  ~Params();
  /// Valid as long as this object is, moves included.
  [[nodiscard]] const widelimit_params* abi() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit::detail
