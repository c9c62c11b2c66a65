// One call of relu's kernel transform through the table of the loaded plugin, against the same loop
// as a direct call, on the same instruction set: what the boundary costs. Then nanoseconds an entry
// of every nonlinearity.
#include "pointwise_direct.hpp"

#include <widelimit/abi.h>

#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t sites = 16, lanes = 128;

template <class T>
struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U>
  Aligned(const Aligned<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  friend bool operator==(Aligned, Aligned) { return true; }
};
template <class T>
using Vector = std::vector<T, Aligned<T>>;

/// A tile of 16 x 128 pairs behind a dense layer: 2,048 entries.
template <class T>
struct Tile {
  Vector<T> k = Vector<T>(sites * lanes), theta = k, value = k, ntk = k;
  Vector<T> first = Vector<T>(sites), second = Vector<T>(lanes);
  std::vector<std::int32_t> first_at, second_at = std::vector<std::int32_t>(sites, 0);
  widelimit_linear map{};
  widelimit_field input{}, output{};
  widelimit_variances variances{};
  const widelimit_field* inputs[1] = {&input};
  const widelimit_linear* pending[1] = {&map};
  widelimit_run run{};

  Tile() {
    map.struct_size = sizeof map;
    map.rank = 1;
    for (int axis = 0; axis < 4; ++axis)
      map.window[axis] = map.stride[axis] = map.dilation[axis] = 1;
    map.scale = map.ntk_nngp = 1.5 * 1.5;
    map.bias = map.ntk_bias = 0.01;
    // Variances are those after the map; covariances those before it.
    for (std::size_t lane = 0; lane < lanes; ++lane)
      second[lane] = static_cast<T>(1 + 0.01 * static_cast<double>(lane));
    for (std::size_t site = 0; site < sites; ++site) {
      first_at.push_back(static_cast<std::int32_t>(site));
      first[site] = static_cast<T>(1.5 + 0.1 * static_cast<double>(site));
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const double c = std::cos(0.01 * static_cast<double>(site * lanes + lane));
        const double mapped = c * std::sqrt(double{first[site]} * double{second[lane]});
        k[site * lanes + lane] = static_cast<T>((mapped - map.bias) / map.scale);
        theta[site * lanes + lane] = static_cast<T>(0.5 * c);
      }
    }
    input.struct_size = sizeof input;
    input.dtype = std::is_same_v<T, float> ? WIDELIMIT_F32 : WIDELIMIT_F64;
    input.rank = 1;
    input.lanes = lanes;
    for (std::int64_t& extent : input.extent) extent = 1;
    input.extent[0] = sites;
    output = input;
    input.nngp = k.data();
    input.ntk = theta.data();
    output.nngp = value.data();
    output.ntk = ntk.data();
    variances.struct_size = sizeof variances;
    variances.first_lanes = 1;
    variances.first = first.data();
    variances.second = second.data();
    variances.first_at = first_at.data();
    variances.second_at = second_at.data();
    run.struct_size = sizeof run;
    run.n_inputs = run.n_fields = 1;
    run.inputs = inputs;
    run.pending = pending;
    run.variances = &variances;
    run.row_end = 1;
    run.output = &output;
  }
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;
};

/// A layer of a plugin, with its defaults.
struct Layer {
  const widelimit_layer_type* type = nullptr;
  widelimit_layer* own = nullptr;

  Layer(const std::string& file, const std::string& name) {
    const std::string path = WIDELIMIT_TEST_PLUGINS "/" + file + ".so";
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // for the whole program
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto entry =
        reinterpret_cast<const widelimit_plugin* (*)()>(dlsym(library, WIDELIMIT_ENTRY_SYMBOL));
    const widelimit_plugin& plugin = *entry();
    for (std::uint32_t i = 0; i < plugin.n_layers; ++i)
      if (plugin.layers[i]->info->name == name) type = plugin.layers[i];
    if (type == nullptr || type->create(nullptr, nullptr, &own, nullptr) != WIDELIMIT_OK)
      throw std::runtime_error(path + " makes no " + name);
  }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  ~Layer() { type->destroy(own); }
};

void count_entries(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * sites * lanes);
}

template <class T>
void through_the_table(benchmark::State& state, const char* file, const char* type, bool with_ntk) {
  const Layer layer(file, type);
  Tile<T> tile;
  if (!with_ntk) tile.output.ntk = tile.input.ntk = nullptr;
  const auto transform = layer.type->infinite->transform;
  for (auto _ : state) {
    if (transform(layer.own, &tile.run, nullptr) != WIDELIMIT_OK) state.SkipWithError("refused");
    benchmark::ClobberMemory();
  }
  count_entries(state);
}

template <class T>
void direct_call(benchmark::State& state) {
  Tile<T> tile;
  const auto relu = widelimit::bench::direct_relu<T>();
  const widelimit::bench::Arrays<T> arrays{tile.k.data(),      tile.theta.data(), tile.first.data(),
                                           tile.second.data(), tile.value.data(), tile.ntk.data()};
  const T scale = static_cast<T>(tile.map.scale), bias = static_cast<T>(tile.map.bias);
  for (auto _ : state) {
    relu(arrays, scale, bias);
    benchmark::ClobberMemory();
  }
  count_entries(state);
}

template <class T>
void enter(const std::string& precision) {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark(("relu directly, " + precision).c_str(), direct_call<T>);
  for (const auto& [file, type] : {std::pair{"relu", "relu"},
                                   {"relu", "abs"},
                                   {"erf", "erf"},
                                   {"gelu", "gelu"},
                                   {"sin", "sin"},
                                   {"rbf", "rbf"},
                                   {"sign", "sign"},
                                   {"layer_norm", "layer_norm"}})
    RegisterBenchmark((type + (" through the table, " + precision)).c_str(),
                      [file = file, type = type](benchmark::State& state) {
                        through_the_table<T>(state, file, type, true);
                      });
  RegisterBenchmark(
      ("relu through the table, NNGP alone, " + precision).c_str(),
      [](benchmark::State& state) { through_the_table<T>(state, "relu", "relu", false); });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  enter<float>("float32");
  enter<double>("float64");
  benchmark::RunSpecifiedBenchmarks();
}
