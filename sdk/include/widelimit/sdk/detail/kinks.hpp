// Where an author's function has kinks and jumps: `kinks`, a static member or a method of the
// layer, any range of numbers.
//
// Thread safety: values.
#pragma once

#include <widelimit/sdk/error.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>

namespace widelimit::sdk::detail {

template <class L>
concept HasKinkMethod = requires(const L layer) {
  double{*std::begin(layer.kinks())};
};
template <class L>
concept HasKinkMember = !HasKinkMethod<L> && requires(const L layer) {
  double{*std::begin(layer.kinks)};
};
template <class L>
concept HasUnseenKinks =
    !HasKinkMethod<L> && !HasKinkMember<L> &&
    (
        requires(L layer) { layer.kinks(); } || requires(L layer) { layer.kinks; });

/// The kinks that a layer states; none if it states none.
class Kinks {
 public:
  static constexpr std::size_t most = 32;

  template <class L>
  static Kinks of(const L& layer) {
    Kinks kinks;
    if constexpr (HasKinkMethod<L>)
      for (const double at : layer.kinks()) kinks.add(at);
    else if constexpr (HasKinkMember<L>)
      for (const double at : layer.kinks) kinks.add(at);
    return kinks;
  }

  void add(double at) {
    if (!std::isfinite(at)) throw unsupported("`kinks` must be finite numbers");
    if (count_ == most)
      throw unsupported("states more than " + std::to_string(most) +
                        " kinks: state the largest ones, or write `moments`");
    at_[count_++] = at;
  }

  [[nodiscard]] const double* begin() const { return at_.data(); }
  [[nodiscard]] const double* end() const { return at_.data() + count_; }
  /// Whether there is one in (-bound, bound).
  [[nodiscard]] bool any_within(double bound) const {
    for (const double at : *this)
      if (std::abs(at) < bound) return true;
    return false;
  }

 private:
  std::array<double, most> at_{};
  std::size_t count_ = 0;
};

}  // namespace widelimit::sdk::detail
