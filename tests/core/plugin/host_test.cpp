// The services that core lends to plugins, through the table as a plugin sees it.
#include <widelimit/examine/host.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using widelimit::HostServices;

namespace {

struct Sum {
  const widelimit_host* host;
  std::atomic<std::int64_t> total{0};
  bool nested = false;
  std::int64_t fail_at = -1;
};

widelimit_status add(void* arg, std::int64_t begin, std::int64_t end) {
  auto& s = *static_cast<Sum*>(arg);
  for (std::int64_t i = begin; i < end; ++i) {
    if (i == s.fail_at) return WIDELIMIT_E_NUMERIC;
    s.total += i;
  }
  if (s.nested) {
    Sum inner{s.host};
    const auto status = s.host->parallel_for(s.host->ctx, 10, 1, add, &inner);
    if (status != WIDELIMIT_OK || inner.total != 45) return WIDELIMIT_E_INTERNAL;
  }
  return WIDELIMIT_OK;
}

}  // namespace

TEST_CASE("the host table is sized, named, and lends aligned memory") {
  const HostServices services(2);
  const widelimit_host& h = services.abi();
  CHECK(h.struct_size == sizeof(widelimit_host));
  CHECK(h.abi_minor == WIDELIMIT_ABI_MINOR);
  CHECK(std::string(h.name) == "widelimit");
  for (const std::uint64_t bytes : {1U, 63U, 1000000U}) {
    void* p = h.alloc(h.ctx, bytes);
    REQUIRE(p != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
    h.release(h.ctx, p);
  }
  CHECK(h.alloc(h.ctx, std::uint64_t{1} << 62) == nullptr);
  h.release(h.ctx, nullptr);
  CHECK(h.extension(h.ctx, "org.example.unknown") == nullptr);
  CHECK(h.extension(h.ctx, nullptr) == nullptr);
  CHECK(h.cancelled(h.ctx) == 0);
}

TEST_CASE("parallel_for of the host: all indices, nested calls, and the status of a failed piece") {
  const HostServices services(3);
  const widelimit_host& h = services.abi();
  Sum plain{&h};
  CHECK(h.parallel_for(h.ctx, 1000, 7, add, &plain) == WIDELIMIT_OK);
  CHECK(plain.total == 999 * 1000 / 2);
  Sum nested{&h};
  nested.nested = true;
  CHECK(h.parallel_for(h.ctx, 100, 1, add, &nested) == WIDELIMIT_OK);
  Sum failing{&h};
  failing.fail_at = 40;
  CHECK(h.parallel_for(h.ctx, 100, 1, add, &failing) == WIDELIMIT_E_NUMERIC);
}

TEST_CASE("normals of the host are the same for any split, and are N(0, 1)") {
  const HostServices services(1);
  const widelimit_host& h = services.abi();
  std::vector<double> whole(20000), parts(20000);
  CHECK(h.normals(h.ctx, 5, 9, 0, 20000, whole.data()) == WIDELIMIT_OK);
  for (const auto& [first, n] : {std::pair{0U, 7U}, {7U, 1U}, {8U, 19992U}})
    CHECK(h.normals(h.ctx, 5, 9, first, n, parts.data() + first) == WIDELIMIT_OK);
  CHECK(whole == parts);
  double mean = 0, square = 0;
  for (const double v : whole) mean += v / 20000, square += v * v / 20000;
  CHECK(std::abs(mean) < 4 / std::sqrt(20000.0));            // standard error 1 / sqrt n
  CHECK(std::abs(square - 1) < 4 * std::sqrt(2 / 20000.0));  // of a chi-squared
}

TEST_CASE("the host's log reaches its listener") {
  std::string heard;
  const HostServices services(1, [&](int level, std::string_view component, std::string_view text) {
    heard = std::to_string(level) + " " + std::string(component) + " " + std::string(text);
  });
  const widelimit_host& h = services.abi();
  h.log(h.ctx, 2, "relu", "careful");
  CHECK(heard == "2 relu careful");
  h.log(h.ctx, 0, nullptr, nullptr);
  CHECK(heard == "0  ");
}
