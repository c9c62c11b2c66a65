// What must not depend on order, units, or on what else was asked for.
#include <widelimit/error.hpp>
#include <widelimit/factorised_kernel.hpp>
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double eps = std::numeric_limits<double>::epsilon();

InferenceOptions ensemble(DrivingKernel kernel) {
  InferenceOptions o;
  o.method = Method::gradient_descent_mse_ensemble;
  o.kernel = kernel;
  o.times = {0, 2, inf};
  o.covariance = Covariance::full;
  o.diag_reg = 0.01;
  return o;
}

Matrix scaled(const Matrix& a, double factor) {
  Matrix b = a.clone();
  for (double& v : b.flat()) v *= factor;
  return b;
}

// Rows, or rows and columns, in reverse order.
Matrix reversed(const Matrix& a, bool rows, bool cols) {
  Matrix b(a.rows(), a.cols());
  for (std::int64_t i = 0; i < a.rows(); ++i)
    for (std::int64_t j = 0; j < a.cols(); ++j)
      b(i, j) = a(rows ? a.rows() - 1 - i : i, cols ? a.cols() - 1 - j : j);
  return b;
}

void same(const InferenceResult& a, const InferenceResult& b, double variance_scale = 1) {
  const double tolerance = 1e3 * eps / 0.01;  // the ridge bounds the condition number
  REQUIRE(a.predictions.size() == b.predictions.size());
  for (std::size_t i = 0; i < a.predictions.size(); ++i) {
    CHECK(distance(a.predictions[i].mean, b.predictions[i].mean) < tolerance);
    CHECK(distance(scaled(a.predictions[i].covariance, variance_scale),
                   b.predictions[i].covariance) < tolerance * variance_scale);
  }
  const auto same_curve = [&](const std::vector<double>& x, const std::vector<double>& y) {
    REQUIRE(x.size() == y.size());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) < tolerance);
  };
  same_curve(a.losses.train_mean, b.losses.train_mean);
  same_curve(a.losses.test_mean, b.losses.test_mean);
}

std::string message_of(const InferenceProblem& p, const InferenceOptions& o, const Solver& s) {
  try {
    (void)infer(p, o, s);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::usage);
    return e.what();
  }
  return {};
}

bool mentions(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the order of the training samples does not matter") {
  const RandomProblem p(11, 4, 2);
  RandomProblem q(11, 4, 2);
  q.y_train = reversed(p.y_train, true, false);
  for (auto* kernel : {&q.nngp, &q.ntk}) {
    (*kernel)[0] = reversed((*kernel)[0], true, true);
    (*kernel)[1] = reversed((*kernel)[1], false, true);
  }
  for (const DrivingKernel kernel : {DrivingKernel::nngp, DrivingKernel::ntk})
    same(infer(p.problem(), ensemble(kernel), lapack_solver()),
         infer(q.problem(), ensemble(kernel), lapack_solver()));
}

TEST_CASE("kernels in other units with the learning rate adjusted give the same means") {
  const RandomProblem p(11, 4, 2);
  RandomProblem q(11, 4, 2);
  for (auto* kernel : {&q.nngp, &q.ntk})
    for (Matrix& block : *kernel) block = scaled(block, 8);
  for (double& v : q.nngp_diagonal) v *= 8;
  for (double& v : q.ntk_diagonal) v *= 8;
  for (const DrivingKernel kernel : {DrivingKernel::nngp, DrivingKernel::ntk}) {
    InferenceOptions o = ensemble(kernel);
    const InferenceResult a = infer(p.problem(), o, lapack_solver());
    o.learning_rate /= 8;
    same(a, infer(q.problem(), o, lapack_solver()), 8);
  }
}

TEST_CASE("the diagonal of the covariance is the same alone, of a factor and of eigenvectors") {
  const RandomProblem p(13, 6, 2);
  for (const DrivingKernel kernel : {DrivingKernel::nngp, DrivingKernel::ntk})
    for (const bool factor : {false, true}) {
      InferenceOptions o = ensemble(kernel);
      if (factor) o.times = {inf};
      const InferenceResult full = infer(p.problem(), o, lapack_solver());
      o.covariance = Covariance::diagonal;
      InferenceProblem without = p.problem();
      without.kernels.nngp.test_test = nullptr;  // the diagonal is enough
      const InferenceResult diagonal = infer(without, o, lapack_solver());
      o.covariance = Covariance::none;
      without.kernels.nngp = {};
      if (kernel == DrivingKernel::nngp)
        without.kernels.nngp = {&p.nngp[0], &p.nngp[1], nullptr, nullptr};
      const InferenceResult mean = infer(without, o, lapack_solver());
      for (std::size_t t = 0; t < o.times.size(); ++t) {
        CHECK(diagonal.predictions[t].covariance.empty());
        CHECK(mean.predictions[t].variance.empty());
        CHECK(distance(mean.predictions[t].mean, full.predictions[t].mean) < 1e-11);
        for (std::size_t i = 0; i < 6; ++i)
          CHECK(std::abs(diagonal.predictions[t].variance[i] - full.predictions[t].variance[i]) <
                1e-11);
      }
      CHECK(mean.losses.test_expected.empty());
    }
}

namespace {

// `p` with the blocks of training of its ntk in `training`.
InferenceProblem sharing(const RandomProblem& p, FactorisedKernel& training) {
  InferenceProblem problem = p.problem();
  problem.kernels.ntk = {
      .test_test = &p.ntk[2], .test_diagonal = &p.ntk_diagonal, .factorised = &training};
  return problem;
}

int is_factorisation(const Progress& step) {
  return step.phase == "eigendecomposition" || step.phase == "factorise" ? 1 : 0;
}

}  // namespace

TEST_CASE("a factorised kernel keeps one factor and one eigendecomposition of a ridge") {
  const RandomProblem p(10, 3, 1);
  const Solver solver = lapack_solver();
  FactorisedKernel training(p.ntk[0].clone(), p.ntk[1].clone());
  const InferenceProblem problem = sharing(p, training);
  InferenceOptions o = ensemble(DrivingKernel::ntk);
  const InferenceResult first = infer(problem, o, solver);
  same(first, infer(p.problem(), o, solver));
  int factorisations = 0;
  Control count([&](const Progress& step) { factorisations += is_factorisation(step); });
  const InferenceResult second = infer(problem, o, solver, &count);
  CHECK(factorisations == 0);
  same(first, second);
  o.diag_reg = 0.02;
  (void)infer(problem, o, solver, &count);
  CHECK(factorisations > 0);
  factorisations = 0;
  o.method = Method::gp_inference;
  const InferenceResult ntk = infer(problem, o, solver);
  o.kernel = DrivingKernel::ntkgp;  // the same matrix
  const InferenceResult ntkgp = infer(problem, o, solver, &count);
  CHECK(factorisations == 0);
  CHECK(distance(ntk.predictions[0].mean, ntkgp.predictions[0].mean) == 0);
  training.release_factors();
  const InferenceResult again = infer(problem, o, solver, &count);
  CHECK(distance(again.predictions[0].mean, ntkgp.predictions[0].mean) == 0);
  CHECK(factorisations > 0);
}

TEST_CASE("factors move with their kernel, and another kernel in its place has its own") {
  const RandomProblem p(10, 3, 1), q(10, 3, 1, 99);
  const Solver solver = lapack_solver();
  const InferenceOptions o = ensemble(DrivingKernel::ntk);
  FactorisedKernel first(p.ntk[0].clone(), p.ntk[1].clone());
  (void)infer(sharing(p, first), o, solver);
  FactorisedKernel moved = std::move(first);
  int factorisations = 0;
  Control count([&](const Progress& step) { factorisations += is_factorisation(step); });
  same(infer(sharing(p, moved), o, solver, &count), infer(p.problem(), o, solver));
  CHECK(factorisations == 0);
  moved = FactorisedKernel(q.ntk[0].clone(), q.ntk[1].clone());
  same(infer(sharing(q, moved), o, solver, &count), infer(q.problem(), o, solver));
  CHECK(factorisations > 0);
}

TEST_CASE("a kernel is given factorised or as blocks, not both") {
  const RandomProblem p(6, 3, 1);
  FactorisedKernel training(p.ntk[0].clone(), p.ntk[1].clone());
  InferenceProblem both = p.problem();
  both.kernels.ntk.factorised = &training;
  CHECK(mentions(message_of(both, ensemble(DrivingKernel::ntk), lapack_solver()),
                 "both factorised and as blocks"));
}

TEST_CASE("an error about a block says which, of which kernel") {
  const RandomProblem p(6, 3, 1);
  InferenceProblem wrong = p.problem();
  wrong.kernels.ntk.train_train = &p.ntk[1];
  try {
    (void)infer(wrong, ensemble(DrivingKernel::ntk), lapack_solver());
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.facts().kernel == Kernel::ntk);
    CHECK(error.facts().block == Block::train_train);
  }
}

TEST_CASE("inference reads what it says it reads") {
  for (const Method method :
       {Method::gp_inference, Method::gradient_descent_mse_ensemble, Method::gradient_descent_mse})
    for (const DrivingKernel kernel :
         {DrivingKernel::nngp, DrivingKernel::ntk, DrivingKernel::ntkgp})
      for (const Covariance covariance : {Covariance::none, Covariance::diagonal, Covariance::full})
        for (const bool predictions : {true, false}) {
          if (method != Method::gp_inference && kernel == DrivingKernel::ntkgp) continue;
          if (method == Method::gradient_descent_mse && covariance != Covariance::none) continue;
          RandomProblem p(6, 3, 1);
          InferenceOptions o;
          o.method = method;
          o.kernel = kernel;
          o.covariance = covariance;
          o.predictions = predictions;
          o.times = {1, inf};
          const InferenceNeeds needs = needs_of(o);
          CHECK(needs.eigen == (method != Method::gp_inference));
          InferenceProblem given = p.problem();
          given.kernels.nngp = {needs.blocks.nngp.train_train ? &p.nngp[0] : nullptr,
                                needs.blocks.nngp.test_train ? &p.nngp[1] : nullptr,
                                needs.blocks.nngp.test_test ? &p.nngp[2] : nullptr,
                                needs.test_diagonal.nngp ? &p.nngp_diagonal : nullptr};
          given.kernels.ntk = {needs.blocks.ntk.train_train ? &p.ntk[0] : nullptr,
                               needs.blocks.ntk.test_train ? &p.ntk[1] : nullptr,
                               needs.blocks.ntk.test_test ? &p.ntk[2] : nullptr,
                               needs.test_diagonal.ntk ? &p.ntk_diagonal : nullptr};
          const InferenceResult all = infer(p.problem(), o, lapack_solver());
          const InferenceResult least = infer(given, o, lapack_solver());
          REQUIRE(all.predictions.size() == least.predictions.size());
          for (std::size_t i = 0; i < all.predictions.size(); ++i) {
            CHECK(distance(all.predictions[i].mean, least.predictions[i].mean) == 0);
            CHECK(all.predictions[i].variance == least.predictions[i].variance);
          }
          CHECK(all.losses.test_expected == least.losses.test_expected);
        }
}

TEST_CASE("arguments that do not fit are refused with what was expected") {
  const RandomProblem p(6, 3, 2);
  InferenceOptions o = ensemble(DrivingKernel::ntk);
  CHECK(mentions(message_of(p.problem(), o, lapack_solver(false)), "use \"eigh\""));

  InferenceProblem wrong = p.problem();
  wrong.y_test = &p.y_train;
  CHECK(mentions(message_of(wrong, o, lapack_solver()), "y_test is 6 x 2; expected 3 x 2"));
  wrong = p.problem();
  wrong.kernels.nngp.test_test = nullptr;
  CHECK(mentions(message_of(wrong, o, lapack_solver()), "test x test block of the nngp kernel"));
  wrong = p.problem();
  wrong.kernels.ntk.train_train = &p.ntk[1];
  CHECK(mentions(message_of(wrong, o, lapack_solver()), "expected 6 x 6"));

  o.times = {-1};
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "at least 0"));
  o.times = {std::nan("")};
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "at least 0"));
  o = ensemble(DrivingKernel::ntkgp);
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "ntkgp is only for gp_inference"));
  o = ensemble(DrivingKernel::ntk);
  o.learning_rate = 0;
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "learning rate"));
  o = ensemble(DrivingKernel::ntk);
  o.diag_reg = -1;
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "diag_reg"));
  o = ensemble(DrivingKernel::ntk);
  o.method = Method::gradient_descent_mse;
  CHECK(mentions(message_of(p.problem(), o, lapack_solver()), "no covariance"));
  RandomProblem q(6, 3, 2);
  q.y_train(3, 1) = inf;
  CHECK(mentions(message_of(q.problem(), ensemble(DrivingKernel::ntk), lapack_solver()), "row 4"));
}

TEST_CASE("without test samples there are training results alone") {
  const RandomProblem p(6, 3, 2);
  InferenceProblem train = p.problem();
  train.kernels.ntk = {&p.ntk[0], nullptr, nullptr, nullptr};
  train.kernels.nngp = {&p.nngp[0], nullptr, nullptr, nullptr};
  train.y_test = train.initial_test = nullptr;
  for (const std::vector<double>& times : {std::vector<double>{1, inf}, std::vector<double>{inf}}) {
    InferenceOptions o = ensemble(DrivingKernel::ntk);
    o.times = times;
    const InferenceResult r = infer(train, o, lapack_solver());
    CHECK(r.predictions[0].mean.empty());
    CHECK(r.predictions[0].variance.empty());
    CHECK(r.predictions[0].train_mean.rows() == 6);
    CHECK(r.losses.test_mean.empty());
    CHECK(r.losses.train_expected.size() == times.size());
  }
}

TEST_CASE("a cancelled inference ends with an error that says so") {
  const RandomProblem p(6, 3, 2);
  Control control;
  control.cancel();
  CHECK_THROWS_AS((void)infer(p.problem(), ensemble(DrivingKernel::ntk), lapack_solver(), &control),
                  Error);
}
