// eigh: all eigenpairs of a symmetric matrix, and what follows from them.
#include "decomposition.hpp"

#include <widelimit/sdk/solver.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct Eigh {
  static constexpr auto name = "eigh", version = "1.0.0",
                        summary = "symmetric matrices, by their eigenvalues and eigenvectors";
  static constexpr auto doc =
      R"(A = V' diag(w) V by LAPACK, about 9 n^3 operations: dsyevd (divide and conquer, needs 2
n^2 numbers beside A), above n = 32766 dsyevr. Solves and log-determinants by the eigenvalues,
which must be positive. Reports the ratio of the smallest to the largest as the reciprocal
condition number, which is exact and in the 2-norm (in the 1-norm it is between that and its n-th
part).)";

  enum class Algorithm { choose, divide_and_conquer, robust };

  Algorithm algorithm = Algorithm::choose;
  static constexpr auto params = std::tuple{sdk::field(
      "algorithm", &Eigh::algorithm,
      "auto: the first as far as 32-bit LAPACK goes; the second needs less memory where the "
      "vectors have a place of their own",
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
