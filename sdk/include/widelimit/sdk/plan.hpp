// What a layer is told and answers when a network is planned: the shapes of its inputs, the shape
// of its output, how it acts on kernels and what it needs for that.
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

/// The output starts as a copy of input 0; a layer states what differs. To refuse an input, throw
/// sdk::unsupported with the reason and the remedy, or sdk::invalid with the parameter.
class Plan {
 public:
  explicit Plan(widelimit_plan& plan) : plan_(&plan) {}

  [[nodiscard]] std::size_t inputs() const { return plan_->n_inputs; }
  [[nodiscard]] Shape in(std::size_t i = 0) const { return Shape(*plan_->inputs[i]); }
  [[nodiscard]] Shape out() const { return Shape(*plan_->output); }

  // ---- the output ----

  /// Of the finite network; 0: not given.
  void set_channels(std::int64_t channels) { plan_->output->channels = channels; }
  void set_spatial(std::span<const std::int64_t> extents) {
    if (extents.size() > 4) throw unsupported("an activation has at most 4 spatial axes");
    plan_->output->n_spatial = static_cast<std::int32_t>(extents.size());
    for (std::size_t axis = 0; axis < 4; ++axis)
      plan_->output->spatial[axis] = axis < extents.size() ? extents[axis] : 1;
  }
  /// Is the output a Gaussian process in the limit? Linear layers with random weights make it one,
  /// nonlinearities end it.
  void set_gaussian(bool gaussian) {
    constexpr auto bit = static_cast<std::uint32_t>(WIDELIMIT_SHAPE_GAUSSIAN);
    plan_->output->flags = gaussian ? plan_->output->flags | bit : plan_->output->flags & ~bit;
  }

  // ---- how it acts on kernels ----

  /// WIDELIMIT_LINEAR, _POINTWISE, _STENCIL or _GATHERING.
  void set_nature(std::int32_t nature) { plan_->nature = nature; }
  /// WIDELIMIT_TRAIT_* bits, added to those stated before.
  void add_traits(std::uint64_t bits) { plan_->traits |= bits; }
  /// Memory lent to every call, per worker: the most that was asked for. What the SDK needs for a
  /// layer that it computes and what the author asks for are one piece.
  void set_scratch(std::uint64_t bytes) {
    plan_->scratch_bytes = std::max(plan_->scratch_bytes, bytes);
  }
  /// For forecasts: of NNGP and NTK together.
  void set_flops_per_entry(double flops) { plan_->flops_per_entry = flops; }

  // ---- what several inputs must have in common ----

  void require_same_sites() const {
    for (std::size_t i = 1; i < inputs(); ++i)
      if (!in(i).same_sites(in(0)))
        throw unsupported("all inputs need the same spatial axes: input " + std::to_string(i) +
                          " has " + extents_text(in(i)) + ", input 0 has " + extents_text(in(0)));
  }
  /// Widths that are not given are taken to be right.
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

/// Which input displacements a stencil or a gathering layer reads for one output displacement.
class Reads {
 public:
  explicit Reads(widelimit_reads& reads) : reads_(&reads) { reads_->count = 0; }

  [[nodiscard]] Shape in() const { return Shape(*reads_->in_shape); }
  /// The output displacement, one number for each axis of the output.
  [[nodiscard]] const std::int64_t* output() const { return reads_->output; }
  /// One input displacement, a number for each axis of the input.
  void add(std::span<const std::int64_t> displacement) {
    if (reads_->count < reads_->capacity && reads_->inputs != nullptr)
      for (std::size_t axis = 0; axis < 4; ++axis)
        reads_->inputs[reads_->count][axis] = axis < displacement.size() ? displacement[axis] : 0;
    ++reads_->count;
  }

 private:
  widelimit_reads* reads_;
};

}  // namespace widelimit::sdk
