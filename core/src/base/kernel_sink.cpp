// Tiles, and the virtual table of KernelSink, which is here because sinks do not need the engine.
#include <widelimit/kernel_sink.hpp>

#include <widelimit/error.hpp>

namespace widelimit {

template <class T>
const T* Tile::entries(Kernel kernel) const {
  if (precision != precision_of<T>)
    throw Error(ErrorCode::internal, "a tile was read in another precision than its own");
  return static_cast<const T*>(values[kernel]);
}
template const float* Tile::entries(Kernel) const;
template const double* Tile::entries(Kernel) const;

KernelSink::~KernelSink() = default;
bool KernelSink::has(const TileArea&) const { return false; }

}  // namespace widelimit
