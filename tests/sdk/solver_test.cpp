// Solvers through their C tables: factors of matrices and operators, eigenvalues, refusals.
#include "types.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::empty_error;
using widelimit::test::FakeParams;
using widelimit::test::solver_type;

/// Cholesky's algorithm as in the textbook, in the memory of the matrix.
struct Textbook {
  static constexpr auto name = "textbook", version = "1.0.0", doc = "A = L L'";
  double tolerance = 0;
  static constexpr auto params =
      std::tuple{sdk::field("tolerance", &Textbook::tolerance, "of pivots", sdk::non_negative)};

  struct Factor {
    sdk::MatrixView l;
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      for (std::int64_t c = 0; c < b.cols(); ++c) {
        for (std::int64_t i = 0; i < l.rows(); ++i) {
          for (std::int64_t j = 0; j < i; ++j) b(i, c) -= l(i, j) * b(j, c);
          b(i, c) /= l(i, i);
        }
        for (std::int64_t i = l.rows(); i-- > 0;) {
          for (std::int64_t j = i + 1; j < l.rows(); ++j) b(i, c) -= l(j, i) * b(j, c);
          b(i, c) /= l(i, i);
        }
      }
      info.residual = 0.125;
    }
    double logdet() const {
      double sum = 0;
      for (std::int64_t i = 0; i < l.rows(); ++i) sum += 2 * std::log(l(i, i));
      return sum;
    }
  };
  Factor factorise(sdk::MatrixView a, sdk::SolveInfo& info, const sdk::Host&) const {
    for (std::int64_t j = 0; j < a.rows(); ++j) {
      for (std::int64_t k = 0; k < j; ++k) a(j, j) -= a(j, k) * a(j, k);
      if (a(j, j) <= tolerance) throw sdk::not_positive_definite(j + 1);
      a(j, j) = std::sqrt(a(j, j));
      for (std::int64_t i = j + 1; i < a.rows(); ++i) {
        for (std::int64_t k = 0; k < j; ++k) a(i, j) -= a(i, k) * a(j, k);
        a(i, j) /= a(j, j);
      }
    }
    info.rcond = 0.5;
    return {a};
  }
};

/// Diagonal matrices, known by entries or by products; no log-determinant.
struct Diagonal {
  static constexpr auto name = "diagonal", version = "1.0.0", doc = "A = diag(d)";

  struct OfMatrix {
    std::vector<double> d;
    void solve(sdk::MatrixView b, sdk::SolveInfo&) const {
      for (std::int64_t i = 0; i < b.rows(); ++i)
        for (double& x : b.row(i)) x /= d[static_cast<std::size_t>(i)];
    }
  };
  struct OfOperator {
    OfMatrix own;
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      own.solve(b, info);
      info.iterations = 1;
    }
  };
  OfMatrix factorise(sdk::MatrixView a, sdk::SolveInfo&, const sdk::Host&) const {
    OfMatrix f;
    for (std::int64_t i = 0; i < a.rows(); ++i) f.d.push_back(a(i, i));
    return f;
  }
  OfOperator factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host&) const {
    std::vector<double> ones(static_cast<std::size_t>(a.size()), 1), d(ones.size());
    a.apply(sdk::MatrixView(ones.data(), a.size(), 1, 1),
            sdk::MatrixView(d.data(), a.size(), 1, 1));
    return {{d}};
  }
  void eigen(sdk::MatrixView a, std::span<double> values, sdk::MatrixView vectors,
             const sdk::Host&) const {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = a(static_cast<std::int64_t>(i), static_cast<std::int64_t>(i));
    std::sort(values.begin(), values.end());
    if (!vectors.empty()) vectors(0, 0) = 1;
  }
};

/// Known by its products alone; the factor keeps a reference to the operator, and the host.
struct ByProducts {
  static constexpr auto name = "by_products", version = "1.0.0", doc = "b becomes A b";

  struct Factor {
    const sdk::Operator& a;
    sdk::Host host;
    void solve(sdk::MatrixView b, sdk::SolveInfo& info) const {
      host.throw_if_cancelled();
      std::vector<double> x;
      for (std::int64_t i = 0; i < b.rows(); ++i) x.push_back(b(i, 0));
      a.apply(sdk::MatrixView(x.data(), a.size(), 1, 1), b);
      info.iterations = 5;
    }
    [[nodiscard]] double logdet() const { return 0.25; }
  };
  static Factor factorise(const sdk::Operator& a, sdk::SolveInfo&, const sdk::Host& host) {
    return {a, host};
  }
};

struct Solver {
  const widelimit_solver_type& type;
  widelimit_solver* object = nullptr;
  widelimit_error error = empty_error();
  widelimit_status status;

  explicit Solver(const widelimit_solver_type& t, const widelimit_params* params = nullptr)
      : type(t), status(t.create(nullptr, params, &object, &error)) {}
  ~Solver() {
    if (object != nullptr) type.destroy(object);
  }
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
};

widelimit_solve_info empty_info() {
  return {sizeof(widelimit_solve_info), 0, 0, std::nan(""), std::nan("")};
}

}  // namespace

TEST_CASE("a solver factorises, solves, and gives the log-determinant of a strided matrix") {
  Solver s(solver_type<Textbook>());
  REQUIRE(s.status == WIDELIMIT_OK);
  std::vector<double> a{4, 2, -1, 2, 5, -1};  // [[4, 2], [2, 5]] with stride 3
  widelimit_solve_info info = empty_info();
  widelimit_factor* factor = nullptr;
  REQUIRE(s.type.factorise(s.object, {a.data(), 2, 2, 3}, &factor, &info, &s.error) ==
          WIDELIMIT_OK);
  CHECK(info.rcond == 0.5);
  CHECK(std::isnan(info.residual));
  CHECK(a[2] == -1);
  double logdet = 0;
  REQUIRE(s.type.logdet(factor, &logdet, &s.error) == WIDELIMIT_OK);
  CHECK(logdet == doctest::Approx(std::log(16.0)));
  std::vector<double> b{8, 1, 12, 0};
  REQUIRE(s.type.solve(factor, {b.data(), 2, 2, 2}, &info, &s.error) == WIDELIMIT_OK);
  CHECK(info.residual == 0.125);
  CHECK(b[0] == doctest::Approx(1));
  CHECK(b[2] == doctest::Approx(2));
  CHECK(b[1] == doctest::Approx(5.0 / 16));
  CHECK(b[3] == doctest::Approx(-2.0 / 16));
  REQUIRE(s.type.solve(factor, {b.data(), 2, 2, 2}, nullptr, nullptr) == WIDELIMIT_OK);
  s.type.factor_destroy(factor);
}

TEST_CASE("a matrix that is not positive definite is reported with its leading minor") {
  Solver s(solver_type<Textbook>());
  std::vector<double> a{1, 2, 2, 1};
  widelimit_solve_info info = empty_info();
  widelimit_factor* factor = nullptr;
  CHECK(s.type.factorise(s.object, {a.data(), 2, 2, 2}, &factor, &info, &s.error) ==
        WIDELIMIT_E_NUMERIC);
  CHECK((factor == nullptr));
  CHECK(s.error.index == 2);
  CHECK(std::string(s.error.message).find("leading minor 2") != std::string::npos);
}

TEST_CASE("parameters of solvers are read and refused like those of layers") {
  const FakeParams params({{"/tolerance", -1.0}});
  const Solver s(solver_type<Textbook>(), params.abi());
  CHECK(s.status == WIDELIMIT_E_PARAMS);
  CHECK(std::string(s.error.pointer) == "/tolerance");
}

TEST_CASE("members that a solver does not offer are NULL") {
  CHECK((solver_type<Textbook>().factorise_operator == nullptr));
  CHECK((solver_type<Textbook>().eigen == nullptr));
  CHECK((solver_type<Textbook>().logdet != nullptr));
  CHECK((solver_type<Diagonal>().logdet == nullptr));
  CHECK((solver_type<Diagonal>().factorise_operator != nullptr));
}

TEST_CASE("a matrix known by its products has a factor of its own type") {
  Solver s(solver_type<Diagonal>());
  widelimit_operator op{};
  op.struct_size = sizeof op;
  op.n = 3;
  op.apply = [](void*, widelimit_matrix x, widelimit_matrix y) -> widelimit_status {
    for (std::int64_t i = 0; i < x.rows; ++i)
      y.data[i * y.ld] = static_cast<double>(i + 1) * x.data[i * x.ld];
    return WIDELIMIT_OK;
  };
  widelimit_factor* factor = nullptr;
  widelimit_solve_info info = empty_info();
  REQUIRE(s.type.factorise_operator(s.object, &op, &factor, &info, &s.error) == WIDELIMIT_OK);
  std::vector<double> b{6, 6, 6};
  REQUIRE(s.type.solve(factor, {b.data(), 3, 1, 1}, &info, &s.error) == WIDELIMIT_OK);
  CHECK(b == std::vector<double>{6, 3, 2});
  CHECK(info.iterations == 1);
  s.type.factor_destroy(factor);

  op.apply = [](void*, widelimit_matrix, widelimit_matrix) -> widelimit_status {
    return WIDELIMIT_E_CANCELLED;
  };
  CHECK(s.type.factorise_operator(s.object, &op, &factor, &info, &s.error) ==
        WIDELIMIT_E_CANCELLED);
}

TEST_CASE("a solver needs no more than the operator form, and its factor may refer to it") {
  Solver s(solver_type<ByProducts>());
  CHECK((s.type.factorise == nullptr));
  CHECK((s.type.factorise_operator != nullptr));
  REQUIRE((s.type.logdet != nullptr));
  double scale = 2;
  widelimit_operator op{};
  op.struct_size = sizeof op;
  op.n = 2;
  op.ctx = &scale;
  op.apply = [](void* ctx, widelimit_matrix x, widelimit_matrix y) -> widelimit_status {
    for (std::int64_t i = 0; i < x.rows; ++i)
      y.data[i * y.ld] = *static_cast<const double*>(ctx) * x.data[i * x.ld];
    return WIDELIMIT_OK;
  };
  widelimit_factor* factor = nullptr;
  widelimit_solve_info info = empty_info();
  REQUIRE(s.type.factorise_operator(s.object, &op, &factor, &info, &s.error) == WIDELIMIT_OK);
  scale = 3;
  std::vector<double> b{1, 2};
  REQUIRE(s.type.solve(factor, {b.data(), 2, 1, 1}, &info, &s.error) == WIDELIMIT_OK);
  CHECK(b == std::vector<double>{3, 6});
  CHECK(info.iterations == 5);
  double logdet = 0;
  REQUIRE(s.type.logdet(factor, &logdet, &s.error) == WIDELIMIT_OK);
  CHECK(logdet == 0.25);
  s.type.factor_destroy(factor);
}

TEST_CASE("a leading minor that is not known is not named") {
  CHECK(sdk::not_positive_definite().index() == -1);
  CHECK(std::string(sdk::not_positive_definite().what()).find("minor") == std::string::npos);
  CHECK(std::string(sdk::not_positive_definite(4).what()).find("leading minor 4 failed") !=
        std::string::npos);
}

TEST_CASE("empty vectors request eigenvalues only") {
  Solver s(solver_type<Diagonal>());
  std::vector<double> a{3, 0, 0, 1}, values(2);
  REQUIRE(s.type.eigen(s.object, {a.data(), 2, 2, 2}, values.data(), {nullptr, 0, 0, 0},
                       &s.error) == WIDELIMIT_OK);
  CHECK(values == std::vector<double>{1, 3});
  REQUIRE(s.type.eigen(s.object, {a.data(), 2, 2, 2}, values.data(), {a.data(), 2, 2, 2},
                       &s.error) == WIDELIMIT_OK);
  CHECK(a[0] == 1);
}

TEST_CASE("an older host's shorter information is filled as far as it reaches") {
  Solver s(solver_type<Textbook>());
  std::vector<double> a{4};
  widelimit_solve_info info = empty_info();
  info.struct_size = offsetof(widelimit_solve_info, rcond);
  info.rcond = -7;
  widelimit_factor* factor = nullptr;
  REQUIRE(s.type.factorise(s.object, {a.data(), 1, 1, 1}, &factor, &info, &s.error) ==
          WIDELIMIT_OK);
  CHECK(info.rcond == -7);
  s.type.factor_destroy(factor);
}
