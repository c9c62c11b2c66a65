// The loop of relu's kernel transform without a boundary: written out for 16 x 128 entries behind a
// dense layer, compiled for the same instruction sets as the plugin.
#pragma once

namespace widelimit::bench {

template <class T>
struct Arrays {
  const T *k, *theta, *first, *second;
  T *value, *ntk;
};

template <class T>
using DirectRelu = void (*)(const Arrays<T>&, T scale, T bias);

/// For the best instruction set that plugins choose here, WIDELIMIT_FORCE_ISA included.
template <class T>
DirectRelu<T> direct_relu();

}  // namespace widelimit::bench
