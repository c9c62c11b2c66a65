// Parameters and their schemas, for programs that examine plugins: validation, random parameters,
// and the table that a plugin receives. Thread safety: values; const members may be called
// concurrently.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

/// A validated parameter object as plugins receive it: typed getters that take JSON pointers.
class WIDELIMIT_EXPORT Params {
 public:
  /// `json` is the text of one validated object (LayerSpec::params, SolverSpec::params).
  explicit Params(std::string_view json);
  Params(Params&&) noexcept;
  Params& operator=(Params&&) noexcept;
  ~Params();
  /// Valid during the lifetime of this object, also after a move.
  [[nodiscard]] const widelimit_params* abi() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Problems of a plugin's params_schema: it is not JSON, it is not in the subset of
/// sdk/docs/schema-subset.md, or it rejects one of its defaults. Empty if there are none.
[[nodiscard]] WIDELIMIT_EXPORT std::vector<Problem> check_schema(std::string_view schema);

struct ValidatedParams {
  std::string json = {};  ///< defaults filled in
  std::vector<Problem> problems = {};
};
/// Validates one parameter object against a schema. Each problem has a pointer, what was expected,
/// and the most similar valid name.
[[nodiscard]] WIDELIMIT_EXPORT ValidatedParams validate_params(std::string_view schema,
                                                               std::string_view json);

/// Random objects that the schema accepts (properties without a default are always present), and
/// objects that it must reject, with the pointer of the wrong value. They depend on the seed only.
[[nodiscard]] WIDELIMIT_EXPORT std::string draw_valid_params(std::string_view schema,
                                                             std::uint64_t seed);
struct InvalidParams {
  std::string json = {}, pointer = {};
};
[[nodiscard]] WIDELIMIT_EXPORT std::vector<InvalidParams> draw_invalid_params(
    std::string_view schema, std::uint64_t seed);

}  // namespace widelimit
