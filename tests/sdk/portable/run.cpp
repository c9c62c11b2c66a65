// Loads a plugin and runs its pointwise layers, in both precisions, on a few pairs: run PLUGIN.so
// [BUILD]. Prints what the transforms give; fails where a call does, where a result is not finite,
// or where the copy that ran is not the one that BUILD names. On an emulated processor without AVX
// this ends with an illegal instruction if one has leaked into the copy for any processor.
#include "../support.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

using namespace widelimit::test;

bool run(const widelimit_layer_type& type, std::uint32_t dtype) {
  const LayerObject layer(type);
  if (layer.status != WIDELIMIT_OK) return false;
  const std::size_t inputs = type.min_inputs;
  const Planned plan(layer, std::vector<widelimit_shape>(inputs, shape(4)));
  if (plan.status != WIDELIMIT_OK)  // a layer of images, then
    return Planned(layer, std::vector<widelimit_shape>(inputs, shape(4, {5}))).status ==
               WIDELIMIT_OK ||
           Planned(layer, std::vector<widelimit_shape>(inputs, shape(4, {5, 4}))).status ==
               WIDELIMIT_OK;
  if (plan.plan.nature != WIDELIMIT_POINTWISE) return true;
  widelimit_linear map = identity_map();
  map.scale = map.ntk_nngp = 1.5;
  map.bias = map.ntk_bias = 0.25;
  Options options;
  options.dtype = dtype;
  options.scratch_bytes = plan.plan.scratch_bytes;
  options.pending.assign(inputs, &map);
  options.shapes.assign(inputs, shape(4));
  Bundle b = random_bundle(2, 16, inputs);
  for (double& k : b.nngp[0]) k = (k - 0.25) / 1.5;
  const Result result = transform(layer, b, options);
  if (result.status != WIDELIMIT_OK) return false;
  bool finite = true;
  for (std::size_t i = 0; i < b.size(); ++i)
    finite = finite && std::isfinite(result.nngp[i]) && std::isfinite(result.ntk[i]);
  std::printf("%s %s %.6g %.6g\n", type.info->name, dtype == WIDELIMIT_F32 ? "f32" : "f64",
              result.nngp[1], result.ntk[1]);
  return finite;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  void* const library = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", ::dlerror());
    return 1;
  }
  using Entry = const widelimit_plugin* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, WIDELIMIT_ENTRY_SYMBOL));
  if (entry == nullptr) return 1;
  const widelimit_plugin& plugin = *entry();
  std::printf("%s\n", plugin.build);
  if (argc > 2 && std::string(plugin.build).find(argv[2]) == std::string::npos) return 1;
  for (std::uint32_t i = 0; i < plugin.n_layers; ++i)
    for (const std::uint32_t dtype : {std::uint32_t{WIDELIMIT_F32}, std::uint32_t{WIDELIMIT_F64}})
      if (!run(*plugin.layers[i], dtype)) {
        std::fprintf(stderr, "%s failed\n", plugin.layers[i]->info->name);
        return 1;
      }
  return 0;
}
