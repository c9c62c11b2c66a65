// Where the virtual table of KernelSink lives: sinks are made without the engine.
#include <widelimit/kernel_sink.hpp>

namespace widelimit {

KernelSink::~KernelSink() = default;
bool KernelSink::has(std::int64_t, std::int64_t, std::int64_t, std::int64_t) const { return false; }

}  // namespace widelimit
