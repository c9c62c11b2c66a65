// XXH3 of 64 bits (xxHash by Yann Collet, compiled in from its header) over an unambiguous
// serialisation: every list and every text is preceded by its length.
#include "fingerprint.hpp"

#include "common/sizes.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace widelimit::experiment {
namespace {

class Hash {
 public:
  Hash() { XXH3_64bits_reset(&state_); }
  void bytes(const void* data, std::size_t count) { XXH3_64bits_update(&state_, data, count); }
  void number(std::int64_t value) { bytes(&value, sizeof value); }
  void text(std::string_view text) {
    number(static_cast<std::int64_t>(text.size()));
    bytes(text.data(), text.size());
  }
  [[nodiscard]] std::string hex() const {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits_digest(&state_)));
    return digits.data();
  }

 private:
  XXH3_state_t state_;
};

void add(Hash& hash, const NetworkSpec& layers, const Catalogue& catalogue) {
  hash.number(static_cast<std::int64_t>(layers.size()));
  for (const LayerSpec& layer : layers) {
    const TypeInfo* type = catalogue.find(TypeKind::layer, layer.type);
    hash.text(type ? type->qualified : layer.type);
    hash.text(type ? type->version : "");
    hash.text(layer.params);
    hash.number(static_cast<std::int64_t>(layer.inputs.size()));
    for (const NetworkSpec& input : layer.inputs) add(hash, input, catalogue);
  }
}

// The first `count` samples.
void add(Hash& hash, const Samples& x, std::int64_t count) {
  hash.number(count);
  hash.number(x.shape().channels);
  hash.number(static_cast<std::int64_t>(x.shape().sites.size()));
  for (const std::int64_t site : x.shape().sites) hash.number(site);
  const bool f64 = x.precision() == Precision::float64;
  const auto entries = to_size(count * x.features());
  if (f64)
    hash.bytes(x.f64().data(), entries * sizeof(double));
  else
    hash.bytes(x.f32().data(), entries * sizeof(float));
}

std::string samples_text(const Samples& x, std::int64_t count) {
  Hash hash;
  add(hash, x, count);
  return std::to_string(count) + ", fingerprint " + hash.hex();
}

// "layer 3", and inside branches "layer 3, input 2, layer 1".
void add_layers(const NetworkSpec& layers, const Catalogue& catalogue, const std::string& inside,
                StoreOrigin& parts) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSpec& layer = layers[i];
    const TypeInfo* type = catalogue.find(TypeKind::layer, layer.type);
    const std::string name = inside + "layer " + std::to_string(i + 1);
    parts.push_back(
        {name, (type ? type->qualified + " " + type->version : layer.type) + " " + layer.params});
    for (std::size_t k = 0; k < layer.inputs.size(); ++k)
      add_layers(layer.inputs[k], catalogue, name + ", input " + std::to_string(k + 1) + ", ",
                 parts);
  }
}

}  // namespace

std::string fingerprint(const KernelInputs& inputs) {
  Hash hash;
  hash.text(inputs.precision == Precision::float64 ? "float64" : "float32");
  add(hash, inputs.network.spec(), inputs.catalogue);
  const TrainTest& data = inputs.data;
  add(hash, data.train.x, data.train.x.count());
  hash.number(data.test ? 1 : 0);
  if (data.test) add(hash, data.test->x, data.test->x.count());
  return hash.hex();
}

StoreOrigin block_origin(const KernelInputs& inputs, const Samples& rows, std::int64_t n_rows,
                         const Samples* cols, std::int64_t n_cols) {
  StoreOrigin parts;
  add_layers(inputs.network.spec(), inputs.catalogue, "", parts);
  parts.push_back({"samples of the rows", samples_text(rows, n_rows)});
  if (cols) parts.push_back({"samples of the columns", samples_text(*cols, n_cols)});
  return parts;
}

}  // namespace widelimit::experiment
