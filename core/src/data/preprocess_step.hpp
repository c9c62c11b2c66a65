// Adds the step of the experiment file to an error.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <string>
#include <utility>

namespace widelimit::detail {

/// Calls f(). Errors of f point to members of the step, such as "/classes"; they are rethrown with
/// the pointer to the step in front.
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
