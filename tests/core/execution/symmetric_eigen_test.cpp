// Eigenvalues of symmetric matrices: known ones, and entries that are no numbers, which LAPACK
// answers with numbers or not at all.
#include "execution/symmetric_eigen.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::detail;

namespace {

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    return e.what();
  }
  return "not refused";
}

const std::vector<double> no_numbers = {std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::infinity()};

}  // namespace

TEST_CASE("eigenvalues ascend, and eigenvectors are rows") {
  // Of the lower triangle nothing is read.
  Matrix a = {{2, 1}, {std::nan(""), 2}};
  Matrix vectors = a.clone();
  const std::vector<double> values = symmetric_eigenvalues(a, Eigenvectors::none, "it");
  CHECK(values == symmetric_eigenvalues(vectors, Eigenvectors::in_place, "it"));
  CHECK(values[0] == doctest::Approx(1).epsilon(1e-15));
  CHECK(values[1] == doctest::Approx(3).epsilon(1e-15));
  CHECK(vectors(0, 0) == doctest::Approx(-vectors(0, 1)).epsilon(1e-15));
  CHECK(vectors(1, 0) == doctest::Approx(vectors(1, 1)).epsilon(1e-15));
  CHECK(tridiagonal_eigenvalues({2, 2}, {1}, "it")[1] == doctest::Approx(3).epsilon(1e-15));
}

TEST_CASE("nothing has no eigenvalues") {
  Matrix a(0, 0);
  CHECK(symmetric_eigenvalues(a, Eigenvectors::in_place, "it").empty());
  CHECK(tridiagonal_eigenvalues({}, {}, "it").empty());
}

TEST_CASE("entries that are no numbers are refused, with the name of the matrix and the row") {
  for (const double bad : no_numbers) {
    Matrix a = {{1, 0, 0}, {0, 1, bad}, {0, 0, 1}};
    CHECK(refusal([&] { (void)symmetric_eigenvalues(a, Eigenvectors::none, "the kernel"); }) ==
          "the eigenvalues of the kernel cannot be computed: row 2 has an entry that is not a "
          "finite number");
    const auto refused = [](const std::vector<double>& diagonal,
                            const std::vector<double>& beside) {
      return refusal([&] { (void)tridiagonal_eigenvalues(diagonal, beside, "the kernel"); })
          .starts_with("the eigenvalues of the kernel cannot be computed: ");
    };
    CHECK(refused({1.0, bad}, {0.0}));
    CHECK(refused({1.0, 1.0}, {bad}));
    // What is beyond the numbers beside the diagonal does not matter.
    CHECK(tridiagonal_eigenvalues({1, 1}, {0, bad}, "it") == std::vector{1.0, 1.0});
  }
}
