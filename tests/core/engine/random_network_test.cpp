// Random networks with branches against the naive formulas: buffers, folded maps, in-place writes.
#include "core/engine/static_layers.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace widelimit;
using namespace widelimit::test;

namespace {

// Layers that obey the rules of independence and Gaussian inputs; `gaussian` says what comes in
// and, after the call, what goes out.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::vector<Layer> chain(int length, int depth, bool& gaussian) {
    std::vector<Layer> layers;
    for (int i = 0; i < length; ++i) {
      const auto pick = random_() % 10;
      if (pick < 3 && gaussian) {
        // Few squares and products: a dozen in a row overflow.
        const bool squared = powers_ < 4 && random_() % 2 == 0;
        powers_ += squared ? 1 : 0;
        layers.push_back(squared ? square() : relu());
        gaussian = false;
      } else if (pick < 5 && depth < 3) {
        const bool is_sum = random_() % 2 == 0 || powers_ >= 4;
        powers_ += is_sum ? 0 : 1;
        Branches branches;
        for (auto b = 0U, n = random_() % 2 == 0 ? 2U : 3U; b < n; ++b) {
          bool inside = gaussian;
          std::vector<Layer> branch;
          // The first may be a shortcut; others have weights of their own.
          if (b > 0 || (is_sum && !gaussian)) {
            branch.push_back(weights());
            inside = true;
          }
          for (Layer& l : chain(static_cast<int>(random_() % 4), depth + 1, inside))
            branch.push_back(std::move(l));
          if (is_sum && !inside) branch.push_back(weights());
          branches.push_back(std::move(branch));
        }
        layers.push_back(is_sum ? sum(std::move(branches)) : product(std::move(branches)));
        gaussian = is_sum;
      } else if (pick < 7) {
        layers.push_back(identity());
      } else {
        layers.push_back(weights());
        gaussian = true;
      }
    }
    return layers;
  }

 private:
  Layer weights() {
    const auto number = [&] { return 0.3 + static_cast<double>(random_() % 1000) / 1500; };
    // In a list, evaluated in one order by every compiler.
    const double n[] = {number(), number(), number(), number()};
    return random_() % 2 == 0 ? dense(n[0], n[1]) : dense({n[0], n[1] - 0.3, n[2], n[3]});
  }

  std::mt19937 random_;
  int powers_ = 0;
};

}  // namespace

TEST_CASE("300 random networks agree with the naive formulas") {
  const Matrix x = random_matrix(6, 5, 30);
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    bool gaussian = false;
    std::vector<Layer> layers = Generator(seed).chain(2 + static_cast<int>(seed % 7), 0, gaussian);
    const PerKernel<Matrix> k = network(layers).kernels<double>(Samples(x.clone()));
    const PerKernel<Matrix> alone =
        network(layers).kernels<double>(Samples(x.clone()), {}, {.nngp = true, .ntk = false});
    const auto pair = [&](std::int64_t i, std::int64_t j) {
      NaivePair p;
      for (std::int64_t c = 0; c < 5; ++c) {
        p.k += static_cast<long double>(x(i, c)) * x(j, c) / 5;
        p.a += static_cast<long double>(x(i, c)) * x(i, c) / 5;
        p.b += static_cast<long double>(x(j, c)) * x(j, c) / 5;
      }
      return naive(layers, p);
    };
    for (std::int64_t i = 0; i < 6; ++i)
      for (std::int64_t j = 0; j < 6; ++j) {
        const NaivePair p = pair(i, j), ii = pair(i, i), jj = pair(j, j);
        const double scale = std::sqrt(std::abs(static_cast<double>(ii.k * jj.k)));
        const double scale_ntk = std::sqrt(std::abs(static_cast<double>(ii.theta * jj.theta)));
        // Products of branches multiply relative errors of their factors; 1e-12 is 4500 eps.
        CHECK(std::abs(k.nngp(i, j) - static_cast<double>(p.k)) <= 1e-12 * scale);
        CHECK(std::abs(k.ntk(i, j) - static_cast<double>(p.theta)) <= 1e-12 * scale_ntk + 1e-300);
        CHECK(alone.nngp(i, j) == k.nngp(i, j));
      }
  }
}
