// An infinitely wide network, trained to convergence, learns the sine from five points.
#include <widelimit/widelimit.hpp>

#include <cmath>
#include <cstdio>

using namespace widelimit;

int main() try {
  const Runtime runtime;
  const Network net = runtime.network(
      R"([{"type": "dense", "W_std": 1.5, "b_std": 0.1}, {"type": "erf", "a": 1.5}, "dense"])");
  const Matrix x{{-2}, {-1}, {0}, {1}, {2}}, z{{-1.5}, {0.5}, {1}};
  Matrix y = x.clone();
  for (double& v : y.flat()) v = std::sin(v);

  const Factor k = runtime.solver(R"("cholesky")").factorise(net.ntk(x));
  const Matrix mean = net.ntk(z, x) * k.solve(y);
  for (int i = 0; i < 3; ++i) std::printf("f(%4.1f) = %.6f\n", z(i, 0), mean(i, 0));
} catch (const Error& e) {
  std::fprintf(stderr, "%s: %s\n", e.pointer().c_str(), e.what());
  return 1;
}
// prints: f(-1.5) = -0.905470
// prints: f( 0.5) = 0.599147
// prints: f( 1.0) = 0.841471
