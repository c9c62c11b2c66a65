// The general layer: a struct with any of the following methods. Most layers are easier to write
// with elementwise.hpp, linear.hpp or combine.hpp, which generate these methods.
//
//   static constexpr auto name, version, summary, doc;      documentation; either doc or summary
//                                                           may be omitted
//   static constexpr auto params = std::tuple{field(...)};  optional: see fields.hpp
//   static constexpr unsigned min_inputs = 1, max_inputs = 1;   optional; max 0: no limit
//   void prepare();                                         optional: after the parameters are set
//   void plan(Plan&) const;
// Kernels, depending on the nature in the plan (abi.h documents the arguments):
//   void transform(const widelimit_run&) const;             pointwise, stencil; may also take a
//                                                           const Host&, for its log
//   void reads(Reads&) const;                               stencil, gathering
//   void begin(const widelimit_gather&) const;              gathering, also the next two
//   void accumulate(const widelimit_gather&) const;
//   void finish(const widelimit_gather&) const;
// Finite width, optional:
//   std::int64_t theta_size(const Shape& in) const;         omitted: no weights
//   void init(const Shape& in, const Random&, std::span<double> theta) const;
//                                                           of several inputs: const Shapes& in
//   void forward(const Pass&) const;
//   void jvp(const Pass&) const;
//   void vjp(const Pass&) const;
//
// Thread safety: objects do not change after prepare(). Any number of threads may call transform,
// begin, accumulate, finish, init, forward, jvp and vjp at once; these write only to their outputs.
#pragma once

#include <widelimit/sdk/detail/layer_table.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/plan.hpp>
#include <widelimit/sdk/plugin.hpp>
#include <widelimit/sdk/views.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
