// Two runtimes with different plugins in one process. A plugin's library is unloaded with the last
// object that uses it.
#include <widelimit/widelimit.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

using namespace widelimit;

namespace {

Runtime runtime_with(std::vector<std::string> plugins) {
  RuntimeOptions options;
  options.plugins = std::move(plugins);
  options.unload = true;
  return Runtime(std::move(options));
}

void show(const char* when) {
  std::ifstream file("/proc/self/maps");
  const std::string maps{std::istreambuf_iterator<char>(file), {}};
  const auto loaded = [&](const char* name) {
    return maps.find(name) != std::string::npos ? "loaded" : "not loaded";
  };
  std::printf("%s: relu is %s, erf is %s\n", when, loaded("/relu.so"), loaded("/erf.so"));
}

}  // namespace

int main() try {
  std::optional<Network> net;
  {
    const Runtime first = runtime_with({"dense", "relu"}), second = runtime_with({"dense", "erf"});
    net = first.network(R"(["dense", "relu", "dense"])");
    std::printf("erf in the first runtime: %s\n",
                first.catalogue().find(TypeKind::layer, "erf") ? "yes" : "no");
    show("with both runtimes");
  }
  show("with a network of the first");
  net.reset();
  show("without the network");
} catch (const Error& e) {
  std::fprintf(stderr, "%s: %s\n", e.pointer().c_str(), e.what());
  return 1;
}
// prints: erf in the first runtime: no
// prints: with both runtimes: relu is loaded, erf is loaded
// prints: with a network of the first: relu is loaded, erf is not loaded
// prints: without the network: relu is not loaded, erf is not loaded
