// See networks.hpp.
#include "core/finite/networks.hpp"

#include <cmath>
#include <cstddef>
#include <string>

using namespace widelimit;

Runtime make_runtime(int threads) {
  RuntimeOptions o;
  o.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  o.use_environment = o.use_install = false;
  o.threads = threads;
  return Runtime(std::move(o));
}

FiniteNetwork finite(const Runtime& runtime, std::string_view layers, std::int64_t channels) {
  return {runtime.network("{\"network\": " + std::string(layers) + "}"), {{}, channels}};
}

Matrix numbers(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  Matrix m(rows, cols);
  // A linear congruential generator (Knuth's MMIX constants), its high bits on (-1.7, 1.7): mean 0,
  // variance about 1.
  std::uint64_t state = seed * 2862933555777941757u + 3037000493u;
  for (double& v : m.flat()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    v = (static_cast<double>(state >> 11) / 9007199254740992.0 - 0.5) * 3.4641;
  }
  return m;
}

double dot(const double* a, const double* b, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

double norm(const double* a, std::int64_t n) { return std::sqrt(dot(a, a, n)); }

Matrix empirical_ntk(const FiniteNetwork& network, const std::vector<double>& theta,
                     const Matrix& x) {
  const std::int64_t n = x.rows(), outputs = network.outputs(), p = network.parameter_count();
  Matrix jacobian(n * outputs, p);
  for (std::int64_t i = 0; i < n; ++i) {
    Matrix one(1, x.cols());
    std::copy(x.row(i).begin(), x.row(i).end(), one.data());
    const Samples sample(std::move(one));
    for (std::int64_t o = 0; o < outputs; ++o) {
      Matrix y_bar(1, outputs);
      y_bar(0, o) = 1;
      const std::vector<double> row = network.vjp(theta, sample, y_bar);
      std::copy(row.begin(), row.end(), jacobian.row(i * outputs + o).data());
    }
  }
  Matrix kernel(n, n);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t o = 0; o < outputs; ++o)
        kernel(i, j) +=
            dot(jacobian.row(i * outputs + o).data(), jacobian.row(j * outputs + o).data(), p) /
            static_cast<double>(outputs);
  return kernel;
}
