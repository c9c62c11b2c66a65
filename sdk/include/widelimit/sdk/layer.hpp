// The general layer: an author's struct with whichever of these methods it wants to offer. Most
// layers are better off with elementwise.hpp, linear.hpp or combine.hpp, which write them.
//
//   static constexpr auto name, version, summary, doc;      what it says about itself; doc or
//                                                           summary may be left out
//   static constexpr auto params = std::tuple{field(...)};  optional: see fields.hpp
//   static constexpr unsigned min_inputs = 1, max_inputs = 1;   optional; max 0: no limit
//   void prepare();                                         optional: after the parameters are set
//   void plan(Plan&) const;
// kernels, as the plan's nature demands (abi.h says what each is given):
//   void transform(const widelimit_run&) const;             pointwise, stencil
//   void reads(Reads&) const;                               stencil, gathering
//   void begin(const widelimit_gather&) const;              gathering, and the next two
//   void accumulate(const widelimit_gather&) const;
//   void finish(const widelimit_gather&) const;
// finite width, optional:
//   std::int64_t theta_size(const Shape& in) const;         left out: no weights
//   void init(const Shape& in, const Random&, std::span<double> theta) const;
//   void forward(const Pass&) const;
//   void jvp(const Pass&) const;
//   void vjp(const Pass&) const;
//
// Thread safety: objects are immutable once prepared; transform, begin, accumulate, finish, init,
// forward, jvp, vjp run on many threads at once and write to what they were given only.
#pragma once

#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/layer_table.hpp>
#include <widelimit/sdk/plan.hpp>
#include <widelimit/sdk/plugin.hpp>
#include <widelimit/sdk/views.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
