// The sections of an experiment file that core defines. Each function checks one section, fills in
// its defaults and returns the values of experiment.hpp. The result is valid only if no problem was
// added.
#pragma once

#include "config/reading.hpp"

#include <string>
#include <vector>

namespace widelimit::detail {

[[nodiscard]] DataSpec read_data(Reading& reading, Value& data, const std::string& pointer);
[[nodiscard]] std::vector<PreprocessStep> read_preprocess(Reading& reading, Value& steps,
                                                          const std::string& pointer);
[[nodiscard]] KernelChoice read_kernel(Reading& reading, Value& kernel, const std::string& pointer);
[[nodiscard]] std::vector<InferenceSpec> read_inference(Reading& reading, Value& entries,
                                                        const std::string& pointer);
[[nodiscard]] FiniteSpec read_finite(Reading& reading, Value& finite, const std::string& pointer);

/// A list of times, or a range that is expanded.
struct Times {
  std::vector<double> values;
  bool are_range = false;
};
[[nodiscard]] Times read_times(Reading& reading, Value& times, const std::string& pointer);

/// `num` values with both ends, evenly spaced or evenly on a logarithmic axis.
[[nodiscard]] std::vector<double> spaced(double start, double stop, std::size_t num, bool log);

/// A ridge, or several: a list, or a range that is expanded.
struct DiagReg {
  double one = 0;
  std::vector<double> path;  ///< empty: one
};
[[nodiscard]] DiagReg read_diag_reg(Reading& reading, Value& value, const std::string& pointer);

}  // namespace widelimit::detail
