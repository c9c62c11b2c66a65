// widelimit: kernels of infinitely wide neural networks. A table of contents, in order of need.
#pragma once

// For programs that compute kernels and predictions.
#include <widelimit/catalogue.hpp>          // what the plugins offer
#include <widelimit/control.hpp>            // progress, cancellation
#include <widelimit/error.hpp>              // everything that is thrown
#include <widelimit/factorised_kernel.hpp>  // a kernel and its factors, for several inferences
#include <widelimit/finite.hpp>             // the same network at finite width
#include <widelimit/inference.hpp>          // predictions and losses at any time
#include <widelimit/kernel.hpp>             // the kernels and blocks by name
#include <widelimit/kernel_sink.hpp>        // where computed kernels go
#include <widelimit/kernel_source.hpp>      // kernels that are read block by block
#include <widelimit/matrix.hpp>             // matrices and samples
#include <widelimit/memory.hpp>             // how much memory a computation needs
#include <widelimit/network.hpp>            // a network and its kernels
#include <widelimit/network_spec.hpp>       // networks as validated values
#include <widelimit/planned_network.hpp>    // kernels of samples of one shape, and their costs
#include <widelimit/runtime.hpp>            // plugins, threads; makes networks and solvers
#include <widelimit/runtime_options.hpp>    // what a runtime is made with
#include <widelimit/sample_shape.hpp>       // the shape of one sample
#include <widelimit/samples_view.hpp>       // samples in memory of the host
#include <widelimit/solver.hpp>             // factorise, solve
#include <widelimit/store.hpp>              // kernels on disk, tile by tile
#include <widelimit/streamed.hpp>           // predictions from kernels on disk
#include <widelimit/version.hpp>            // what this build is

// For programs that run experiment files.
#include <widelimit/experiment/csv.hpp>         // tables, row by row
#include <widelimit/experiment/data.hpp>        // data sources and preprocessing
#include <widelimit/experiment/experiment.hpp>  // experiment files as values
#include <widelimit/experiment/files.hpp>       // results on disk

// For programs that examine plugins.
#include <widelimit/examine/host.hpp>         // services for plugins
#include <widelimit/examine/params.hpp>       // parameters and schemas
#include <widelimit/examine/plan.hpp>         // rules for plans of layers
#include <widelimit/examine/plugin_call.hpp>  // the call of a plugin that a thread is in
