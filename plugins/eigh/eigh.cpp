// eigh: all eigenpairs of a symmetric matrix, and what follows from them.
#include "decomposition.hpp"

#include <widelimit/sdk/solver.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct Eigh {
  static constexpr auto name = "eigh", version = "1.0.0",
                        summary = "symmetric matrices, by their eigenvalues and eigenvectors";
  static constexpr auto doc =
      R"(A = V' diag(w) V by LAPACK, about 9 n^3 operations: up to n = 32766 dsyevd (divide and
conquer, needs 2 n^2 numbers in addition to A), above that dsyevr. Solutions and log-determinants
need positive eigenvalues. Reports the ratio of the smallest eigenvalue to the largest: the exact
reciprocal condition number in the 2-norm. (The one in the 1-norm is between this ratio and this
ratio divided by n.))";

  enum class Algorithm { choose, divide_and_conquer, robust };

  Algorithm algorithm = Algorithm::choose;
  static constexpr auto params = std::tuple{sdk::field(
      "algorithm", &Eigh::algorithm,
      "auto: syevd up to n = 32766, the limit of 32-bit LAPACK, and syevr above; syevr needs less "
      "memory if the eigenvectors have memory of their own",
      sdk::one_of("auto", "syevd", "syevr"))};

  struct Factor {
    widelimit::plugins::EigenFactor own;
    sdk::Host host;

    void solve(sdk::MatrixView b, sdk::SolveInfo&) const { own.solve(b, host); }
    [[nodiscard]] double logdet() const { return own.logdet(); }
  };

  [[nodiscard]] Factor factorise(sdk::MatrixView a, sdk::SolveInfo& info,
                                 const sdk::Host& host) const {
    Factor factor{widelimit::plugins::EigenFactor(a, is_robust(a), host), host};
    info.rcond = factor.own.reciprocal_condition();
    return factor;
  }
  void eigen(sdk::MatrixView a, std::span<double> values, sdk::MatrixView vectors,
             const sdk::Host& host) const {
    // Without vectors the workspace is small, whatever the order.
    const bool robust = vectors.empty() ? algorithm == Algorithm::robust : is_robust(a);
    widelimit::plugins::decompose(a, values.data(), vectors, robust, host);
  }

 private:
  [[nodiscard]] bool is_robust(const sdk::MatrixView& a) const {
    return algorithm == Algorithm::robust ||
           (algorithm == Algorithm::choose && a.rows() > widelimit::plugins::largest_for_syevd);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.eigh", "0.1.0", Eigh)
