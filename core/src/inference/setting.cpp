// Checks the arguments of inference.
#include "inference/setting.hpp"

#include <widelimit/error.hpp>
#include <widelimit/factorised_kernel.hpp>

#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

[[noreturn]] void refuse(const std::string& message, ErrorFacts facts = {}) {
  throw Error(ErrorCode::usage, message, {}, std::move(facts));
}

void expect_shape(const Matrix& m, std::int64_t rows, std::int64_t cols, const std::string& name,
                  const ErrorFacts& facts = {}) {
  if (m.rows() != rows || m.cols() != cols)
    refuse(name + " is " + shape_text(m.rows(), m.cols()) + "; expected " + shape_text(rows, cols),
           facts);
}

void expect_finite(const Matrix& m, const std::string& name, SampleSet set) {
  for (std::int64_t i = 0; i < m.rows(); ++i)
    for (const double v : m.row(i))
      if (!std::isfinite(v))
        refuse(name + " has an entry that is not finite in row " + std::to_string(i + 1),
               {.sample = SampleNumber{set, i}});
}

const Matrix& require(const Matrix* m, const std::string& name, const ErrorFacts& facts = {}) {
  if (m == nullptr) refuse("this inference reads " + name + ", which was not given", facts);
  return *m;
}

// "the train x train block of the ntk kernel"
std::string block_text(Block block, Kernel kernel) {
  const char* samples = block == Block::train_train  ? "train x train"
                        : block == Block::test_train ? "test x train"
                                                     : "test x test";
  return std::string("the ") + samples + " block of the " + std::string(name_of(kernel)) +
         " kernel";
}

void expect_block(const Matrix* m, Block block, Kernel kernel, std::int64_t rows,
                  std::int64_t cols) {
  const std::string name = block_text(block, kernel);
  const ErrorFacts facts{.kernel = kernel, .block = block};
  expect_shape(require(m, name, facts), rows, cols, name, facts);
}

// Replaces the handle of a factorised kernel by its blocks.
KernelBlocks resolve_handle(const KernelBlocks& given, Kernel kernel) {
  if (given.factorised == nullptr) return given;
  if (given.train_train != nullptr || given.test_train != nullptr)
    refuse("the " + std::string(name_of(kernel)) +
               " kernel is given both factorised and as blocks; give only one of them",
           {.kernel = kernel});
  KernelBlocks blocks = given;
  const Matrix &train = given.factorised->train_train(), &test = given.factorised->test_train();
  blocks.train_train = train.empty() ? nullptr : &train;
  blocks.test_train = test.empty() ? nullptr : &test;
  return blocks;
}

void check_options(const InferenceOptions& o) {
  if (!std::isfinite(o.learning_rate) || o.learning_rate <= 0)
    refuse("the learning rate must be a number above 0");
  if (!std::isfinite(o.diag_reg) || o.diag_reg < 0)
    refuse("diag_reg must be a number of at least 0");
  if (o.method != Method::gp_inference && o.kernel == DrivingKernel::ntkgp)
    refuse("the kernel ntkgp is only for gp_inference; use ntk or nngp for gradient descent");
  if (o.method == Method::gradient_descent_mse && o.covariance != Covariance::none)
    refuse(
        "one network with given initial outputs has no covariance: omit the covariance, or use "
        "gradient_descent_mse_ensemble");
  for (const double t : o.times)
    if (!(t >= 0)) refuse("times must be at least 0, or infinity");
  for (const double ridge : o.diag_reg_path)
    if (!std::isfinite(ridge) || ridge < 0) refuse("every diag_reg must be a number of at least 0");
  if (o.method != Method::gp_inference && (o.leave_one_out || !o.diag_reg_path.empty()))
    refuse("several ridges and leave_one_out are only for gp_inference");
}

void check_test_covariance(const Setting& s) {
  const KernelBlocks& k = s.prior_blocks();
  const ErrorFacts facts{.kernel = s.prior_kernel, .block = Block::test_test};
  if (needs_of(*s.options).blocks[s.prior_kernel].test_test)
    expect_block(k.test_test, Block::test_test, s.prior_kernel, s.m, s.m);
  else if (k.test_diagonal == nullptr && k.test_test == nullptr)
    refuse("this inference reads the diagonal of " + block_text(Block::test_test, s.prior_kernel) +
               ", which was not given",
           facts);
  if (k.test_diagonal != nullptr && static_cast<std::int64_t>(k.test_diagonal->size()) != s.m)
    refuse("the diagonal of " + block_text(Block::test_test, s.prior_kernel) + " has " +
               std::to_string(k.test_diagonal->size()) + " entries; expected " +
               std::to_string(s.m),
           facts);
  if (s.two_kernels) expect_block(k.test_train, Block::test_train, Kernel::nngp, s.m, s.n);
}

Matrix difference(const Matrix& y, const Matrix* f0) {
  Matrix d = y.clone();
  if (f0 != nullptr)
    std::transform(d.flat().begin(), d.flat().end(), f0->flat().begin(), d.flat().begin(),
                   std::minus<>());
  return d;
}

}  // namespace

Setting make_setting(const InferenceProblem& problem, const InferenceOptions& options,
                     const Solver& solver, Control* control) {
  check_options(options);
  Setting s;
  s.problem = &problem;
  s.options = &options;
  s.solver = &solver;
  s.control = control;
  s.blocks = {.nngp = resolve_handle(problem.kernels.nngp, Kernel::nngp),
              .ntk = resolve_handle(problem.kernels.ntk, Kernel::ntk)};
  s.driving_kernel = kernel_of(options.kernel);
  s.prior_kernel = options.kernel == DrivingKernel::ntkgp ? Kernel::ntk : Kernel::nngp;
  s.two_kernels = options.kernel == DrivingKernel::ntk;
  if (options.method == Method::gp_inference)
    s.times = {std::numeric_limits<double>::infinity()};
  else
    s.times = options.times;

  const Matrix& y = require(problem.y_train, "the training targets");
  require(s.driving_blocks().train_train, block_text(Block::train_train, s.driving_kernel),
          {.kernel = s.driving_kernel, .block = Block::train_train});
  s.n = y.rows();
  s.outputs = y.cols();
  if (y.empty()) refuse("inference needs at least one training sample and one output");
  expect_block(s.driving_blocks().train_train, Block::train_train, s.driving_kernel, s.n, s.n);
  expect_finite(y, "y_train", SampleSet::train);
  if (s.driving_blocks().test_train != nullptr) {
    s.m = s.driving_blocks().test_train->rows();
    expect_block(s.driving_blocks().test_train, Block::test_train, s.driving_kernel, s.m, s.n);
  }
  if (s.two_kernels && s.covariance())
    expect_block(s.blocks.nngp.train_train, Block::train_train, Kernel::nngp, s.n, s.n);
  if (s.m > 0 && s.covariance()) check_test_covariance(s);
  if (problem.y_test != nullptr && s.m > 0) {
    expect_shape(*problem.y_test, s.m, s.outputs, "y_test");
    expect_finite(*problem.y_test, "y_test", SampleSet::test);
  }
  if (const Matrix* f = s.initial_train(); f != nullptr) {
    expect_shape(*f, s.n, s.outputs, "the initial outputs of the training samples");
    expect_finite(*f, "initial_train", SampleSet::train);
  }
  if (const Matrix* f = s.initial_test(); f != nullptr && s.m > 0) {
    expect_shape(*f, s.m, s.outputs, "the initial outputs of the test samples");
    expect_finite(*f, "initial_test", SampleSet::test);
  }
  s.centred_targets = difference(y, s.initial_train());
  return s;
}

}  // namespace widelimit::detail
