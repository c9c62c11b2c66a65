// What the host lends, and what stands in for a service that it does not offer.
#include "types.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;

/// A host that keeps books.
struct Books {
  std::int64_t allocated = 0, pieces = 0;
  std::string last_log, last_progress;
  bool stop = false, exhausted = false;
  widelimit_host table{};

  Books() {
    table.struct_size = sizeof table;
    table.ctx = this;
    table.log = [](void* ctx, std::int32_t level, const char* component, const char* message) {
      static_cast<Books*>(ctx)->last_log = std::to_string(level) + " " + component + ": " + message;
    };
    table.alloc = [](void* ctx, std::uint64_t bytes) -> void* {
      auto& books = *static_cast<Books*>(ctx);
      if (books.exhausted) return nullptr;
      ++books.allocated;
      return std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    };
    table.release = [](void* ctx, void* p) {
      --static_cast<Books*>(ctx)->allocated;
      std::free(p);
    };
    table.parallel_for = [](void* ctx, std::int64_t n, std::int64_t grain,
                            widelimit_status (*body)(void*, std::int64_t, std::int64_t),
                            void* arg) -> widelimit_status {
      for (std::int64_t begin = 0; begin < n; begin += grain) {
        ++static_cast<Books*>(ctx)->pieces;
        const std::int64_t end = begin + grain < n ? begin + grain : n;
        if (const widelimit_status status = body(arg, begin, end); status != WIDELIMIT_OK)
          return status;
      }
      return WIDELIMIT_OK;
    };
    table.extension = [](void*, const char* id) -> const void* {
      static const widelimit_progress progress{
          sizeof progress, [](void* ctx, const char* phase, std::int64_t done, std::int64_t total) {
            static_cast<Books*>(ctx)->last_progress =
                std::string(phase) + " " + std::to_string(done) + "/" + std::to_string(total);
          }};
      return std::string(id) == "widelimit.progress/1" ? &progress : nullptr;
    };
    table.cancelled = [](void* ctx) -> std::int32_t {
      return static_cast<Books*>(ctx)->stop ? 1 : 0;
    };
  }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;
};

}  // namespace

TEST_CASE("memory comes from the host, aligned, and goes back to it") {
  Books books;
  const sdk::Host host(&books.table);
  {
    const auto buffer = host.allocate<double>(10);
    CHECK(books.allocated == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.get()) % 64 == 0);
    buffer[9] = 1;
  }
  CHECK(books.allocated == 0);
  books.exhausted = true;
  CHECK_THROWS_AS((void)host.allocate<float>(10), std::bad_alloc);
}

TEST_CASE("a parallel loop runs in the host's pieces, and what one throws is thrown here") {
  Books books;
  const sdk::Host host(&books.table);
  std::int64_t sum = 0;
  host.parallel_for(10, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) sum += i;
  });
  CHECK(sum == 45);
  CHECK(books.pieces == 3);
  CHECK_THROWS_WITH_AS(host.parallel_for(10, 4,
                                         [](std::int64_t begin, std::int64_t) {
                                           if (begin == 4) throw std::runtime_error("piece 4");
                                         }),
                       "piece 4", std::runtime_error);
}

TEST_CASE("messages and cancellation pass through") {
  Books books;
  const sdk::Host host(&books.table);
  host.log(sdk::LogLevel::warning, "cholesky", "slow");
  CHECK(books.last_log == "2 cholesky: slow");
  host.report_progress("factorise", 3, 8);
  CHECK(books.last_progress == "factorise 3/8");
  CHECK(host.extension("widelimit.progress/2") == nullptr);
  host.throw_if_cancelled();
  books.stop = true;
  try {
    host.throw_if_cancelled();
    FAIL("it was cancelled");
  } catch (const sdk::Error& e) {
    CHECK(e.code() == WIDELIMIT_E_CANCELLED);
  }
}

TEST_CASE("functions that an older host lacks have replacements") {
  Books books;
  books.table.struct_size = offsetof(widelimit_host, alloc);
  for (const sdk::Host& host : {sdk::Host(&books.table), sdk::Host()}) {
    const auto buffer = host.allocate<double>(10);
    CHECK(books.allocated == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.get()) % 64 == 0);
    std::int64_t sum = 0;
    host.parallel_for(10, 4, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
    CHECK(sum == 10);
    CHECK(books.pieces == 0);
    CHECK(!host.cancelled());
    CHECK(host.extension("anything") == nullptr);
    CHECK_NOTHROW(host.report_progress("factorise", 3, 8));
    double number = 0;
    CHECK_THROWS_AS(host.normals(0, 0, 0, {&number, 1}), sdk::Error);
  }
}
