// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923), over an unambiguous serialisation: every piece is
// preceded by its length.
#include "fingerprint.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace widelimit::experiment {
namespace {

class Hash {
 public:
  void bytes(const void* data, std::size_t count) {
    const auto* p = static_cast<const unsigned char*>(data);
    std::uint64_t h = value_;
    for (std::size_t i = 0; i < count; ++i) h = (h ^ p[i]) * 0x100000001B3u;
    value_ = h;
  }
  void number(std::int64_t value) { bytes(&value, sizeof value); }
  void text(std::string_view text) {
    number(static_cast<std::int64_t>(text.size()));
    bytes(text.data(), text.size());
  }
  [[nodiscard]] std::string hex() const {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value_));
    return digits.data();
  }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325u;
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

void add(Hash& hash, const Samples& x) {
  hash.number(x.count());
  hash.number(x.channels());
  hash.number(static_cast<std::int64_t>(x.sites().size()));
  for (const std::int64_t site : x.sites()) hash.number(site);
  const bool f64 = x.precision() == Precision::float64;
  const auto entries = static_cast<std::size_t>(x.count() * x.features());
  if (f64)
    hash.bytes(x.f64().data(), entries * sizeof(double));
  else
    hash.bytes(x.f32().data(), entries * sizeof(float));
}

}  // namespace

std::string fingerprint(const Experiment& experiment, const Catalogue& catalogue,
                        const TrainTest& data) {
  Hash hash;
  hash.text(experiment.precision == Precision::float64 ? "float64" : "float32");
  add(hash, experiment.network, catalogue);
  add(hash, data.train.x);
  hash.number(data.test ? 1 : 0);
  if (data.test) add(hash, data.test->x);
  return hash.hex();
}

}  // namespace widelimit::experiment
