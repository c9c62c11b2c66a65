// The value type of kernel transforms for SIMD registers, with Google Highway's static dispatch. It
// has the operations of simd_portable.hpp, on as many lanes as the compiler's target flags allow.
// widelimit_add_plugin() compiles an author's file once per target. The namespace is that of the
// target, so that the copies do not share functions.
//
// Thread safety: values; nothing is shared.
#pragma once

#include <hwy/highway.h>
#include <cstddef>
#include <cstdint>
#include <type_traits>

static_assert(HWY_STATIC_TARGET == WIDELIMIT_SDK_HIGHWAY,
              "Highway fell back to another target: the compiler's flags lack one that it wants");

namespace widelimit::sdk {
inline namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The result of a comparison of vectors, and the argument of `select`.
template <class T>
struct Mask {
  hn::Mask<hn::ScalableTag<T>> raw;

  friend Mask operator&(Mask a, Mask b) { return {hn::And(a.raw, b.raw)}; }
  friend Mask operator|(Mask a, Mask b) { return {hn::Or(a.raw, b.raw)}; }
  friend Mask operator!(Mask a) { return {hn::Not(a.raw)}; }
  friend bool any(Mask a) { return !hn::AllFalse(hn::ScalableTag<T>(), a.raw); }
};

/// `lanes` numbers of type T, float or double. Numbers of any arithmetic type convert to it, so
/// `1 + 2 * p` works. Each is rounded to T once.
template <class T>
class Vec {
  using Tag = hn::ScalableTag<T>;
  using Raw = hn::Vec<Tag>;

 public:
  using scalar = T;
  using mask = Mask<T>;
  static constexpr std::size_t lanes = hn::MaxLanes(Tag());

  Vec() = default;
  Vec(Raw raw) : raw_(raw) {}
  template <class U>
  requires std::is_arithmetic_v<U> Vec(U number) : raw_(hn::Set(Tag(), static_cast<T>(number))) {}

  static Vec load(const T* from) { return hn::LoadU(Tag(), from); }
  void store(T* to) const { hn::StoreU(raw_, Tag(), to); }

  friend Vec operator+(Vec a, Vec b) { return hn::Add(a.raw_, b.raw_); }
  friend Vec operator-(Vec a, Vec b) { return hn::Sub(a.raw_, b.raw_); }
  friend Vec operator*(Vec a, Vec b) { return hn::Mul(a.raw_, b.raw_); }
  friend Vec operator/(Vec a, Vec b) { return hn::Div(a.raw_, b.raw_); }
  friend Vec operator-(Vec a) { return hn::Neg(a.raw_); }
  Vec& operator+=(Vec b) { return *this = *this + b; }
  Vec& operator-=(Vec b) { return *this = *this - b; }
  Vec& operator*=(Vec b) { return *this = *this * b; }
  Vec& operator/=(Vec b) { return *this = *this / b; }

  friend mask operator<(Vec a, Vec b) { return {hn::Lt(a.raw_, b.raw_)}; }
  friend mask operator<=(Vec a, Vec b) { return {hn::Le(a.raw_, b.raw_)}; }
  friend mask operator>(Vec a, Vec b) { return {hn::Gt(a.raw_, b.raw_)}; }
  friend mask operator>=(Vec a, Vec b) { return {hn::Ge(a.raw_, b.raw_)}; }
  friend mask operator==(Vec a, Vec b) { return {hn::Eq(a.raw_, b.raw_)}; }
  friend mask operator!=(Vec a, Vec b) { return {hn::Ne(a.raw_, b.raw_)}; }
  /// In each lane: a if the mask is true, otherwise b. Both are evaluated.
  friend Vec select(mask m, Vec a, Vec b) { return hn::IfThenElse(m.raw, a.raw_, b.raw_); }

  /// If either is NaN, the result is the second, as with the processor's instructions.
  friend Vec min(Vec a, Vec b) { return hn::Min(a.raw_, b.raw_); }
  friend Vec max(Vec a, Vec b) { return hn::Max(a.raw_, b.raw_); }
  friend Vec abs(Vec a) { return hn::Abs(a.raw_); }
  /// The magnitude of the first with the sign of the second.
  friend Vec copysign(Vec a, Vec sign) { return hn::CopySign(a.raw_, sign.raw_); }
  friend Vec sqrt(Vec a) { return hn::Sqrt(a.raw_); }
  /// a b + c, rounded once.
  friend Vec fma(Vec a, Vec b, Vec c) { return hn::MulAdd(a.raw_, b.raw_, c.raw_); }
  /// To the nearest integer, halves to even.
  friend Vec round(Vec a) { return hn::Round(a.raw_); }

  /// a b - product. This is exact if `product` is the rounded a b, and rounded once for other
  /// numbers near a b.
  friend Vec rounding_error(Vec a, Vec b, Vec product) {
    return hn::MulSub(a.raw_, b.raw_, product.raw_);
  }

  /// 2^k for an integral k of a normal result.
  friend Vec power_of_two(Vec k) {
    // In the binade of 1.5 * 2^mantissa_bits the low bits of the sum are the integer itself.
    const Vec shifted = k + Vec(static_cast<T>(Bits{3} << (mantissa_bits - 1)) + T(bias));
    return from_bits(hn::ShiftLeft<mantissa_bits>(shifted.bits()));
  }
  /// 2^-h and 2^h, where 4^h <= a < 4^(h+1). Scaling by these is exact. a >= 0; zero is treated as
  /// a tiny number.
  friend Vec inverse_binade(Vec a) {
    return from_bits(hn::ShiftLeft<mantissa_bits>(
        hn::Sub(hn::Set(BitsTag(), Bits{bias + half_bias}), a.half_exponent())));
  }
  friend Vec binade(Vec a) {
    return from_bits(hn::ShiftLeft<mantissa_bits>(
        hn::Add(a.half_exponent(), hn::Set(BitsTag(), Bits{bias - half_bias}))));
  }

  /// f of each lane, for functions without a vector form.
  template <class F>
  friend Vec each_lane(Vec a, F f) {
    alignas(64) T numbers[lanes];
    a.store(numbers);
    for (T& number : numbers) number = static_cast<T>(f(number));
    return load(numbers);
  }
  template <class F>
  friend Vec each_lane(Vec a, Vec b, F f) {
    alignas(64) T first[lanes], second[lanes];
    a.store(first);
    b.store(second);
    for (std::size_t i = 0; i < lanes; ++i) first[i] = static_cast<T>(f(first[i], second[i]));
    return load(first);
  }

 private:
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  using BitsTag = hn::ScalableTag<Bits>;
  static constexpr int mantissa_bits = sizeof(T) == 4 ? 23 : 52;
  static constexpr int bias = sizeof(T) == 4 ? 127 : 1023;
  static constexpr int half_bias =
      (bias + 1) / 2;  // floor((E - bias) / 2) = (E + 1) / 2 - half_bias

  [[nodiscard]] hn::Vec<BitsTag> bits() const { return hn::BitCast(BitsTag(), raw_); }
  static Vec from_bits(hn::Vec<BitsTag> bits) { return hn::BitCast(Tag(), bits); }
  [[nodiscard]] hn::Vec<BitsTag> half_exponent() const {
    return hn::ShiftRight<1>(
        hn::Add(hn::ShiftRight<mantissa_bits>(bits()), hn::Set(BitsTag(), Bits{1})));
  }

  Raw raw_;
};

}  // namespace HWY_NAMESPACE
}  // namespace widelimit::sdk
