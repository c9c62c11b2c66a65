// Plugins that are part of the program, and what a plugin can ask of the runtime that made it.
#include <widelimit/error.hpp>
#include <widelimit/runtime.hpp>

#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace widelimit;
using namespace widelimit::test;

// The boundary names this type and leaves it to the plugin.
struct widelimit_layer {
  const widelimit_host* host;
};

namespace {

std::int32_t cancelled_at_plan = -1;

widelimit_status create(const widelimit_host* host, const widelimit_params* params,
                        widelimit_layer** out, widelimit_error* error) {
  double number = 0;
  if (params->number(params->ctx, "/scale", &number) != WIDELIMIT_OK || number < 0) {
    const std::string pointer = "/scale", message = "must not be negative";
    pointer.copy(error->pointer, sizeof error->pointer - 1);
    message.copy(error->message, sizeof error->message - 1);
    return WIDELIMIT_E_PARAMS;
  }
  *out = new widelimit_layer{host};
  return WIDELIMIT_OK;
}
void destroy(widelimit_layer* l) { delete l; }
widelimit_status plan(const widelimit_layer* l, widelimit_plan* p, widelimit_error*) {
  cancelled_at_plan = l->host->cancelled(l->host->ctx);
  p->nature = WIDELIMIT_LINEAR;
  p->linear->scale = 2;
  return WIDELIMIT_OK;
}

const widelimit_type_info info{
    sizeof info,
    "twice",
    "1.0.0",
    "",
    "",
    R"({"type":"object","properties":{"scale":{"type":"number","default":1}},
        "additionalProperties":false})"};
const widelimit_layer_type twice{sizeof twice, 1,    1,       &info,  create,
                                 destroy,      plan, nullptr, nullptr};
const widelimit_layer_type* const layers[] = {&twice};

// With the id of a fixture, to shadow it.
const widelimit_plugin plugin{sizeof plugin,
                              WIDELIMIT_ABI_MINOR,
                              0,
                              0,
                              "org.example.plain",
                              "9.0.0",
                              "",
                              "",
                              "",
                              "",
                              1,
                              0,
                              layers,
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr};

NetworkSpec scaled(const std::string& scale) {
  NetworkSpec spec = network_of("twice");
  spec[0].params = "{\"scale\": " + scale + "}";
  return spec;
}

}  // namespace

TEST_CASE("a plugin added in code comes before all files, and computes") {
  const Folder folder;
  folder.add({"plain"});
  RuntimeOptions o = only({folder.path()});
  o.built_in = {&plugin};
  const Runtime runtime(std::move(o));
  REQUIRE(runtime.plugins().size() == 1);
  CHECK(runtime.plugins()[0].version == "9.0.0");
  CHECK(runtime.plugins()[0].file.empty());
  CHECK(outcome(runtime, "plain.so") == "org.example.plain is shadowed by a built-in");
  CHECK(runtime.network(scaled("1")).nngp(Samples(Matrix{{3.0}}))(0, 0) == 18);
  CHECK(runtime.network(R"([{"type": "twice", "scale": 3}, "twice"])")
            .nngp(Samples(Matrix{{1.0}}))(0, 0) == 4);
}

TEST_CASE("what a layer refuses of its parameters is told with the whole pointer") {
  RuntimeOptions o = only({});
  o.built_in = {&plugin};
  const Runtime runtime(std::move(o));
  try {
    static_cast<void>(runtime.network(scaled("-1")));
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    CHECK(e.pointer() == "/network/0/scale");
    CHECK(e.problems()[0].message == "must not be negative");
  }
}

TEST_CASE("a plugin hears of a cancelled run through the runtime's control") {
  const auto control = std::make_shared<Control>();
  RuntimeOptions o = only({});
  o.built_in = {&plugin};
  o.control = control;
  const Runtime runtime(std::move(o));
  const Network net = runtime.network(scaled("1"));
  static_cast<void>(net.plan({{}, 1}));
  CHECK(cancelled_at_plan == 0);
  control->cancel();
  static_cast<void>(net.plan({{}, 1}));
  CHECK(cancelled_at_plan == 1);
}

TEST_CASE("an incomplete plugin added in code is an error at once") {
  static widelimit_plugin broken = plugin;
  broken.version = nullptr;
  RuntimeOptions o = only({});
  o.built_in = {&broken};
  CHECK_THROWS_WITH_AS(Runtime(std::move(o)),
                       "built-in plugin: the plugin's descriptor lacks its version", Error);
}
