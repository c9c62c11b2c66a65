// Parameters that a type accepts, found by asking it.
// Thread safety: an object belongs to one thread.
#pragma once

#include "context.hpp"

#include <functional>
#include <string>
#include <vector>

namespace widelimit::conformance {

/// Text of a type's schema; where there is none, one that accepts an empty object.
[[nodiscard]] std::string schema_of(const widelimit_type_info& info);

/// Creates an object and destroys it again.
using Maker = std::function<Answer(const widelimit_params*)>;

/// Parameters that a type accepts, one after the other: those the user gave and no others; or its
/// defaults, draws from its schema, and, because parameters may be related in ways that no schema
/// says, accepted ones of which a part is exchanged for a draw.
class AcceptedParameters {
 public:
  AcceptedParameters(Context& context, const widelimit_type_info& info, std::string name,
                     Maker make);
  /// Empty: none was found in many attempts.
  [[nodiscard]] std::string next();
  /// The last refusal of `create`, and how many there were; empty: none.
  [[nodiscard]] std::string refused() const;

 private:
  [[nodiscard]] std::string candidate();
  [[nodiscard]] bool accepts(const std::string& json);

  Context& context_;
  std::string schema_, name_;
  Maker make_;
  std::vector<std::string> accepted_, seen_;
  std::uint64_t turn_ = 0;
  int refusals_ = 0;
  std::string last_refusal_;
};

}  // namespace widelimit::conformance
