// cholesky: solves with a symmetric positive definite matrix by A = U' U.
#include "factor.hpp"
#include "packed_factor.hpp"

#include <widelimit/sdk/solver.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct Cholesky {
  static constexpr auto name = "cholesky", version = "1.0.0",
                        summary = "symmetric positive definite matrices, by A = U' U";
  static constexpr auto doc =
      R"(A = U' U by LAPACK, n^3/3 operations, in the memory of A; or, to save memory, on half of A
in rectangular full packed format. Large matrices are factorised in blocks of 1024 rows. Reports the reciprocal condition number in
the 1-norm (estimated: Higham 1988) and, for every solve, the backward error of the first
right-hand side, max |A x - b| / (|A| max |x|) in the infinity norm. If a matrix is not positive
definite, the error names the leading minor that is not positive.)";

  struct Factor {
    widelimit::plugins::CholeskyFactor own;

    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      if (b.rows() == 0 || b.cols() == 0) return;
      // Of one column, whatever their number: it costs less than that column's solve.
      std::vector<double> first;
      for (std::int64_t i = 0; i < b.rows(); ++i) first.push_back(b(i, 0));
      own.solve(b);
      info.residual = own.backward_error(b.data(), b.stride(), first);
    }
    [[nodiscard]] double logdet() const { return own.logdet(); }
  };

  [[nodiscard]] static Factor factorise(sdk::MatrixView a, sdk::SolveInfo& info,
                                        const sdk::Host& host) {
    Factor factor{widelimit::plugins::CholeskyFactor(a, host)};
    info.rcond = factor.own.reciprocal_condition();
    return factor;
  }

  struct PackedFactor {
    widelimit::plugins::PackedCholeskyFactor own;

    void solve(sdk::MatrixView b, sdk::SolveInfo&) const { own.solve(b); }
    [[nodiscard]] double logdet() const { return own.logdet(); }
  };

  // Nothing of A is left that a residual could be made from: who has A makes it.
  [[nodiscard]] static PackedFactor factorise(sdk::PackedMatrix a, sdk::SolveInfo& info,
                                              const sdk::Host& host) {
    PackedFactor factor{widelimit::plugins::PackedCholeskyFactor(a, host)};
    info.rcond = factor.own.reciprocal_condition();
    return factor;
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.cholesky", "0.1.0", Cholesky)
