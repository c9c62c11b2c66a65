// Inputs are pairs of Gaussian channels with a given covariance; so are the tangents for the NTK,
// independent of them. The products of a layer's outputs, averaged over channels and repeats, tend
// to the kernel: a law of large numbers, with the repeats' spread as its error.
#include "monte_carlo.hpp"

#include "common/sizes.hpp"
#include "kernel.hpp"

#include <cmath>

namespace widelimit::conformance {
namespace {

constexpr double a = 1.3, b = 0.7;
constexpr double covariance_of_input(std::size_t i) { return i == 0 ? -0.4 : 0.5; }
constexpr double tangent_of_input(std::size_t i) { return i == 0 ? 0.6 : 0.3; }

struct Mean {
  double sum = 0, squares = 0;
  int n = 0;
  void add(double v) {
    sum += v;
    squares += v * v;
    ++n;
  }
  [[nodiscard]] double value() const { return sum / n; }
  [[nodiscard]] double error() const {
    return std::sqrt(std::max(0.0, squares / n - value() * value()) / (n - 1));
  }
};

/// Two samples whose channels are pairs with E[u^2] = p, E[u v] = k, E[v^2] = q.
std::vector<double> two_samples(Random& random, std::int64_t channels, double p, double k,
                                double q) {
  std::vector<double> x(to_size(2 * channels));
  for (std::int64_t c = 0; c < channels; ++c) {
    const double u = random.normal(), v = random.normal();
    x[to_size(c)] = std::sqrt(p) * u;
    x[to_size(channels + c)] = k / std::sqrt(p) * u + std::sqrt(q - k * k / p) * v;
  }
  return x;
}

double product_of_samples(const std::vector<double>& y) {
  const std::size_t channels = y.size() / 2;
  double sum = 0;
  for (std::size_t c = 0; c < channels; ++c) sum += y[c] * y[channels + c];
  return sum / static_cast<double>(channels);
}

/// The kernel of the infinite layer for the pair; of linear layers from their map.
Transformed infinite_kernel(const Subject& s, const std::vector<double>& covariance,
                            const std::vector<double>& tangent) {
  if (s.plan.nature == WIDELIMIT_LINEAR) {
    const widelimit_linear& m = s.plan.linear;
    return {{},
            {m.scale * covariance[0] + m.bias},
            {m.ntk_nngp * covariance[0] + m.scale * tangent[0] + m.ntk_bias},
            {}};
  }
  Pairs pairs{1, 16, {}, {}, std::vector<double>(16, a), std::vector<double>(16, b)};
  for (std::size_t i = 0; i < covariance.size(); ++i) {
    pairs.nngp.emplace_back(16, covariance[i]);
    pairs.ntk.emplace_back(16, tangent[i]);
  }
  return transform(s, pairs, {});
}

/// The same layer on wide inputs, where it is no matter how many channels there are.
Subject widened(Context& context, const Subject& s, std::int64_t channels) {
  Subject wide;
  wide.type = s.type;
  wide.json = s.json;
  wide.params = std::make_unique<Params>(wide.json);
  wide.object = create_layer(context.host(), *s.type, wide.params->abi()).object;
  wide.shapes.assign(s.shapes.size(), gaussian_shape(channels));
  wide.plan = plan(*wide.type, wide.object.get(), wide.shapes);
  return wide;
}

Comparison compare(Context& context, const Subject& s, bool tangents) {
  context.set_activity("sampling the finite layer of " + s.text());
  // With weights every repeat draws new ones; without, wide inputs average more at once.
  const bool weights = Batch(s, 2).theta_size() > 0;
  const Subject wide = weights ? Subject{} : widened(context, s, 1024);
  const Subject& subject = weights ? s : wide;
  const Batch batch(subject, 2);
  const int repeats = weights ? 4000 : 300;
  std::vector<double> covariance, tangent;
  for (std::size_t i = 0; i < s.shapes.size(); ++i) {
    covariance.push_back(covariance_of_input(i));
    tangent.push_back(tangent_of_input(i));
  }
  const Transformed computed = infinite_kernel(subject, covariance, tangent);
  if (!computed.answer.ok()) return {0, 0, 0, computed.answer.text()};
  Random random = context.random(17);
  Mean mean;
  for (int r = 0; r < repeats; ++r) {
    if (r % 100 == 0) context.set_activity("sampling the finite layer of " + s.text());
    Batch::Vectors x, x_dot;
    for (std::size_t i = 0; i < covariance.size(); ++i) {
      const std::int64_t channels = subject.shapes[i].channels;
      x.push_back(two_samples(random, channels, a, covariance[i], b));
      x_dot.push_back(two_samples(random, channels, 1, tangent[i], 1));
    }
    const Batch::Vector theta = batch.init(random.bits());
    if (!tangents) {
      mean.add(product_of_samples(batch.forward(theta, x)));
      continue;
    }
    double value = product_of_samples(batch.jvp(theta, {}, x, x_dot));
    if (weights) {
      // One output's gradients with respect to the weights, sample by sample.
      Batch::Vector gradient[2];
      for (std::size_t sample = 0; sample < 2; ++sample) {
        Batch::Vector y_bar(to_size(batch.out_size()), 0.0);
        y_bar[sample * (y_bar.size() / 2)] = 1;
        gradient[sample].assign(theta.size(), 0.0);
        batch.vjp(theta, x, y_bar, &gradient[sample], nullptr);
      }
      for (std::size_t i = 0; i < theta.size(); ++i) value += gradient[0][i] * gradient[1][i];
    }
    mean.add(value);
  }
  return {tangents ? computed.ntk[0] : computed.nngp[0], mean.value(), mean.error(), {}};
}

}  // namespace

Comparison nngp_by_monte_carlo(Context& context, const Subject& subject) {
  return compare(context, subject, false);
}
Comparison ntk_by_monte_carlo(Context& context, const Subject& subject) {
  return compare(context, subject, true);
}

}  // namespace widelimit::conformance
