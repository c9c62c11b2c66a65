// Parameters as plugins see them: typed getters by JSON pointer.
#include <widelimit/examine/params.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>

namespace widelimit {

namespace {

const char* text = R"({"scale": 1.5, "count": 3, "whole": 4.0, "flag": true, "word": "a\u00e4\"",
  "none": null, "list": [1, 2.5, "x"], "a/b": {"~": 7}, "big": 9007199254740993})";

struct Read {
  const widelimit_params* params;

  double number(const char* pointer) const {
    double out = -1;
    return params->number(params->ctx, pointer, &out) == WIDELIMIT_OK ? out : -1;
  }
  std::int64_t integer(const char* pointer) const {
    std::int64_t out = -1;
    return params->integer(params->ctx, pointer, &out) == WIDELIMIT_OK ? out : -1;
  }
  std::int32_t boolean(const char* pointer) const {
    std::int32_t out = -1;
    return params->boolean(params->ctx, pointer, &out) == WIDELIMIT_OK ? out : -1;
  }
  std::string string(const char* pointer) const {
    const char* out = nullptr;
    std::uint64_t length = 0;
    if (params->string(params->ctx, pointer, &out, &length) != WIDELIMIT_OK) return "-";
    CHECK(std::strlen(out) == length);
    return {out, length};
  }
  std::int64_t length(const char* pointer) const {
    std::uint64_t out = 0;
    return params->length(params->ctx, pointer, &out) == WIDELIMIT_OK
               ? static_cast<std::int64_t>(out)
               : -1;
  }
};

}  // namespace

TEST_CASE("getters find values of their type by pointer") {
  const Params params(text);
  const Read read{params.abi()};
  CHECK(read.params->struct_size == sizeof(widelimit_params));
  CHECK(read.number("/scale") == 1.5);
  CHECK(read.number("/count") == 3);
  CHECK(read.integer("/count") == 3);
  CHECK(read.integer("/whole") == 4);
  CHECK(read.integer("/big") == 9007199254740993);
  CHECK(read.boolean("/flag") == 1);
  CHECK(read.string("/word") == "a\u00e4\"");
  CHECK(read.length("/list") == 3);
  CHECK(read.number("/list/1") == 2.5);
  CHECK(read.string("/list/2") == "x");
  CHECK(read.length("/a~1b") == 1);
  CHECK(read.integer("/a~1b/~0") == 7);
  CHECK(read.length("") == 9);
}

TEST_CASE(
    "getters answer E_PARAMS for what is missing, null or of another type, and touch nothing") {
  const Params params(text);
  const widelimit_params* p = params.abi();
  double number = 42;
  CHECK(p->number(p->ctx, "/nothing", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "/none", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "/word", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "/flag", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "scale", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "/list/3", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, "/list/01", &number) == WIDELIMIT_E_PARAMS);
  CHECK(p->number(p->ctx, nullptr, &number) == WIDELIMIT_E_PARAMS);
  CHECK(number == 42);
  const Read read{p};
  CHECK(read.integer("/scale") == -1);
  CHECK(read.boolean("/count") == -1);
  CHECK(read.string("/count") == "-");
  CHECK(read.length("/word") == -1);
}

TEST_CASE("the text of parameters is what was handed over") {
  const Params params(text);
  std::uint64_t length = 0;
  CHECK(std::string(params.abi()->json(params.abi()->ctx, &length)) == text);
  CHECK(length == std::strlen(text));
}

TEST_CASE("parameters stay where they are when they are moved") {
  Params first(text);
  const widelimit_params* abi = first.abi();
  const Params second(std::move(first));
  CHECK(second.abi() == abi);
  CHECK(Read{abi}.number("/scale") == 1.5);
}

TEST_CASE("a text that is no object is refused") {
  CHECK_THROWS_AS(Params("{"), Error);
  CHECK_THROWS_AS(Params("[1]"), Error);
  CHECK_THROWS_AS(Params("{\"a\": 1, \"a\": 2}"), Error);
}

}  // namespace widelimit
