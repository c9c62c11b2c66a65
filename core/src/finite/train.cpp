// Gradient descent with momentum on 1/2 mean squared error. Members of an ensemble run in parallel.
#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "engine/grid/sample_rows.hpp"
#include "execution/blas.hpp"
#include "finite/passes.hpp"
#include "finite/schedule.hpp"
#include "finite/state.hpp"
#include "random/random.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace widelimit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// A report takes a lock and a call of the listener, which is long beside a step of a small network.
// Multiplications of the way forth; at most so many steps.
constexpr std::int64_t products_between_reports = 1 << 24, most_steps_between_reports = 64;
constexpr std::uint64_t batches_stream = 1;  // of a member's seed, beside that of its parameters

// Samples with their targets, if they have any.
struct Set {
  Set(const SamplesView& samples, const Matrix* targets) : x(samples), y(targets), in_float64(x) {}
  [[nodiscard]] std::int64_t count() const noexcept { return x.count(); }
  [[nodiscard]] const detail::SampleRows<double>& rows() const noexcept {
    return in_float64.rows();
  }

  SamplesView x;
  const Matrix* y;
  detail::InPrecision<double> in_float64;
};

struct Job {
  const FiniteNetwork* network;
  const FiniteNetwork::State& state;
  Set train;
  std::optional<Set> test = std::nullopt;
  const TrainOptions& options;
  Control* control;
  std::vector<std::int64_t> recorded;
  detail::WorkDone steps{control, "train", options.steps* options.ensemble};
  std::atomic<std::int64_t> first_failed{std::numeric_limits<std::int64_t>::max()};
};

void require(bool good, const std::string& message) {
  if (!good) throw Error(ErrorCode::usage, message);
}

void check(const FiniteNetwork::State& state, const SamplesView& x, const Matrix& y,
           const std::string& name) {
  state.check_samples(x);
  require(y.rows() == x.count() && y.cols() == state.outputs,
          "the " + name + " targets are " + detail::shape_text(y.rows(), y.cols()) + "; expected " +
              detail::shape_text(x.count(), state.outputs));
}

void check(const FiniteNetwork::State& state, const SamplesView& x, const Matrix& y,
           const std::optional<SamplesView>& x_test, const Matrix* y_test, const TrainOptions& o) {
  check(state, x, y, "training");
  require(x.count() > 0, "training needs at least one sample");
  if (x_test) {
    state.check_samples(*x_test);
    if (y_test != nullptr) check(state, *x_test, *y_test, "test");
  }
  require(std::isfinite(o.learning_rate) && o.learning_rate > 0,
          "the learning rate must be a number above 0");
  require(o.momentum >= 0 && o.momentum < 1, "momentum must be at least 0 and below 1");
  require(o.steps >= 0, "the number of steps must be at least 0");
  require(o.ensemble >= 1, "an ensemble has at least one member");
  require(!o.batch_size || *o.batch_size >= 1, "a batch has at least one sample");
}

// Sets y_bar = scale (f - y). Returns the sum of squares of f - y.
double residuals(const double* f, const double* y, std::int64_t n, double scale, double* y_bar) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double r = f[i] - y[i];
    sum += r * r;
    y_bar[i] = scale * r;
  }
  return sum;
}

double squares(const double* f, const double* y, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += (f[i] - y[i]) * (f[i] - y[i]);
  return sum;
}

// The samples and targets of one step.
struct Batch {
  detail::SampleRows<double> x;
  const double* y;
};

// Shuffles the samples in each epoch and cuts them into batches; the last batch may be smaller.
class Batches {
 public:
  Batches(const Job& job, std::uint64_t seed)
      : train_(job.train), features_(job.state.features()), seed_(seed) {
    if (!job.options.batch_size || *job.options.batch_size >= train_.count()) return;
    x_ = Matrix::uninitialized(*job.options.batch_size, features_);
    y_ = Matrix::uninitialized(*job.options.batch_size, job.state.outputs);
  }

  [[nodiscard]] bool is_full_batch() const noexcept { return x_.rows() == 0; }
  [[nodiscard]] std::int64_t largest_batch() const noexcept {
    return is_full_batch() ? train_.count() : x_.rows();
  }

  Batch next() {
    if (is_full_batch()) return {train_.rows(), train_.y->data()};
    if (at_ == train_.count() || order_.empty()) {
      order_ = detail::permutation(seed_, epoch_++, train_.count());
      at_ = 0;
    }
    const std::int64_t count = std::min(x_.rows(), train_.count() - at_);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t sample = order_[to_size(at_ + i)];
      std::copy_n(train_.rows().row(sample), features_, x_.row(i).data());
      std::copy_n(train_.y->row(sample).data(), y_.cols(), y_.row(i).data());
    }
    at_ += count;
    return {detail::sample_rows(x_.data(), count, features_), y_.data()};
  }

 private:
  const Set& train_;
  std::int64_t features_;
  std::uint64_t seed_, epoch_ = 0;
  std::int64_t at_ = 0;
  std::vector<std::int64_t> order_;
  Matrix x_, y_;
};

class Member {
 public:
  Member(Job& job, std::int64_t index)
      : job_(job),
        index_(index),
        seed_(detail::derive_seed(job.options.seed, static_cast<std::uint64_t>(index), 0)),
        batches_(job, detail::derive_seed(seed_, batches_stream, 1)),
        passes_(job.state, batches_.largest_batch(), job.control),
        evaluation_(job.state, job.control),
        gradient_(to_size(job.state.parameters)) {
    result_.parameters = job.network->init(seed_);
    if (job.options.momentum > 0) velocity_.resize(gradient_.size());
    const std::int64_t products =
        std::max<std::int64_t>(1, job.state.parameters) * batches_.largest_batch();
    steps_between_reports_ = std::clamp(products_between_reports / products, std::int64_t{1},
                                        most_steps_between_reports);
  }

  TrainedMember run() {
    const TrainOptions& o = job_.options;
    auto next_record = job_.recorded.begin();
    for (std::int64_t step = 0; step < o.steps; ++step) {
      if (step % steps_between_reports_ == 0) report_steps(step);
      const Batch batch = batches_.next();
      const double loss = compute_gradient(batch);
      if (!std::isfinite(loss)) throw_diverged(step);
      if (step == *next_record) {
        record(step, batches_.is_full_batch() ? loss : loss_of(job_.train));
        ++next_record;
      }
      update();
    }
    record(o.steps, loss_of(job_.train));
    report_steps(o.steps);
    if (job_.test && job_.test->count() > 0) {
      result_.predictions = Matrix::uninitialized(job_.test->count(), job_.state.outputs);
      evaluation_.run(result_.parameters.data(), job_.test->rows(),
                      [&](std::int64_t first, std::int64_t rows, const double* f) {
                        std::copy_n(f, rows * job_.state.outputs,
                                    result_.predictions.row(first).data());
                      });
    }
    return std::move(result_);
  }

 private:
  // Sets gradient_. Returns 1/2 mean squared error of the batch.
  double compute_gradient(const Batch& batch) {
    const std::int64_t outputs = job_.state.outputs;
    const double scale = 1 / static_cast<double>(batch.x.count * outputs);
    return 0.5 * scale *
           passes_.run(
               result_.parameters.data(), batch.x,
               [&](std::int64_t first, std::int64_t rows, const double* f, double* y_bar) {
                 return residuals(f, batch.y + first * outputs, rows * outputs, scale, y_bar);
               },
               gradient_.data());
  }

  void update() {
    const double rate = job_.options.learning_rate, momentum = job_.options.momentum;
    double* const theta = result_.parameters.data();
    const double* const g = gradient_.data();
    if (velocity_.empty()) {
      for (std::size_t i = 0; i < gradient_.size(); ++i) theta[i] -= rate * g[i];
      return;
    }
    double* const v = velocity_.data();
    for (std::size_t i = 0; i < gradient_.size(); ++i) {
      v[i] = momentum * v[i] + g[i];
      theta[i] -= rate * v[i];
    }
  }

  double loss_of(const Set& set) {
    const std::int64_t outputs = job_.state.outputs, rows = job_.state.rows_per_piece(set.count());
    std::vector<double> sums(to_size((set.count() + rows - 1) / rows));
    evaluation_.run(result_.parameters.data(), set.rows(),
                    [&](std::int64_t first, std::int64_t count, const double* f) {
                      sums[to_size(first / rows)] =
                          squares(f, set.y->row(first).data(), count * outputs);
                    });
    double total = 0;
    for (const double s : sums) total += s;
    return 0.5 * total / static_cast<double>(set.count() * outputs);
  }

  void record(std::int64_t step, double train_loss) {
    const double test_loss =
        job_.test && job_.test->count() > 0 && job_.test->y != nullptr ? loss_of(*job_.test) : nan;
    if (!std::isfinite(train_loss) || std::isinf(test_loss)) throw_diverged(step);
    result_.losses.push_back({step, train_loss, test_loss});
  }

  // Reports progress. Stops on cancellation or if an earlier member failed.
  void report_steps(std::int64_t step) {
    if (job_.control != nullptr) job_.control->check();
    job_.steps.add(step - reported_steps_);
    reported_steps_ = step;
    if (job_.first_failed < index_)
      throw Error(ErrorCode::cancelled, "an earlier member of the ensemble failed");
  }

  [[noreturn]] void throw_diverged(std::int64_t step) const;
  [[nodiscard]] double largest_stable_rate() const;

  Job& job_;
  std::int64_t index_, reported_steps_ = 0, steps_between_reports_ = 1;
  std::uint64_t seed_;
  Batches batches_;
  detail::GradientPasses passes_;
  detail::ForwardPasses evaluation_;
  std::vector<double> gradient_, velocity_;
  TrainedMember result_;
};

// 2 (1 + momentum) N / lambda_max, the stability limit of gradient descent on a quadratic.
// lambda_max is that of J J', the tangent kernel of the initialised network, by power iteration.
double Member::largest_stable_rate() const {
  constexpr int iterations = 20;
  const std::vector<double> theta = job_.network->init(seed_);
  Matrix u(job_.train.count(), job_.state.outputs);
  for (double& v : u.flat()) v = 1;
  double largest = 0;
  for (int i = 0; i < iterations; ++i) {
    double norm = 0;
    for (const double v : u.flat()) norm += v * v;
    norm = std::sqrt(norm);
    if (!(norm > 0) || !std::isfinite(norm)) break;
    if (job_.control != nullptr) job_.control->check();
    for (double& v : u.flat()) v /= norm;
    if (i > 0) largest = norm;
    u = job_.network->jvp(theta, job_.network->vjp(theta, job_.train.x, u), job_.train.x);
  }
  return 2 * (1 + job_.options.momentum) * static_cast<double>(u.size()) / largest;
}

void Member::throw_diverged(std::int64_t step) const {
  const double stable = largest_stable_rate(), rate = job_.options.learning_rate;
  const double suggestion =
      std::isfinite(stable) && stable > 0 ? std::min(stable, rate) / 2 : rate / 10;
  char text[256];
  std::snprintf(
      text, sizeof text,
      "member %lld of the finite ensemble diverged: its loss at step %lld is not a finite "
      "number; try a smaller \"learning_rate\" than %g, for example %.1g",
      static_cast<long long>(index_), static_cast<long long>(step), rate, suggestion);
  throw Error(ErrorCode::numeric, text, {}, {.index = index_});
}

}  // namespace

std::vector<TrainedMember> train(const FiniteNetwork& network, const SamplesView& x_train,
                                 const Matrix& y_train, const std::optional<SamplesView>& x_test,
                                 const Matrix* y_test, const TrainOptions& options,
                                 Control* control) {
  const FiniteNetwork::State& state = network.state();
  check(state, x_train, y_train, x_test, y_test, options);
  Job job{.network = &network,
          .state = state,
          .train = Set(x_train, &y_train),
          .options = options,
          .control = control,
          .recorded = detail::recorded_steps(options.steps, options.record_all)};
  if (x_test) job.test.emplace(*x_test, y_test);

  std::vector<TrainedMember> members(to_size(options.ensemble));
  std::vector<std::exception_ptr> failures(members.size());
  // If several members fail, the first is reported, for any number of threads.
  state.executor().parallel_for(options.ensemble, 1, [&](std::int64_t begin, std::int64_t end) {
    const detail::TilePhase phase;
    for (std::int64_t m = begin; m < end; ++m) {
      if (job.first_failed < m) continue;
      try {
        members[to_size(m)] = Member(job, m).run();
      } catch (...) {
        failures[to_size(m)] = std::current_exception();
        for (std::int64_t before = job.first_failed;
             m < before && !job.first_failed.compare_exchange_weak(before, m);) {
        }
      }
    }
  });
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return members;
}

}  // namespace widelimit
