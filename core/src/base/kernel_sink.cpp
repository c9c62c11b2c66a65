// Where the virtual table of KernelSink lives: sinks are made without the engine.
#include <widelimit/network.hpp>

namespace widelimit {

KernelSink::~KernelSink() = default;

}  // namespace widelimit
