// Adds to errors which value of the experiment file they are about.
// Thread safety: pure functions.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <string>

namespace widelimit::experiment {

/// `error` with file, line and column for every problem that has only a pointer.
[[nodiscard]] Error with_file(const Error& error, const ExperimentText& text);

/// `error` with `pointer`, unless it names a pointer or a file already.
[[nodiscard]] Error with_pointer(const Error& error, const std::string& pointer);

/// An error about a data file, with the value of the experiment that names the file.
[[nodiscard]] Error with_data_value(const Error& error, const DataSpec& data);

}  // namespace widelimit::experiment
