// The smallest useful embedding: the prediction of an infinitely wide network, trained for ever.
#include <widelimit/widelimit.hpp>

#include <cmath>
#include <cstdio>

int main() try {
  const widelimit::Runtime rt;
  const widelimit::Network net = rt.network(R"({"network": [
      {"type": "dense", "W_std": 1.5, "b_std": 0.1},
      {"type": "erf", "a": 1.5},
      {"type": "dense"}]})");
  const widelimit::Solver solver = rt.solver(R"({"type": "cholesky"})");

  const widelimit::Samples x = widelimit::Matrix{{-2.0}, {-1.0}, {0.0}, {1.0}, {2.0}};
  widelimit::Matrix y(x.count(), 1);
  for (std::int64_t i = 0; i < x.count(); ++i) y(i, 0) = std::sin(x.at(i, 0));
  const widelimit::Samples z = widelimit::Matrix{{-1.5}, {0.5}, {1.0}};

  const widelimit::Factor k = solver.factorise(net.ntk(x));
  const widelimit::Matrix mean = net.ntk(z, x) * k.solve(y);
  for (std::int64_t i = 0; i < z.count(); ++i)
    std::printf("f(%4.1f) = %.6f\n", z.at(i, 0), mean(i, 0));
  std::printf("logdet %.6f\n", k.logdet());
} catch (const widelimit::Error& e) {
  std::fprintf(stderr, "%s: %s\n", e.pointer().c_str(), e.what());
  return 1;
}
