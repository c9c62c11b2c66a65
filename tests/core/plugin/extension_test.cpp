// Extensions (sdk/docs/extensions.md): what core offers plugins under an id.
#include "core/plugin/fixtures.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

TEST_CASE("progress that a plugin reports reaches the runtime's Control") {
  const Folder folder;
  folder.add({"reports"});
  std::vector<std::string> heard;
  RuntimeOptions options = only({folder.path()});
  options.control = std::make_shared<Control>([&](const Progress& p) {
    heard.push_back(p.phase + " " + std::to_string(p.done) + "/" + std::to_string(p.total));
  });
  const Runtime runtime(options);
  REQUIRE(runtime.plugins().size() == 1);
  static_cast<void>(runtime.network(network_of("reports")));
  CHECK(heard == std::vector<std::string>{"open 1/2", " 2/2"});
}

TEST_CASE("progress without a Control, or with one that throws, does a plugin no harm") {
  const Folder folder;
  folder.add({"reports"});
  RuntimeOptions options = only({folder.path()});
  options.unload = true;  // so that the next runtime opens it again
  { CHECK_NOTHROW(static_cast<void>(Runtime(options).network(network_of("reports")))); }
  options.control = std::make_shared<Control>([](const Progress&) { throw 1; });
  CHECK_NOTHROW(static_cast<void>(Runtime(options).network(network_of("reports"))));
}
