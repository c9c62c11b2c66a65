// A solver with the operator form alone: nothing but products with the kernel.
#include "conjugate_gradients.hpp"

#include <vector>

namespace {

namespace sdk = widelimit::sdk;

struct ConjugateGradients {
  static constexpr auto name = "cg", version = "1.0.0",
                        summary = "conjugate gradients, preconditioned by the diagonal",
                        doc = "Hestenes and Stiefel 1952, for all right-hand sides at once.";

  double tolerance = 1e-12;
  static constexpr auto params =
      std::tuple{sdk::field("tolerance", &ConjugateGradients::tolerance,
                            "of the residual, relative to b", sdk::positive)};

  struct Factor {
    const sdk::Operator& a;
    sdk::Host host;
    double tolerance;
    std::vector<double> diagonal;

    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      widelimit::test::conjugate_gradients(
          [this](sdk::MatrixView x, sdk::MatrixView y) { a.apply(x, y); }, diagonal, tolerance, b,
          info, host);
    }
  };

  [[nodiscard]] Factor factorise(const sdk::Operator& a, sdk::SolveInfo&,
                                 const sdk::Host& host) const {
    Factor factor{a, host, tolerance, {}};
    if (a.has_diagonal()) {
      factor.diagonal.resize(static_cast<std::size_t>(a.size()));
      a.diagonal(factor.diagonal);
      for (std::size_t i = 0; i < factor.diagonal.size(); ++i)
        if (!(factor.diagonal[i] > 0))
          throw sdk::not_positive_definite(static_cast<std::int64_t>(i) + 1);
    }
    return factor;
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.iterative", "1.0.0", ConjugateGradients)
