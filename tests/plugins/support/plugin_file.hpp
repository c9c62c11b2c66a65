// The plugins of this build, loaded the way a host of any language would: by their one symbol.
// Nothing of core takes part, so what fails here is the plugin's.
//
// Thread safety: a Library may be used by many threads once it is made; making one sets an
// environment variable for a moment.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace widelimit::plugin_tests {

/// Parameters by name, as a host hands them over after validation.
using Parameters =
    std::map<std::string, std::variant<double, bool, std::string, std::vector<double>>>;

/// What a plugin answered instead of WIDELIMIT_OK.
struct Refusal : std::runtime_error {
  widelimit_status status;
  std::int64_t index;
  std::string pointer;

  Refusal(widelimit_status s, const widelimit_error& error);
};

/// Calls f(widelimit_error*) and throws Refusal where it does not answer WIDELIMIT_OK.
template <class F>
void call(F f) {
  widelimit_error error{};
  error.struct_size = sizeof error;
  error.index = -1;
  if (const widelimit_status status = f(&error); status != WIDELIMIT_OK)
    throw Refusal(status, error);
}

/// Services for plugins: loops run in pieces on the caller's thread, normals are reproducible.
const widelimit_host& host();

/// The instruction sets that this processor runs, of those that plugins are compiled for:
/// "baseline" first.
std::vector<std::string> instruction_sets();

class Library {
 public:
  /// NAME.so of the build. With `isa`, a copy of its own of the file, bound to that instruction
  /// set.
  explicit Library(const std::string& name, const std::string& isa = {});

  [[nodiscard]] const widelimit_plugin& descriptor() const { return *plugin_; }
  [[nodiscard]] const widelimit_layer_type& layer(const std::string& type) const;
  [[nodiscard]] const widelimit_solver_type& solver(const std::string& type) const;

 private:
  std::shared_ptr<void> handle_;
  const widelimit_plugin* plugin_ = nullptr;
};

/// A widelimit_params over some Parameters, valid as long as this object is.
class ParamsTable {
 public:
  explicit ParamsTable(Parameters parameters);
  ParamsTable(const ParamsTable&) = delete;
  ParamsTable& operator=(const ParamsTable&) = delete;
  [[nodiscard]] const widelimit_params* abi() const { return &table_; }

 private:
  friend struct ParamsGetters;
  Parameters parameters_;
  std::string json_;
  widelimit_params table_{};
};

widelimit_shape shape(std::int64_t channels, std::vector<std::int64_t> sites = {},
                      std::uint32_t flags = WIDELIMIT_SHAPE_GAUSSIAN | WIDELIMIT_SHAPE_INDEPENDENT);

/// A layer at a place of a network: created, and planned for inputs of these shapes.
class Layer {
 public:
  Layer(const Library& library, const std::string& type, Parameters parameters = {},
        std::vector<widelimit_shape> inputs = {shape(6)});

  [[nodiscard]] const widelimit_layer* get() const { return layer_.get(); }
  [[nodiscard]] const widelimit_layer_type& type() const { return type_; }
  [[nodiscard]] const std::vector<widelimit_shape>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<const widelimit_shape*>& input_pointers() const {
    return input_pointers_;
  }

  // What plan answered.
  widelimit_shape output{};
  widelimit_linear linear{};
  std::int32_t nature = 0;
  std::uint64_t traits = 0;
  std::uint64_t scratch_bytes = 0;
  double flops_per_entry = 0;

 private:
  Library library_;
  widelimit_layer_type type_{};
  std::unique_ptr<widelimit_layer, void (*)(widelimit_layer*)> layer_{nullptr, nullptr};
  std::vector<widelimit_shape> inputs_;
  std::vector<const widelimit_shape*> input_pointers_;
};

}  // namespace widelimit::plugin_tests
