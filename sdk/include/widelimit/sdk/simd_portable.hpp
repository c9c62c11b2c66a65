// The value type of kernel transforms without SIMD: one lane, with the operations that
// simd_highway.hpp offers for registers. The baseline copy of every plugin uses it, so it needs
// only the standard library.
//
// Thread safety: values; nothing is shared.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace widelimit::sdk {
inline namespace portable {

/// The result of a comparison of vectors, and the argument of `select`.
template <class T>
struct Mask {
  bool raw;

  friend Mask operator&(Mask a, Mask b) { return {a.raw && b.raw}; }
  friend Mask operator|(Mask a, Mask b) { return {a.raw || b.raw}; }
  friend Mask operator!(Mask a) { return {!a.raw}; }
  /// Whether it is true in any lane, to skip work that few entries need.
  friend bool any(Mask a) { return a.raw; }
};

/// `lanes` numbers of type T, float or double. Numbers of any arithmetic type convert to it, so
/// `1 + 2 * p` works. Each is rounded to T once.
template <class T>
class Vec {
 public:
  using scalar = T;
  using mask = Mask<T>;
  static constexpr std::size_t lanes = 1;

  Vec() = default;
  template <class U>
  requires std::is_arithmetic_v<U> Vec(U number) : raw_(static_cast<T>(number)) {}

  static Vec load(const T* from) { return Vec(*from); }
  void store(T* to) const { *to = raw_; }

  friend Vec operator+(Vec a, Vec b) { return a.raw_ + b.raw_; }
  friend Vec operator-(Vec a, Vec b) { return a.raw_ - b.raw_; }
  friend Vec operator*(Vec a, Vec b) { return a.raw_ * b.raw_; }
  friend Vec operator/(Vec a, Vec b) { return a.raw_ / b.raw_; }
  friend Vec operator-(Vec a) { return -a.raw_; }
  Vec& operator+=(Vec b) { return *this = *this + b; }
  Vec& operator-=(Vec b) { return *this = *this - b; }
  Vec& operator*=(Vec b) { return *this = *this * b; }
  Vec& operator/=(Vec b) { return *this = *this / b; }

  friend mask operator<(Vec a, Vec b) { return {a.raw_ < b.raw_}; }
  friend mask operator<=(Vec a, Vec b) { return {a.raw_ <= b.raw_}; }
  friend mask operator>(Vec a, Vec b) { return {a.raw_ > b.raw_}; }
  friend mask operator>=(Vec a, Vec b) { return {a.raw_ >= b.raw_}; }
  friend mask operator==(Vec a, Vec b) { return {a.raw_ == b.raw_}; }
  friend mask operator!=(Vec a, Vec b) { return {a.raw_ != b.raw_}; }
  /// In each lane: a if the mask is true, otherwise b. Both are evaluated.
  friend Vec select(mask m, Vec a, Vec b) { return m.raw ? a : b; }

  /// If either is NaN, the result is the second, as with the processor's instructions.
  friend Vec min(Vec a, Vec b) { return a.raw_ < b.raw_ ? a : b; }
  friend Vec max(Vec a, Vec b) { return a.raw_ > b.raw_ ? a : b; }
  friend Vec abs(Vec a) { return std::abs(a.raw_); }
  /// The magnitude of the first with the sign of the second.
  friend Vec copysign(Vec a, Vec sign) { return std::copysign(a.raw_, sign.raw_); }
  friend Vec sqrt(Vec a) { return std::sqrt(a.raw_); }
  /// a b + c, rounded twice here, and once on targets with the instruction.
  friend Vec fma(Vec a, Vec b, Vec c) { return a.raw_ * b.raw_ + c.raw_; }
  /// To the nearest integer, halves to even.
  friend Vec round(Vec a) { return std::nearbyint(a.raw_); }

  /// a b - product. This is exact if `product` is the rounded a b, and rounded once for other
  /// numbers near a b. Uses the method of Dekker, Numerische Mathematik 18 (1971), because there is
  /// no fused instruction; |a| and |b| must be at most the square root of the largest number.
  friend Vec rounding_error(Vec a, Vec b, Vec product) {
    if constexpr (std::same_as<T, float>) {
      return static_cast<float>(double{a.raw_} * double{b.raw_} - double{product.raw_});
    } else {
      constexpr T splitter = 134217729;  // 2^27 + 1 (Veltkamp)
      // The high halves may be rounded up, and the product of two large ones would overflow.
      const bool large = std::abs(product.raw_) > T(1);
      const T number_a = a.raw_ * (large ? T(0.5) : T(1));
      const T high_a = splitter * number_a - (splitter * number_a - number_a),
              low_a = number_a - high_a;
      const T high_b = splitter * b.raw_ - (splitter * b.raw_ - b.raw_), low_b = b.raw_ - high_b;
      const T rest = ((high_a * high_b - product.raw_ * (large ? T(0.5) : T(1))) + high_a * low_b +
                      low_a * high_b) +
                     low_a * low_b;
      return rest * (large ? T(2) : T(1));
    }
  }

  /// 2^k for an integral k of a normal result.
  friend Vec power_of_two(Vec k) {
    // In the binade of 1.5 * 2^mantissa_bits the low bits of the sum are the integer itself.
    const T shifted = k.raw_ + (static_cast<T>(Bits{3} << (mantissa_bits - 1)) + T(bias));
    return std::bit_cast<T>(std::bit_cast<Bits>(shifted) << mantissa_bits);
  }
  /// 2^-h and 2^h, where 4^h <= a < 4^(h+1). Scaling by these is exact. a >= 0; zero is treated as
  /// a tiny number.
  friend Vec inverse_binade(Vec a) {
    return std::bit_cast<T>((Bits{bias + half_bias} - a.half_exponent()) << mantissa_bits);
  }
  friend Vec binade(Vec a) {
    return std::bit_cast<T>((a.half_exponent() + Bits{bias - half_bias}) << mantissa_bits);
  }

  /// f of each lane, for functions without a vector form.
  template <class F>
  friend Vec each_lane(Vec a, F f) {
    return Vec(f(a.raw_));
  }
  template <class F>
  friend Vec each_lane(Vec a, Vec b, F f) {
    return Vec(f(a.raw_, b.raw_));
  }

 private:
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr int mantissa_bits = sizeof(T) == 4 ? 23 : 52;
  static constexpr int bias = sizeof(T) == 4 ? 127 : 1023;
  static constexpr int half_bias =
      (bias + 1) / 2;  // floor((E - bias) / 2) = (E + 1) / 2 - half_bias

  [[nodiscard]] Bits half_exponent() const {
    return ((std::bit_cast<Bits>(raw_) >> mantissa_bits) + 1) >> 1;
  }

  T raw_;
};

}  // namespace portable
}  // namespace widelimit::sdk
