// Networks of finite width: initialisation, evaluation, derivatives, training.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/memory.hpp>
#include <widelimit/network.hpp>
#include <widelimit/sample_shape.hpp>
#include <widelimit/samples_view.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace widelimit {

class WIDELIMIT_EXPORT FiniteNetwork {
 public:
  /// Plans `network` for samples of this shape. Throws Error(usage) with every layer that lacks its
  /// width or a finite face.
  FiniteNetwork(const Network& network, const SampleShape& shape);

  /// The parameters of one layer in the vector of all parameters.
  struct Block {
    std::string pointer = {}, type = {}, name = {};
    std::int64_t offset = 0, size = 0;
  };
  /// Of all layers with parameters.
  [[nodiscard]] const std::vector<Block>& blocks() const noexcept;
  [[nodiscard]] std::int64_t parameter_count() const noexcept;
  [[nodiscard]] std::int64_t outputs() const noexcept;
  /// What train() needs while so many members, one a thread, learn batches of so many samples and
  /// record losses of sets of up to `evaluated` samples; samples and results come on top.
  [[nodiscard]] Memory training_memory(std::int64_t members, std::int64_t batch,
                                       std::int64_t evaluated) const;

  /// The parameters depend on the seed only, not on the number of threads (Random123). A control,
  /// here and below, may be NULL. It is checked between layers and receives "init", in parameters.
  [[nodiscard]] std::vector<double> init(std::uint64_t seed, Control* control = nullptr) const;
  /// [n, outputs]. The control of a pass is checked between pieces of a few samples and receives
  /// "forward", "jvp" or "vjp", in samples.
  [[nodiscard]] Matrix forward(std::span<const double> theta, const SamplesView& x,
                               Control* control = nullptr) const;
  /// d/de forward(theta + e theta_dot) at 0: [n, outputs]
  [[nodiscard]] Matrix jvp(std::span<const double> theta, std::span<const double> theta_dot,
                           const SamplesView& x, Control* control = nullptr) const;
  /// sum over samples and outputs of y_bar times d forward / d theta
  [[nodiscard]] std::vector<double> vjp(std::span<const double> theta, const SamplesView& x,
                                        const Matrix& y_bar, Control* control = nullptr) const;

  /// Inside core.
  struct State;
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

struct TrainOptions {
  double learning_rate = 0.1, momentum = 0;
  std::int64_t steps = 1000;
  std::optional<std::int64_t> batch_size = std::nullopt;  ///< unset: full batch
  std::int64_t ensemble = 1;
  std::uint64_t seed = 0;
  bool record_all = false;  ///< every step; else about 32 a factor of ten, with 0 and the last
};

/// How many losses train() records of each member.
[[nodiscard]] WIDELIMIT_EXPORT std::int64_t loss_count(const TrainOptions& options);

struct LossRecord {
  std::int64_t step = 0;
  double train = 0, test = 0;  ///< 1/2 mean squared error; test NaN without test samples
};

struct TrainedMember {
  std::vector<double> parameters = {};
  std::vector<LossRecord> losses = {};
  Matrix predictions = {};  ///< of the test samples, [m, outputs]; empty if there are none
};

/// Gradient descent on 1/2 mean squared error over all entries: v <- momentum v + gradient, theta
/// <- theta - learning_rate v. The loss of a step is that before its update; mini-batches are cut
/// from an order shuffled anew for each epoch. Members are trained in parallel, each from its own
/// derived seed; numbers do not depend on the number of threads. Without `y_test`, which may be
/// NULL, there are no test losses. `control`, which may be NULL, is checked within a step and
/// receives "train", in steps of all members. Throws Error(numeric) that names member (also
/// facts().index), step and a smaller learning rate where a loss is not finite; of several such
/// members the first.
[[nodiscard]] WIDELIMIT_EXPORT std::vector<TrainedMember> train(
    const FiniteNetwork& network, const SamplesView& x_train, const Matrix& y_train,
    const std::optional<SamplesView>& x_test, const Matrix* y_test, const TrainOptions& options,
    Control* control = nullptr);

}  // namespace widelimit
