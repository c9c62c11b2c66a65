// A network of infinite width, planned for samples of one shape: its kernels, and what they cost.
// Thread safety: a value that shares an immutable plan; members may be called concurrently.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/memory.hpp>
#include <widelimit/sample_shape.hpp>
#include <widelimit/samples_view.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace widelimit {

/// One layer of a plan: a line of what `widelimit check` shows.
struct PlannedLayer {
  std::string pointer = {}, type = {}, name = {};
  std::string shape = {};                   ///< of the output, e.g. "512"; "?": width not given
  std::int64_t displacements = 1;           ///< of its input that are tracked
  std::int64_t possible_displacements = 1;  ///< that its input has
  double share = 0;                         ///< of the work, 0 to 1
  int depth = 0;                            ///< nesting of branches
  bool gaussian = false;
};

/// Variances along the network, for reports. Where a layer's output has sites p, K[p, p] is the
/// covariance of one site with the same site of another sample, or with itself (Novak et al. 2019,
/// arXiv:1810.05148, section 2); elsewhere there is one p.
struct LayerStatistics {
  std::string pointer = {}, type = {};
  double mean_variance = 0;  ///< mean over samples x and sites p of K[p, p](x, x) after the layer
  /// Mean over pairs of different samples and sites of
  /// K[p, p](x, x') / sqrt(K[p, p](x, x) K[p, p](x', x')); pairs of variance 0 count as 0.
  double mean_correlation = 0;
  double mean_ntk = 0;  ///< mean over samples and sites of Theta[p, p](x, x)
};

/// What a computation takes, known before it begins.
struct Cost {
  Memory memory = {};  ///< beside samples and results
  /// Pairs of samples that go through the layers, those that only fill up tiles included.
  std::int64_t pairs = 0;
};

/// How the result of a computation is cut: into tiles of at most `side` x `side` entries, whose
/// rows are computed `lanes` entries at a time.
struct TileSize {
  std::int64_t side = 0, lanes = 0;
};

class WIDELIMIT_EXPORT PlannedNetwork {
 public:
  [[nodiscard]] const SampleShape& shape() const noexcept;
  /// In the order of computation, branches before what combines them; valid as long as this plan or
  /// a copy of it. Throws Error(usage), as everything that computes does, where a layer reads what
  /// this release does not compute.
  [[nodiscard]] const std::vector<PlannedLayer>& layers() const;
  /// Floating-point operations of one entry, NNGP and NTK, all sites and displacements; without the
  /// covariances of the data, two for each number of a sample.
  [[nodiscard]] double flops_per_entry() const;

  /// Both kernels of x1 with x2 in the precision of T: [n1, n2] each, empty where not asked for.
  /// Without x2, or where it is the same memory, x1 with itself: exactly symmetric, half the work.
  /// `control`, here and below, may be NULL; it receives "kernel" and is checked between tiles.
  /// Throws Error(usage) where samples have another shape than the plan, Error(numeric) that names
  /// the sample where an entry is not finite.
  template <class T>
  [[nodiscard]] PerKernel<BasicMatrix<T>> kernels(const SamplesView& x1,
                                                  const std::optional<SamplesView>& x2 = {},
                                                  KernelSet which = both_kernels,
                                                  Control* control = nullptr) const;
  /// The same into memory of the host: rows of n2 entries, each `ld` entries after the one before
  /// (ld >= n2; what lies between is left alone). NULL: not asked for.
  template <class T>
  void kernels_into(const SamplesView& x1, const std::optional<SamplesView>& x2,
                    const PerKernel<T*>& out, std::int64_t ld, Control* control = nullptr) const;
  /// The same into a sink.
  void kernels_to(const SamplesView& x1, const std::optional<SamplesView>& x2, Precision precision,
                  KernelSet which, KernelSink& sink, Control* control = nullptr) const;
  /// The diagonals of the kernels of x with itself, O(n): [n] each, empty where not asked for.
  /// `control` receives "diagonals".
  [[nodiscard]] PerKernel<std::vector<double>> diagonals(const SamplesView& x,
                                                         Precision precision = Precision::float64,
                                                         KernelSet which = both_kernels,
                                                         Control* control = nullptr) const;
  /// Per layer, branches included, in float64: over the first statistics_samples() samples. Throws
  /// Error(usage) as kernels() does. `control` receives "statistics".
  [[nodiscard]] std::vector<LayerStatistics> statistics(const SamplesView& x,
                                                        Control* control = nullptr) const;

  /// Of kernels(), kernels_into() and kernels_to(); symmetric: of n1 samples with themselves.
  [[nodiscard]] Cost kernels_cost(std::int64_t n1, std::int64_t n2, bool symmetric,
                                  Precision precision, KernelSet which = both_kernels) const;
  [[nodiscard]] Cost diagonals_cost(std::int64_t n, Precision precision,
                                    KernelSet which = both_kernels) const;
  /// Of statistics() of n samples, whose pairs are in float64.
  [[nodiscard]] Cost statistics_cost(std::int64_t n) const;
  /// How many samples statistics() looks at, at most.
  [[nodiscard]] std::int64_t statistics_samples() const noexcept;
  /// Of kernels of up to n samples a side.
  [[nodiscard]] TileSize tile_size(std::int64_t n, Precision precision) const;

  /// Inside core.
  struct State;
  explicit PlannedNetwork(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace widelimit
