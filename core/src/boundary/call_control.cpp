// One pointer for each thread.
#include "boundary/call_control.hpp"

namespace widelimit::detail {

constinit thread_local const Control* CallControl::current_ = nullptr;

const Control* CallControl::current() noexcept { return current_; }

bool CallControl::cancelled() noexcept { return current_ != nullptr && current_->cancelled(); }

}  // namespace widelimit::detail
