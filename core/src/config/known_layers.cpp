// What to use in place of a layer that has no kernel in closed form, or that goes by another name.
#include "config/known_layers.hpp"

#include "text/quoting.hpp"

#include <array>

namespace widelimit::detail {

namespace {

struct Entry {
  std::string_view name;
  KnownLayer layer;
};

constexpr std::string_view same_layer = {};
constexpr std::string_view by_plugin =
    "a plugin can have the function itself and compute its kernels numerically (README, \"Your "
    "first layer\")";
constexpr std::string_view largest =
    "the infinite-width limit has no maximum over several numbers, because the covariance of two "
    "maxima depends on all of these numbers together and has no closed form";
constexpr std::string_view mixes_channels =
    "the infinite-width limit has no such layer, because it divides by a sum over the outputs, "
    "which are independent in the limit. Leave it out and give classes as targets with the step "
    "one_hot: the results have the probabilities of the classes";
constexpr std::string_view statistics =
    "the limit has no statistics of a batch, which make a sample depend on all others";
constexpr std::string_view recurrent = "no layer shares its weights over time";
constexpr std::string_view table = "give its vectors as the samples";

// The difference of two functions is the largest over all real numbers.
constexpr std::array known{
    Entry{"tanh", {"erf", R"({"type": "erf", "b": 0.833} differs from tanh by 0.02 at most)"}},
    Entry{"hardtanh", {"erf", by_plugin}},
    Entry{"softsign", {"erf", by_plugin}},
    Entry{"sigmoid", {"sigmoid_like", "it differs from the sigmoid by 0.01 at most"}},
    Entry{"logistic", {"sigmoid_like", "it differs from the sigmoid by 0.01 at most"}},
    Entry{"hardsigmoid", {"sigmoid_like", by_plugin}},
    Entry{"silu", {"gelu", by_plugin}},
    Entry{"swish", {"gelu", by_plugin}},
    Entry{"mish", {"gelu", by_plugin}},
    Entry{"softplus", {"gelu", by_plugin}},
    Entry{"elu", {"leaky_relu", by_plugin}},
    Entry{"selu", {"leaky_relu", by_plugin}},
    Entry{"celu", {"leaky_relu", by_plugin}},
    Entry{"prelu", {"leaky_relu", "its slope alpha is fixed, and not learned"}},
    Entry{"relu6", {"relu", by_plugin}},
    Entry{"heaviside", {"sign", "the step function is sign(x) / 2 + 1/2"}},
    Entry{"softmax", {{}, mixes_channels}},
    Entry{"logsoftmax", {{}, mixes_channels}},
    Entry{"maxpool", {"avg_pool", largest}},
    Entry{"maxpooling", {"avg_pool", largest}},
    Entry{"globalmaxpool", {"global_avg_pool", largest}},
    Entry{"maxout", {"relu", largest}},
    Entry{"batchnorm", {"layer_norm", statistics}},
    Entry{"batchnormalization", {"layer_norm", statistics}},
    Entry{"groupnorm", {"layer_norm", "it takes mean and variance over all channels"}},
    Entry{"instancenorm", {"layer_norm", "it takes mean and variance over all channels"}},
    Entry{"rmsnorm", {"layer_norm", "it subtracts the mean as well"}},
    Entry{"dropout",
          {{},
           "at infinite width its noise enlarges the variance of each sample alone, as diag_reg "
           "does: leave it out and choose diag_reg"}},
    Entry{"linear", {"dense", same_layer}},
    Entry{"fc", {"dense", same_layer}},
    Entry{"fullyconnected", {"dense", same_layer}},
    Entry{"conv", {"conv", same_layer}},
    Entry{"convolution", {"conv", same_layer}},
    Entry{"avgpool", {"avg_pool", same_layer}},
    Entry{"averagepool", {"avg_pool", same_layer}},
    Entry{"averagepooling", {"avg_pool", same_layer}},
    Entry{"globalaveragepooling", {"global_avg_pool", same_layer}},
    Entry{"add", {"sum", same_layer}},
    Entry{"fanin", {"sum", same_layer}},
    Entry{"residual", {"sum", R"(as in {"type": "sum", "inputs": [[], ["relu", "dense"]]})"}},
    Entry{"skip", {"sum", R"(as in {"type": "sum", "inputs": [[], ["relu", "dense"]]})"}},
    Entry{"concatenate", {"concat", same_layer}},
    Entry{"multiply", {"product", same_layer}},
    Entry{"attention", {{}, "no layer computes its weights from activations"}},
    Entry{"multiheadattention", {{}, "no layer computes its weights from activations"}},
    Entry{"rnn", {{}, recurrent}},
    Entry{"lstm", {{}, recurrent}},
    Entry{"gru", {{}, recurrent}},
    Entry{"embedding", {{}, table}},
};

}  // namespace

const KnownLayer* known_layer(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (plain.size() > 2 && plain.back() == 'd' && plain[plain.size() - 2] >= '1' &&
      plain[plain.size() - 2] <= '4')
    plain.resize(plain.size() - 2);
  for (const Entry& entry : known)
    if (entry.name == plain) return &entry.layer;
  return nullptr;
}

std::string advice(const KnownLayer& layer) {
  if (layer.nearest.empty()) return "; " + std::string(layer.words);
  if (layer.words.empty()) return "; here it is called " + in_quotes(layer.nearest);
  return "; " + in_quotes(layer.nearest) + " comes nearest: " + std::string(layer.words);
}

}  // namespace widelimit::detail
