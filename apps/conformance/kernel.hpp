// Running a pointwise kernel transform on chosen pairs of samples.
// Thread safety: free functions; concurrent calls are what abi.h promises for the transform itself.
#pragma once

#include "common/sizes.hpp"
#include "layers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::conformance {

/// Covariances of pairs, in double; a run rounds them to its precision. Entry (site, lane) has the
/// index site * lanes + lane. A site is a sample of x1, a lane a sample of x2.
struct Pairs {
  std::int64_t sites = 0, lanes = 0;
  /// [input][entry]
  std::vector<std::vector<double>> nngp, ntk;
  /// Variances per entry.
  std::vector<double> first, second;

  [[nodiscard]] std::size_t size() const noexcept { return to_size(sites * lanes); }
};

/// The layout in which the transform gets the pairs.
struct Layout {
  std::uint32_t dtype = WIDELIMIT_F64;
  /// false: only the NNGP.
  bool ntk = true;
  /// An (x, x) bundle: the first variance has a value per lane, no NTK.
  bool self = false;
  /// Output is input 0.
  bool in_place = false;
  /// Of the field; sites are divided among them.
  std::int64_t rows = 1;
  /// -1: all.
  std::int64_t row_begin = 0, row_end = -1;
  /// Of input 0.
  const widelimit_linear* pending = nullptr;
  int scratch_fill = 0;
};

struct Transformed {
  Answer answer;
  /// Per entry; ntk empty where there is none.
  std::vector<double> nngp, ntk;
  /// Memory that the transform wrote and must not write; empty: none.
  std::string damage;
};

/// One run. All memory that the transform sees ends at an unmapped page.
[[nodiscard]] Transformed transform(const Subject& subject, const Pairs& pairs,
                                    const Layout& layout);

/// Pairs of all kinds: ordinary ones, orthogonal, opposite, equal, nearly equal, of very different
/// variance. `inputs` fields, the later ones independent of the first.
[[nodiscard]] Pairs draw_pairs(Random& random, std::size_t inputs, std::int64_t sites,
                               std::int64_t lanes);
/// Pairs with q = a = b for each of these variances, one site; padded by repetition to full lanes.
[[nodiscard]] Pairs equal_pairs(const std::vector<double>& variances, std::size_t inputs);

/// A number rounded to a precision.
[[nodiscard]] double rounded(double value, std::uint32_t dtype) noexcept;
[[nodiscard]] double epsilon(std::uint32_t dtype) noexcept;
[[nodiscard]] const char* dtype_name(std::uint32_t dtype) noexcept;

/// Bitwise, NaN included.
[[nodiscard]] bool same_bits(double x, double y) noexcept;
/// Index of the first entry that differs bitwise.
[[nodiscard]] std::optional<std::size_t> first_difference(const std::vector<double>& x,
                                                          const std::vector<double>& y);

/// Index of the first entry that is NaN, as outputs are before a run.
[[nodiscard]] std::optional<std::size_t> first_untouched(const std::vector<double>& x);

/// Does K [n, n] + shift I have a Cholesky factor?
[[nodiscard]] bool positive(std::vector<double> k, std::size_t n, double shift);

/// Numbers for messages: enough digits to tell them apart, no more.
[[nodiscard]] std::string number(double value, int digits = 6);

}  // namespace widelimit::conformance
