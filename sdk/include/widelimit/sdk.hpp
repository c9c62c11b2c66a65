// widelimit/sdk.hpp - all headers for authors of plugins, and their table of contents. A plugin may
// include this header, or only those that it needs.
//
// Thread safety: see each header.
#pragma once

// A nonlinearity from its moments, value and slope; without moments, by quadrature.
#include <widelimit/sdk/elementwise.hpp>
// A linear layer as data.
#include <widelimit/sdk/linear.hpp>
// A layer with several inputs.
#include <widelimit/sdk/combine.hpp>
// A linear map of sites without weights, such as pooling; any other layer that gathers fields.
#include <widelimit/sdk/gathering.hpp>
#include <widelimit/sdk/site_map.hpp>
// Any other layer, with all methods that a layer can have.
#include <widelimit/sdk/layer.hpp>
// A solver.
#include <widelimit/sdk/solver.hpp>

// Declared parameters: default, range, schema and documentation from one line.
#include <widelimit/sdk/fields.hpp>
// Windows that move over spatial axes: strides, dilation, padding.
#include <widelimit/sdk/window.hpp>
// Errors; services of the host; views of the data that cross the boundary.
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/views.hpp>
// For moments: functions of vectors, arc-cosine kernels, covariances that do not overflow.
#include <widelimit/sdk/arc_cosine.hpp>
#include <widelimit/sdk/math.hpp>
#include <widelimit/sdk/two_by_two.hpp>
