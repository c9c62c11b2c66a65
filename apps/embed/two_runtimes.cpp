// Two runtimes with different plugins in one process, and plugins that really leave it: the
// process's memory map shows that their libraries are gone when the last object that needs them is.
#include <widelimit/widelimit.hpp>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

namespace {

bool mapped(const std::string& library) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find("/" + library) != std::string::npos) return true;
  return false;
}

widelimit::Runtime runtime_with(std::vector<std::string> plugins) {
  widelimit::RuntimeOptions options;
  options.plugins = std::move(plugins);
  options.unload = true;
  options.threads = 1;
  return widelimit::Runtime(std::move(options));
}

void check(bool holds, const char* what) {
  std::printf("%s: %s\n", what, holds ? "yes" : "NO");
  if (!holds) throw widelimit::Error(widelimit::ErrorCode::internal, what);
}

}  // namespace

int main() try {
  std::optional<widelimit::Network> rectified;
  {
    const widelimit::Runtime first = runtime_with({"dense", "relu"});
    const widelimit::Runtime second = runtime_with({"dense", "erf"});
    rectified = first.network(R"(["dense", "relu", "dense"])");
    const widelimit::Network error_function = second.network(R"(["dense", "erf", "dense"])");
    const widelimit::Samples x = widelimit::Matrix{{1.0, 2.0}, {2.0, -1.5}};
    std::printf("relu %.6f, erf %.6f\n", rectified->ntk(x)(0, 1), error_function.ntk(x)(0, 1));
    bool refused = false;
    try {
      static_cast<void>(first.network(R"(["dense", "erf", "dense"])"));
    } catch (const widelimit::Error& e) {
      refused = true;
      std::printf("the first runtime says: %s\n", e.what());
    }
    check(refused, "the first runtime does not know the second one's layers");
    check(mapped("relu.so") && mapped("erf.so"), "both libraries are mapped");
  }
  check(!mapped("erf.so"), "erf.so left with its runtime");
  check(mapped("relu.so"), "relu.so stays for the network that uses it");
  rectified.reset();
  check(!mapped("relu.so") && !mapped("dense.so"), "with the network its libraries left");
} catch (const widelimit::Error& e) {
  std::fprintf(stderr, "%s: %s\n", e.pointer().c_str(), e.what());
  return 1;
}
