// One computation of kernels: of which samples, which of the two, for whom.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>

#include "engine/grid/tile_grid.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <string>

namespace widelimit::detail {

/// Two sets of samples, contiguous rows of `features` numbers. x2 == x1: symmetric.
template <class T>
struct SamplePair {
  const T* x1;
  std::int64_t n1;
  const T* x2;
  std::int64_t n2;
  std::int64_t features;
  [[nodiscard]] bool symmetric() const noexcept { return x1 == x2 && n1 == n2; }
  [[nodiscard]] PairsOfSamples pairs() const noexcept { return {n1, n2, symmetric()}; }
};

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
