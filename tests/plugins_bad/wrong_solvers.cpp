// Iterative solvers with one mistake each in what they do with the operator.
#include "conjugate_gradients.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;

struct Conjugate {
  static constexpr auto version = "1.0.0", doc = "conjugate gradients with a mistake";
  static constexpr auto params = std::tuple{};

  struct Factor {
    sdk::Operator a;
    sdk::Host host;

    template <class Product>
    void solve_with(const Product& product, double tolerance, sdk::MatrixView b,
                    sdk::SolveInfo& info) const {
      widelimit::test::conjugate_gradients(product, {}, tolerance, b, info, host);
    }
    [[nodiscard]] auto right() const {
      return [this](sdk::MatrixView x, sdk::MatrixView y) { a.apply(x, y); };
    }
  };
};

/// Multiplies by the first operator for ever.
struct KeepsOperator : Conjugate {
  static constexpr auto name = "keeps_operator";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      static const sdk::Operator first = a;
      solve_with([](sdk::MatrixView x, sdk::MatrixView y) { first.apply(x, y); }, 1e-12, b, info);
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

struct CountsNothing : Conjugate {
  static constexpr auto name = "counts_nothing";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo&) const {
      sdk::SolveInfo own;
      solve_with(right(), 1e-12, b, own);
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

/// Asks for the product in the memory of the vector.
struct InPlace : Conjugate {
  static constexpr auto name = "in_place";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      solve_with(
          [this](sdk::MatrixView x, sdk::MatrixView y) {
            for (std::int64_t i = 0; i < x.rows(); ++i)
              std::copy(x.row(i).begin(), x.row(i).end(), y.row(i).begin());
            a.apply(y, y);
          },
          1e-12, b, info);
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

/// Takes a product that failed for a product, and reports success.
struct GoesOn : Conjugate {
  static constexpr auto name = "goes_on";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      try {
        solve_with(right(), 1e-12, b, info);
      } catch (const sdk::Error&) {
        info.iterations = 1;
      }
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

/// Stops too early, and says that the solution is exact.
struct GivesUp : Conjugate {
  static constexpr auto name = "gives_up";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      solve_with(right(), 0.1, b, info);
      info.residual = 0;
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

/// Divides zero by zero at the end.
struct GivesNan : Conjugate {
  static constexpr auto name = "gives_nan";
  struct Factor : Conjugate::Factor {
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      solve_with(right(), 1e-12, b, info);
      for (std::int64_t i = 0; i < b.rows(); ++i)
        std::fill(b.row(i).begin(), b.row(i).end(), std::numeric_limits<double>::quiet_NaN());
    }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {{a, host}};
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_solvers", "1.0.0", KeepsOperator, CountsNothing, InPlace,
                 GoesOn, GivesUp, GivesNan)
