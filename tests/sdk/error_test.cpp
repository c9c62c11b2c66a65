// The guard: which exception becomes which status, and what is written into whose memory.
#include <widelimit/sdk/error.hpp>

#include "support.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::empty_error;

}  // namespace

TEST_CASE("what does not throw is fine, and the error is left alone") {
  widelimit_error error = empty_error();
  CHECK(sdk::guard(&error, [] {}) == WIDELIMIT_OK);
  CHECK(error.code == 0);
  CHECK(error.index == -1);
}

TEST_CASE("an sdk::Error arrives with code, pointer, index and message") {
  widelimit_error error = empty_error();
  CHECK(sdk::guard(&error, [] {
          throw sdk::Error(WIDELIMIT_E_NUMERIC, "no convergence", "/tolerance", 12);
        }) == WIDELIMIT_E_NUMERIC);
  CHECK(error.code == WIDELIMIT_E_NUMERIC);
  CHECK(error.index == 12);
  CHECK(std::string(error.pointer) == "/tolerance");
  CHECK(std::string(error.message) == "no convergence");
  CHECK(sdk::guard(&error, [] { throw sdk::not_positive_definite(3); }) == WIDELIMIT_E_NUMERIC);
  CHECK(error.index == 3);
  CHECK(std::string(error.pointer).empty());
}

TEST_CASE("every other exception becomes a status too") {
  widelimit_error error = empty_error();
  CHECK(sdk::guard(&error, [] { throw std::bad_alloc(); }) == WIDELIMIT_E_MEMORY);
  CHECK(std::string(error.message) == "out of memory");
  CHECK(sdk::guard(&error, [] { throw std::out_of_range("beyond"); }) == WIDELIMIT_E_INTERNAL);
  CHECK(std::string(error.message) == "beyond");
  CHECK(sdk::guard(&error, [] { throw 42; }) == WIDELIMIT_E_INTERNAL);
  CHECK(sdk::guard(nullptr, [] { throw 42; }) == WIDELIMIT_E_INTERNAL);
}

TEST_CASE("an error struct of any smaller size is filled as far as it reaches and no further") {
  for (std::uint32_t size = 4; size <= sizeof(widelimit_error); ++size) {
    widelimit_error error;
    std::memset(&error, 0x5A, sizeof error);
    error.struct_size = size;
    sdk::report(&error, WIDELIMIT_E_PARAMS, std::string(600, 'm'), std::string(300, 'p'), 7);
    unsigned char bytes[sizeof error];
    std::memcpy(bytes, &error, sizeof error);
    for (std::size_t i = size; i < sizeof error; ++i) REQUIRE(bytes[i] == 0x5A);
    REQUIRE(error.struct_size == size);
    // A text that has room for any of itself is terminated.
    if (size > offsetof(widelimit_error, message))
      REQUIRE(std::memchr(error.message, 0, size - offsetof(widelimit_error, message)) != nullptr);
    if (size > offsetof(widelimit_error, pointer))
      REQUIRE(std::memchr(error.pointer, 0, sizeof error.pointer) != nullptr);
  }
}

TEST_CASE("a long message is cut between characters, and newlines become spaces") {
  widelimit_error error = empty_error();
  std::string text(510, 'x');
  text += "\xC3\xA9";  // two bytes, of which one would fit
  sdk::report(&error, WIDELIMIT_E_INTERNAL, text);
  CHECK(std::string(error.message) == std::string(510, 'x'));
  sdk::report(&error, WIDELIMIT_E_INTERNAL, "two\nlines");
  CHECK(std::string(error.message) == "two lines");
  sdk::report(&error, WIDELIMIT_E_INTERNAL, std::string(511, 'y'));
  CHECK(std::string(error.message) == std::string(511, 'y'));
}
