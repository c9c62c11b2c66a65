// Which of the copies this processor runs.
#include "copies.hpp"

#include <widelimit/sdk/target.hpp>

extern const widelimit::test::Copy baseline;
#if defined(WIDELIMIT_TEST_BETTER_COPIES)
extern const widelimit::test::Copy avx2, avx512;
#endif

namespace widelimit::test {

const std::vector<Copy>& copies() {
  static const std::vector<Copy> all = [] {
    std::vector<Copy> list{baseline};
#if defined(WIDELIMIT_TEST_BETTER_COPIES)
    using sdk::detail::Isa;
    const Isa isa = sdk::detail::processor_isa();
    if (isa >= Isa::avx2) list.push_back(avx2);
    if (isa >= Isa::avx512) list.push_back(avx512);
#endif
    return list;
  }();
  return all;
}

}  // namespace widelimit::test
