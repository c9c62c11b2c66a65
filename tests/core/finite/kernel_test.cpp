// Kernels of the infinite network against the finite one: averages over initialisations, within
// their standard errors.
#include "core/finite/networks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

struct Average {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  [[nodiscard]] double mean() const { return sum / count; }
  [[nodiscard]] double standard_error() const {
    return std::sqrt(std::max(squares / count - mean() * mean(), 0.0) / (count - 1));
  }
};

// Entries on and above the diagonal of both empirical kernels, averaged over seeds. NNGP: the
// outputs of one sample times those of another, averaged over outputs.
struct Empirical {
  std::vector<Average> nngp, ntk;
};
Empirical sample_kernels(const FiniteNetwork& net, const Matrix& x, int seeds) {
  const std::int64_t n = x.rows();
  Empirical e;
  e.nngp.resize(static_cast<std::size_t>(n * n));
  e.ntk.resize(static_cast<std::size_t>(n * n));
  for (int s = 0; s < seeds; ++s) {
    const std::vector<double> theta = net.init(static_cast<std::uint64_t>(s));
    const Matrix f = net.forward(theta, {x.clone()}), ntk = empirical_ntk(net, theta, x);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = i; j < n; ++j) {
        const auto at = static_cast<std::size_t>(i * n + j);
        e.nngp[at].add(dot(f.row(i).data(), f.row(j).data(), net.outputs()) /
                       static_cast<double>(net.outputs()));
        e.ntk[at].add(ntk(i, j));
      }
  }
  return e;
}

// Four standard errors, of which one in 16,000 is exceeded by chance, and what finite width costs,
// relative to sqrt(K_ii K_jj).
void compare(const std::vector<Average>& got, const Matrix& expected, double bias) {
  const std::int64_t n = expected.rows();
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = i; j < n; ++j) {
      const Average& a = got[static_cast<std::size_t>(i * n + j)];
      const double size = std::sqrt(expected(i, i) * expected(j, j));
      CAPTURE(i);
      CAPTURE(j);
      CHECK(std::abs(a.mean() - expected(i, j)) < 4 * a.standard_error() + bias * size);
      // The comparison would notice a tenth.
      CHECK(4 * a.standard_error() + bias * size < 0.1 * size);
    }
}

void check_kernels(const std::string& layers, int seeds, double bias) {
  CAPTURE(layers);
  const Runtime rt = make_runtime();
  const Matrix x = numbers(4, 3, 21);
  const Empirical e = sample_kernels(finite(rt, layers, 3), x, seeds);
  const PerKernel<Matrix> k =
      rt.network("{\"network\": " + layers + "}").kernels<double>({x.clone()});
  compare(e.nngp, k.nngp, bias);
  compare(e.ntk, k.ntk, bias);
}

}  // namespace

// With one hidden layer both kernels are exact averages at any width: hidden units are independent
// and weigh equally.
TEST_CASE("kernels of one hidden layer are averages over initialisations") {
  for (const char* const f : {"\"relu\"", "\"erf\"", "\"gelu\"", R"({"type": "sin", "c": 0.4})"})
    check_kernels(std::string(R"([{"type": "dense", "width": 64, "W_std": 1.5, "b_std": 0.2}, )") +
                      f + R"(, {"type": "dense", "width": 24, "W_std": 1.2, "b_std": 0.1}])",
                  400, 0);
}

TEST_CASE("kernels in standard parameterization are averages over initialisations") {
  check_kernels(R"([{"type": "dense", "width": 32, "W_std": 1.3, "b_std": 0.2,
                     "parameterization": "standard"}, "relu",
                    {"type": "dense", "width": 48, "W_std": 1.1, "b_std": 0,
                     "parameterization": "standard"}])",
                400, 0);
}

TEST_CASE("a frozen layer adds nothing to the tangent kernel") {
  check_kernels(R"([{"type": "dense", "width": 64, "trainable": false, "b_std": 0.3}, "erf",
                    {"type": "dense", "width": 64}])",
                400, 0);
}

TEST_CASE("kernels of branches are averages over initialisations") {
  // Two layers of random weights on top of each other: a bias of order 1 / width.
  check_kernels(R"([{"type": "dense", "width": 96, "W_std": 1.4},
                    {"type": "sum", "inputs": [[], ["relu", {"type": "dense", "width": 96}]]},
                    "erf", {"type": "dense", "width": 32, "b_std": 0.2}])",
                300, 3.0 / 96);
  check_kernels(R"([{"type": "concat", "inputs": [[{"type": "dense", "width": 96}, "erf"],
                                                  [{"type": "dense", "width": 32}, "relu"]]},
                    {"type": "dense", "width": 64}])",
                400, 0);
}
