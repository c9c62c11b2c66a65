// widelimit: kernels of infinitely wide neural networks. A table of contents, in order of need:
#pragma once

#include <widelimit/catalogue.hpp>   // what the plugins offer
#include <widelimit/control.hpp>     // progress, cancellation
#include <widelimit/csv.hpp>         // tables, row by row
#include <widelimit/data.hpp>        // data sources and preprocessing
#include <widelimit/error.hpp>       // everything that is thrown
#include <widelimit/experiment.hpp>  // experiment files as values
#include <widelimit/files.hpp>       // results on disk
#include <widelimit/finite.hpp>      // the same network at finite width
#include <widelimit/host.hpp>        // services for plugins
#include <widelimit/inference.hpp>   // predictions and losses at any time
#include <widelimit/matrix.hpp>      // matrices and samples
#include <widelimit/network.hpp>     // a network's kernels
#include <widelimit/params.hpp>      // parameters and schemas
#include <widelimit/runtime.hpp>     // plugins, threads; makes networks and solvers
#include <widelimit/solver.hpp>      // factorise, solve
#include <widelimit/store.hpp>       // kernels on disk, tile by tile
#include <widelimit/streamed.hpp>    // predictions from kernels on disk
#include <widelimit/version.hpp>     // what this build is
