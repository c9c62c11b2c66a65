// dlopen, one symbol, and the tables a host would lend.
#include "plugins/support/plugin_file.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numbers>
#include <sstream>

namespace widelimit::plugin_tests {
namespace {

/// A 64-bit mixing function (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

widelimit_status normals(void*, std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                         std::uint64_t n, double* out) {
  const auto uniform = [&](std::uint64_t i) {
    return (static_cast<double>(mix(mix(seed ^ mix(stream)) + i) >> 11) + 0.5) * 0x1p-53;
  };
  for (std::uint64_t i = 0; i < n; ++i)
    out[i] = std::sqrt(-2 * std::log(uniform(2 * (first + i)))) *
             std::cos(2 * std::numbers::pi * uniform(2 * (first + i) + 1));
  return WIDELIMIT_OK;
}

widelimit_status parallel_for(void*, std::int64_t n, std::int64_t grain,
                              widelimit_status (*body)(void*, std::int64_t, std::int64_t),
                              void* arg) {
  const std::int64_t piece = std::max<std::int64_t>(grain, (n + 2) / 3);
  for (std::int64_t begin = 0; begin < n; begin += piece)
    if (const auto status = body(arg, begin, std::min(n, begin + piece)); status != WIDELIMIT_OK)
      return status;
  return WIDELIMIT_OK;
}

widelimit_host make_host() {
  widelimit_host table{};
  table.struct_size = sizeof table;
  table.abi_minor = WIDELIMIT_ABI_MINOR;
  table.name = "tests";
  table.version = "0";
  table.log = [](void*, std::int32_t, const char*, const char*) {};
  table.alloc = [](void*, std::uint64_t bytes) {
    return std::aligned_alloc(64, (bytes + 63) / 64 * 64);
  };
  table.release = [](void*, void* p) { std::free(p); };
  table.parallel_for = parallel_for;
  table.normals = normals;
  table.cancelled = [](void*) { return 0; };
  table.extension = [](void*, const char*) -> const void* { return nullptr; };
  return table;
}

std::string to_json(const Parameters& parameters) {
  std::ostringstream text;
  text.precision(17);
  const char* separator = "{";
  for (const auto& [name, value] : parameters) {
    text << separator << '"' << name << "\":";
    if (const auto* number = std::get_if<double>(&value))
      text << *number;
    else if (const auto* truth = std::get_if<bool>(&value))
      text << (*truth ? "true" : "false");
    else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      for (std::size_t i = 0; i < list->size(); ++i) text << (i == 0 ? "[" : ",") << (*list)[i];
      text << (list->empty() ? "[]" : "]");
    } else
      text << '"' << std::get<std::string>(value) << '"';
    separator = ",";
  }
  return parameters.empty() ? "{}" : text.str() + "}";
}

template <class Types>
auto& find_type(const Types* const* types, std::uint32_t count, const std::string& name) {
  for (std::uint32_t i = 0; i < count; ++i)
    if (types[i]->info->name == name) return *types[i];
  throw std::runtime_error("the plugin has no type " + name);
}

}  // namespace

struct ParamsGetters {
  /// "/name", or "/name/3" of a list of numbers.
  template <class T>
  static const T* find(const void* ctx, const char* pointer) {
    const auto& parameters = static_cast<const ParamsTable*>(ctx)->parameters_;
    const std::string path = pointer[0] == '/' ? pointer + 1 : pointer;
    const auto slash = path.find('/');
    const auto at = parameters.find(path.substr(0, slash));
    if (at == parameters.end()) return nullptr;
    if constexpr (std::is_same_v<T, double>)
      if (const auto* list = std::get_if<std::vector<double>>(&at->second)) {
        if (slash == std::string::npos) return nullptr;
        const std::size_t i = std::stoul(path.substr(slash + 1));
        return i < list->size() ? list->data() + i : nullptr;
      }
    return std::get_if<T>(&at->second);
  }
  static widelimit_status number(const void* ctx, const char* pointer, double* out) {
    const auto* value = find<double>(ctx, pointer);
    if (value == nullptr) return WIDELIMIT_E_PARAMS;
    *out = *value;
    return WIDELIMIT_OK;
  }
  static widelimit_status integer(const void* ctx, const char* pointer, std::int64_t* out) {
    const auto* value = find<double>(ctx, pointer);
    if (value == nullptr || *value != std::floor(*value)) return WIDELIMIT_E_PARAMS;
    *out = static_cast<std::int64_t>(*value);
    return WIDELIMIT_OK;
  }
  static widelimit_status boolean(const void* ctx, const char* pointer, std::int32_t* out) {
    const auto* value = find<bool>(ctx, pointer);
    if (value == nullptr) return WIDELIMIT_E_PARAMS;
    *out = *value ? 1 : 0;
    return WIDELIMIT_OK;
  }
  static widelimit_status string(const void* ctx, const char* pointer, const char** out,
                                 std::uint64_t* length) {
    const auto* value = find<std::string>(ctx, pointer);
    if (value == nullptr) return WIDELIMIT_E_PARAMS;
    *out = value->c_str();
    *length = value->size();
    return WIDELIMIT_OK;
  }
  static widelimit_status length(const void* ctx, const char* pointer, std::uint64_t* out) {
    if (*pointer == '\0') {
      *out = static_cast<const ParamsTable*>(ctx)->parameters_.size();
      return WIDELIMIT_OK;
    }
    const auto* list = find<std::vector<double>>(ctx, pointer);
    if (list == nullptr) return WIDELIMIT_E_PARAMS;
    *out = list->size();
    return WIDELIMIT_OK;
  }
  static const char* json(const void* ctx, std::uint64_t* length) {
    const auto& text = static_cast<const ParamsTable*>(ctx)->json_;
    *length = text.size();
    return text.c_str();
  }
};

ParamsTable::ParamsTable(Parameters parameters)
    : parameters_(std::move(parameters)), json_(to_json(parameters_)) {
  table_ = {sizeof table_,          this,
            ParamsGetters::number,  ParamsGetters::integer,
            ParamsGetters::boolean, ParamsGetters::string,
            ParamsGetters::length,  ParamsGetters::json};
}

Refusal::Refusal(widelimit_status s, const widelimit_error& error)
    : std::runtime_error(error.message), status(s), index(error.index), pointer(error.pointer) {}

const widelimit_host& host() {
  static const widelimit_host table = make_host();
  return table;
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> sets{"baseline"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    sets.emplace_back("avx2");
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    sets.emplace_back("avx512");
  return sets;
}

Library::Library(const std::string& name, const std::string& isa) {
  namespace fs = std::filesystem;
  const fs::path original = fs::path(WIDELIMIT_TEST_PLUGINS) / (name + ".so");
  fs::path file = original;
  if (!isa.empty()) {
    // A file of another name is another library, with a choice of its own.
    std::string pattern = (fs::temp_directory_path() / "widelimit-test-XXXXXX").string();
    const int descriptor = mkstemp(pattern.data());
    if (descriptor < 0) throw std::runtime_error("no temporary file: " + pattern);
    fs::copy_file(original, pattern, fs::copy_options::overwrite_existing);
    file = pattern;
    setenv("WIDELIMIT_FORCE_ISA", isa.c_str(), 1);
  }
  handle_.reset(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL), [](void* handle) {
    if (handle != nullptr) dlclose(handle);
  });
  const char* const problem = handle_ ? nullptr : dlerror();
  if (handle_) {
    const auto entry = reinterpret_cast<const widelimit_plugin* (*)()>(
        dlsym(handle_.get(), WIDELIMIT_ENTRY_SYMBOL));
    if (entry != nullptr) plugin_ = entry();
  }
  if (!isa.empty()) {
    unsetenv("WIDELIMIT_FORCE_ISA");
    fs::remove(file);
  }
  if (plugin_ == nullptr)
    throw std::runtime_error(original.string() + ": " +
                             (problem != nullptr ? problem : "no entry, or it answered NULL"));
  if (plugin_->open != nullptr) call([&](widelimit_error* e) { return plugin_->open(&host(), e); });
}

const widelimit_layer_type& Library::layer(const std::string& type) const {
  return find_type(plugin_->layers, plugin_->n_layers, type);
}

const widelimit_solver_type& Library::solver(const std::string& type) const {
  return find_type(plugin_->solvers, plugin_->n_solvers, type);
}

widelimit_shape shape(std::int64_t channels, std::vector<std::int64_t> sites, std::uint32_t flags) {
  widelimit_shape s{};
  s.struct_size = sizeof s;
  s.flags = flags;
  s.channels = channels;
  s.n_spatial = static_cast<std::int32_t>(sites.size());
  sites.resize(4, 1);
  std::copy(sites.begin(), sites.end(), s.spatial);
  return s;
}

Layer::Layer(const Library& library, const std::string& type, Parameters parameters,
             std::vector<widelimit_shape> inputs)
    : library_(library), inputs_(std::move(inputs)) {
  const widelimit_layer_type& found = library.layer(type);
  widelimit_copy(&type_, sizeof type_, &found, found.struct_size);
  const ParamsTable params(std::move(parameters));
  widelimit_layer* created = nullptr;
  call([&](widelimit_error* e) { return type_.create(&host(), params.abi(), &created, e); });
  layer_ = {created, type_.destroy};

  for (const widelimit_shape& input : inputs_) input_pointers_.push_back(&input);
  output = inputs_.at(0);
  linear.struct_size = sizeof linear;
  linear.rank = output.n_spatial;
  linear.scale = 1;
  for (int axis = 0; axis < 4; ++axis)
    linear.window[axis] = linear.stride[axis] = linear.dilation[axis] = 1;
  widelimit_plan plan{};
  plan.struct_size = sizeof plan;
  plan.n_inputs = static_cast<std::uint32_t>(inputs_.size());
  plan.inputs = input_pointers_.data();
  plan.output = &output;
  plan.linear = &linear;
  call([&](widelimit_error* e) { return type_.plan(layer_.get(), &plan, e); });
  nature = plan.nature;
  traits = plan.traits;
  scratch_bytes = plan.scratch_bytes;
  flops_per_entry = plan.flops_per_entry;
}

}  // namespace widelimit::plugin_tests
