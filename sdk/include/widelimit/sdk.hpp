// widelimit/sdk.hpp - everything an author of plugins needs, and a table of contents. A plugin
// includes the header of what it makes; this one has them all.
//
// Thread safety: each header says it for itself.
#pragma once

// A nonlinearity from its moments, value and slope; without moments, by quadrature.
#include <widelimit/sdk/elementwise.hpp>
// A linear layer as data.
#include <widelimit/sdk/linear.hpp>
// A layer of several inputs.
#include <widelimit/sdk/combine.hpp>
// A layer without weights that maps sites, as pooling does; others that gather fields.
#include <widelimit/sdk/gathering.hpp>
#include <widelimit/sdk/site_map.hpp>
// Any other layer: the methods there are.
#include <widelimit/sdk/layer.hpp>
// A solver.
#include <widelimit/sdk/solver.hpp>

// Declared parameters: default, range, schema and documentation from one line.
#include <widelimit/sdk/fields.hpp>
// Windows that move over spatial axes: strides, dilation, padding.
#include <widelimit/sdk/window.hpp>
// Errors; what the host lends; views of what crosses the boundary.
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/views.hpp>
// For moments: functions of vectors, the arc-cosine kernels, covariances that do not overflow.
#include <widelimit/sdk/arc_cosine.hpp>
#include <widelimit/sdk/math.hpp>
#include <widelimit/sdk/two_by_two.hpp>
