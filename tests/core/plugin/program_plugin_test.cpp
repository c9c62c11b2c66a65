// Plugins that are part of the program, and what a plugin can ask of the runtime that made it.
#include <widelimit/error.hpp>
#include <widelimit/runtime.hpp>

#include "core/plugin/fixtures.hpp"
#include "plugin_descriptor.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

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
const widelimit_plugin plugin = descriptor_of("org.example.plain", "9.0.0", layers);

NetworkSpec scaled(const std::string& scale) {
  NetworkSpec spec = network_of("twice");
  spec[0].params = "{\"scale\": " + scale + "}";
  return spec;
}

}  // namespace

TEST_CASE("a plugin added in code comes before all files, and computes") {
  const Folder folder;
  folder.add({"plain"});
  Runtime runtime(only({folder.path()}));
  runtime.add(&plugin);
  REQUIRE(runtime.plugins().size() == 1);
  CHECK(runtime.plugins()[0].version == "9.0.0");
  CHECK(runtime.plugins()[0].file.empty());
  CHECK(last_outcome(runtime, "plain.so") ==
        "org.example.plain is shadowed by a plugin of the program");
  CHECK(runtime.network(scaled("1")).nngp(Samples(Matrix{{3.0}}))(0, 0) == 18);
  CHECK(runtime.network(R"([{"type": "twice", "scale": 3}, "twice"])")
            .nngp(Samples(Matrix{{1.0}}))(0, 0) == 4);
}

TEST_CASE("a parameter that a layer refuses is reported with its whole pointer") {
  Runtime runtime(only({}));
  runtime.add(&plugin);
  try {
    static_cast<void>(runtime.network(scaled("-1")));
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    CHECK(e.pointer() == "/network/0/scale");
    CHECK(e.problems()[0].message == "must not be negative");
  }
}

TEST_CASE("parameters that a program wrote are validated as those of a file are") {
  Runtime runtime(only({}));
  runtime.add(&plugin);
  const auto problems_of = [&](const NetworkSpec& spec) {
    try {
      static_cast<void>(runtime.network(spec));
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::usage);
      return e.problems();
    }
    return std::vector<Problem>{};
  };
  const auto wrong = problems_of(scaled("\"two\""));
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].pointer == "/network/0/scale");
  CHECK(wrong[0].message.find("must be a number, got \"two\"") != std::string::npos);
  NetworkSpec misspelt = scaled("1");
  misspelt[0].params = R"({"scal": 3, "more": 1})";
  CHECK(problems_of(misspelt).size() == 2);
  NetworkSpec broken = scaled("1,");
  CHECK(problems_of(broken).size() == 1);
  // Without parameters, the defaults.
  NetworkSpec bare = scaled("1");
  for (const std::string params : {"", "{}"}) {
    bare[0].params = params;
    CHECK(runtime.network(bare).nngp(Samples(Matrix{{3.0}}))(0, 0) == 18);
  }
}

TEST_CASE("a plugin learns of cancellation through the runtime's control") {
  const auto control = std::make_shared<Control>();
  RuntimeOptions o = only({});
  o.control = control;
  Runtime runtime(std::move(o));
  runtime.add(&plugin);
  const Network net = runtime.network(scaled("1"));
  static_cast<void>(net.plan({{}, 1}));
  CHECK(cancelled_at_plan == 0);
  control->cancel();
  // Another shape: a network keeps the plans it has made.
  static_cast<void>(net.plan({{}, 2}));
  CHECK(cancelled_at_plan == 1);
}

TEST_CASE("an incomplete plugin added in code is an error at once, and the runtime goes on") {
  static widelimit_plugin broken = plugin;
  broken.version = nullptr;
  Runtime runtime(only({}));
  CHECK_THROWS_WITH_AS(runtime.add(&broken),
                       "plugin of the program: the plugin's descriptor lacks its version", Error);
  CHECK_THROWS_WITH_AS(
      runtime.add(nullptr),
      "plugin of the program: the plugin says that it cannot run on this processor", Error);
  CHECK(runtime.plugins().empty());
  runtime.add(&plugin);
  CHECK(runtime.network(scaled("1")).nngp(Samples(Matrix{{3.0}}))(0, 0) == 18);
}

TEST_CASE("a plugin id is added once") {
  static widelimit_plugin other = plugin;
  Runtime runtime(only({}));
  runtime.add(&plugin);
  CHECK_THROWS_WITH_AS(runtime.add(&other),
                       "plugin of the program: a plugin \"org.example.plain\" was added already",
                       Error);
}

TEST_CASE("plugins with different ids may offer one type name, and the qualified name decides") {
  static widelimit_plugin other = plugin;
  other.id = "org.example.other";
  Runtime runtime(only({}));
  runtime.add(&plugin);
  runtime.add(&other);
  CHECK_THROWS_AS(static_cast<void>(runtime.network(R"(["twice"])")), Error);
  CHECK(runtime.network(R"(["org.example.other/twice"])").nngp(Samples(Matrix{{3.0}}))(0, 0) == 18);
}

TEST_CASE("a network keeps the file it was created from when the program adds the same id later") {
  Runtime runtime(only({WIDELIMIT_TEST_PLUGINS}));
  const Network before = runtime.network(R"(["dense"])");
  static widelimit_plugin dense = plugin;
  dense.id = "org.widelimit.dense";
  runtime.add(&dense);
  CHECK(before.nngp(Samples(Matrix{{3.0}}))(0, 0) == 9);
  CHECK(runtime.catalogue().find(TypeKind::layer, "dense") == nullptr);
  CHECK(runtime.catalogue().find(TypeKind::layer, "twice") != nullptr);
}
