// Parameters and their schemas, for programs that examine plugins: validate, draw at random, hand
// over as a plugin sees them. Thread safety: values; const members may be called concurrently.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

/// A validated parameter object as plugins see it: typed getters by JSON pointer.
class WIDELIMIT_EXPORT Params {
 public:
  /// `json` is the text of one object (LayerSpec::params, SolverSpec::params), validated before.
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

/// Problems of a plugin's params_schema: not JSON, outside the subset of sdk/docs/schema-subset.md,
/// a default that its own schema refuses. Empty: fine.
[[nodiscard]] WIDELIMIT_EXPORT std::vector<Problem> check_schema(std::string_view schema);

struct ValidatedParams {
  std::string json;  ///< defaults filled in
  std::vector<Problem> problems;
};
/// One parameter object against a schema: every problem with its pointer, what was expected, the
/// nearest valid name.
[[nodiscard]] WIDELIMIT_EXPORT ValidatedParams validate_params(std::string_view schema,
                                                               std::string_view json);

/// A random object that the schema accepts (properties without a default are always present), and
/// one that it must refuse, with the pointer of the wrong value. The same seed draws the same.
[[nodiscard]] WIDELIMIT_EXPORT std::string draw_valid_params(std::string_view schema,
                                                             std::uint64_t seed);
struct InvalidParams {
  std::string json, pointer;
};
[[nodiscard]] WIDELIMIT_EXPORT std::vector<InvalidParams> draw_invalid_params(
    std::string_view schema, std::uint64_t seed);

}  // namespace widelimit
