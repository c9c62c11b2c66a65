// A planned network of infinite width and its kernels.
// Thread safety: const members may be called concurrently; a Network keeps its layers and their
// libraries alive.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/network_spec.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace widelimit {

/// One line of the plan: what `widelimit check` shows.
struct PlanRow {
  std::string pointer, type, name;
  std::string shape;               ///< of the output, e.g. "512", "?" where the width is not given
  std::int64_t displacements = 1;  ///< of its input, tracked ...
  std::int64_t of = 1;             ///< ... of how many
  double share = 0;                ///< of the work, 0 to 1
  int depth = 0;                   ///< nesting of branches
  bool gaussian = false;
};

/// Both kernels in memory. The matrix of a kernel that was not asked for is empty.
template <class T>
struct KernelPair {
  BasicMatrix<T> nngp, ntk;
};

/// Variances along the network, for reports. Where a layer's output has sites p, K[p, p] is the
/// covariance of one site with the same site of another sample, or with itself (Novak et al. 2019,
/// arXiv:1810.05148, section 2); elsewhere there is one p.
struct LayerStatistics {
  std::string pointer, type;
  double mean_variance = 0;  ///< mean over samples x and sites p of K[p, p](x, x) after the layer
  /// Mean over pairs of different samples and sites of
  /// K[p, p](x, x') / sqrt(K[p, p](x, x) K[p, p](x', x')); pairs of variance 0 count as 0.
  double mean_correlation = 0;
  double mean_ntk = 0;  ///< mean over samples and sites of Theta[p, p](x, x)
};

class WIDELIMIT_EXPORT Network {
 public:
  /// float64; `net.nngp(x)` is [n, n], exactly symmetric. Arguments are samples as rows.
  [[nodiscard]] Matrix nngp(const Samples& x) const;
  [[nodiscard]] Matrix ntk(const Samples& x) const;
  /// Cross kernels [n1, n2].
  [[nodiscard]] Matrix nngp(const Samples& x1, const Samples& x2) const;
  [[nodiscard]] Matrix ntk(const Samples& x1, const Samples& x2) const;

  /// Both at once in the precision of T; x2 == nullptr: x1 with itself, half the work. Throws
  /// Error(usage) where the features do not fit the plan, Error(numeric) that names the sample
  /// where an entry is not finite.
  template <class T>
  [[nodiscard]] KernelPair<T> kernels(const Samples& x1, const Samples* x2 = nullptr,
                                      Kernels which = {}, Control* control = nullptr) const;
  /// The same into memory of the caller's, C order [n1, n2]; a NULL pointer: not asked for.
  template <class T>
  void kernels_into(const Samples& x1, const Samples* x2, T* nngp, T* ntk,
                    Control* control = nullptr) const;
  /// The same into a sink.
  void kernels_to(const Samples& x1, const Samples* x2, Precision precision, Kernels which,
                  KernelSink& sink, Control* control = nullptr) const;
  /// The diagonals of the kernels of x with itself, O(n): [n] each.
  struct Diagonals {
    std::vector<double> nngp, ntk;
  };
  [[nodiscard]] Diagonals diagonals(const Samples& x, Precision precision = Precision::float64,
                                    Kernels which = {}) const;

  /// For samples of this shape.
  [[nodiscard]] std::vector<PlanRow> plan(const SampleShape& shape) const;
  /// Bytes the engine needs beside inputs and results, for n1 x n2 samples of this shape.
  [[nodiscard]] std::int64_t workspace_bytes(std::int64_t n1, std::int64_t n2,
                                             const SampleShape& shape, Precision precision) const;
  /// The same for statistics() of such samples.
  [[nodiscard]] std::int64_t statistics_bytes(const SampleShape& shape) const;
  /// Floating-point operations of one entry, NNGP and NTK, all sites and displacements; without the
  /// covariances of the data.
  [[nodiscard]] double flops_per_entry(const SampleShape& shape) const;
  /// Per layer, branches included, in float64: over the first 256 samples at most, or the first 16
  /// where layers work on sites. Throws Error(usage) as kernels() does.
  [[nodiscard]] std::vector<LayerStatistics> statistics(const Samples& x,
                                                        Control* control = nullptr) const;
  [[nodiscard]] const NetworkSpec& spec() const noexcept;

  /// Inside core.
  struct State;
  explicit Network(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace widelimit
