// The arguments of one computation of kernels: the samples, which kernels, the sink, and the
// threads.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>

#include "engine/grid/sample_rows.hpp"
#include "execution/executor.hpp"

#include <string>

namespace widelimit::detail {

template <class T>
struct KernelCall {
  SamplePair<T> samples;
  KernelSet which;
  KernelSink& sink;
  Executor& executor;
  Control* control = nullptr;  ///< may be NULL
  std::string phase = "kernel";
};

}  // namespace widelimit::detail
