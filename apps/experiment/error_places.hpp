// Adds to errors which value of the experiment file they are about.
// Thread safety: pure functions.
#pragma once

#include "plan.hpp"

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

/// An error about a sample of a block, in terms of the data: core knows only rows and columns.
[[nodiscard]] Error with_sample_source(const Error& error, Block block, const DataSpec& data);

}  // namespace widelimit::experiment
