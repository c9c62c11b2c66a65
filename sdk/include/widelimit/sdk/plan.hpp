// The plan of a layer at one position of a network: the shapes of its inputs, the shape of its
// output, how it acts on kernels and what it needs for that.
//
// Thread safety: a plan belongs to one call.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/views.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace widelimit::sdk {

/// The shape of the output is preset to that of input 0, and a layer sets only what differs. To
/// reject an input, throw sdk::unsupported with the reason and a remedy, or sdk::invalid with the
/// parameter.
class Plan {
 public:
  explicit Plan(widelimit_plan& plan) : plan_(&plan) {}

  [[nodiscard]] std::size_t inputs() const { return plan_->n_inputs; }
  [[nodiscard]] Shape in(std::size_t i = 0) const { return Shape(*plan_->inputs[i]); }
  [[nodiscard]] Shape out() const { return Shape(*plan_->output); }

  // ---- the output ----

  /// Channels at finite width; 0: unknown.
  void set_channels(std::int64_t channels) { plan_->output->channels = channels; }
  void set_spatial(std::span<const std::int64_t> extents) {
    if (extents.size() > 4) throw unsupported("an activation has at most 4 spatial axes");
    plan_->output->n_spatial = static_cast<std::int32_t>(extents.size());
    for (std::size_t axis = 0; axis < 4; ++axis)
      plan_->output->spatial[axis] = axis < extents.size() ? extents[axis] : 1;
  }
  /// Whether the output is a Gaussian process in the limit. The output of a linear layer with
  /// random weights is one, that of a nonlinearity is not.
  void set_gaussian(bool gaussian) {
    constexpr auto bit = static_cast<std::uint32_t>(WIDELIMIT_SHAPE_GAUSSIAN);
    plan_->output->flags = gaussian ? plan_->output->flags | bit : plan_->output->flags & ~bit;
  }

  // ---- how it acts on kernels ----

  /// WIDELIMIT_LINEAR, _POINTWISE, _STENCIL or _GATHERING.
  void set_nature(std::int32_t nature) { plan_->nature = nature; }
  /// Adds WIDELIMIT_TRAIT_* bits to those set before.
  void add_traits(std::uint64_t bits) { plan_->traits |= bits; }
  /// The largest window, along the last two spatial axes, of a pending map that the transform
  /// applies (widelimit_plan::max_window).
  void set_max_window(std::int32_t before_last, std::int32_t last) {
    const std::int32_t axes = plan_->inputs[0]->n_spatial;
    if (axes > 0) plan_->max_window[axes - 1] = last;
    if (axes > 1) plan_->max_window[axes - 2] = before_last;
  }
  /// Bytes of scratch memory for every worker call. The largest request counts, because the SDK and
  /// the author share one piece of memory.
  void set_scratch(std::uint64_t bytes) {
    plan_->scratch_bytes = std::max(plan_->scratch_bytes, bytes);
  }
  /// Floating-point operations per kernel entry, NNGP and NTK together; used to forecast run times.
  void set_flops_per_entry(double flops) { plan_->flops_per_entry = flops; }

  // ---- what several inputs must have in common ----

  void require_same_sites() const {
    for (std::size_t i = 1; i < inputs(); ++i)
      if (!in(i).same_sites(in(0)))
        throw unsupported("all inputs need the same spatial axes: input " + std::to_string(i) +
                          " has " + extents_text(in(i)) + ", input 0 has " + extents_text(in(0)));
  }
  /// Inputs with an unknown number of channels are accepted.
  void require_same_channels() {
    std::int64_t known = 0;
    for (std::size_t i = 0; i < inputs(); ++i) {
      const std::int64_t channels = in(i).channels();
      if (known != 0 && channels != 0 && channels != known)
        throw unsupported("all inputs need the same number of channels: input " +
                          std::to_string(i) + " has " + std::to_string(channels) +
                          ", those before it have " + std::to_string(known));
      known = std::max(known, channels);
    }
    set_channels(known);
  }

  [[nodiscard]] widelimit_plan& raw() const { return *plan_; }

 private:
  static std::string extents_text(const Shape& shape) {
    std::string text;
    for (const std::int64_t extent : shape.spatial())
      text += (text.empty() ? "" : " x ") + std::to_string(extent);
    return text.empty() ? "none" : text;
  }

  widelimit_plan* plan_;
};

/// Which displacements of one of its inputs a stencil or a gathering layer reads for one of its
/// output.
class Reads {
 public:
  explicit Reads(widelimit_reads& reads) : reads_(&reads) { reads_->count = 0; }

  /// The index and the shape of the input whose displacements are requested.
  [[nodiscard]] std::size_t input() const { return reads_->input_index; }
  [[nodiscard]] Shape in() const { return Shape(*reads_->in_shape[reads_->input_index]); }
  /// The output displacement, one number per axis of the output.
  [[nodiscard]] const std::int64_t* output() const { return reads_->output; }
  /// Adds one input displacement, one number per axis of the input.
  void add(std::span<const std::int64_t> displacement) {
    if (reads_->count < reads_->capacity && reads_->displacements != nullptr)
      for (std::size_t axis = 0; axis < 4; ++axis)
        reads_->displacements[reads_->count][axis] =
            axis < displacement.size() ? displacement[axis] : 0;
    ++reads_->count;
  }

 private:
  widelimit_reads* reads_;
};

}  // namespace widelimit::sdk
