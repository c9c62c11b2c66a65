// Which step of the experiment file an error is about.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <string>
#include <utility>

namespace widelimit::detail {

/// f(), whose errors name members of the step, as in "/classes": thrown on with the step before
/// them.
template <class F>
auto in_step(const PreprocessStep& step, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const Error& error) {
    throw Error(error.code(), error.problems().front().message,
                step.place.pointer + error.pointer(), error.facts());
  }
}

}  // namespace widelimit::detail
