// The types of numbers in .npy files, by the names that NumPy gives them in the header ("<f8").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

enum class NpyType {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64
};

[[nodiscard]] constexpr std::int64_t bytes_of(NpyType type) noexcept {
  switch (type) {
    case NpyType::boolean:
    case NpyType::int8:
    case NpyType::uint8:
      return 1;
    case NpyType::int16:
    case NpyType::uint16:
    case NpyType::float16:
      return 2;
    case NpyType::int32:
    case NpyType::uint32:
    case NpyType::float32:
      return 4;
    case NpyType::int64:
    case NpyType::uint64:
    case NpyType::float64:
      break;
  }
  return 8;
}

/// Whether numbers of the type may be NaN or infinite.
[[nodiscard]] constexpr bool is_floating(NpyType type) noexcept {
  return type == NpyType::float16 || type == NpyType::float32 || type == NpyType::float64;
}

/// Whether float32 holds every number of the type exactly.
[[nodiscard]] constexpr bool fits_float32(NpyType type) noexcept {
  return bytes_of(type) < 4 || type == NpyType::float32;
}

struct NpyNumber {
  NpyType type = NpyType::float64;
  bool big_endian = false;
};

/// Unset if the type is not one of the above.
[[nodiscard]] std::optional<NpyNumber> npy_number(std::string_view descr);

/// Why an array of another type is refused, and how to save its numbers: a message that follows
/// the name of the file.
[[nodiscard]] std::string npy_type_refusal(std::string_view descr,
                                           const std::vector<std::int64_t>& shape);
/// The same for fields with names, of which a list takes the place of the type.
[[nodiscard]] std::string npy_fields_refusal();

}  // namespace widelimit::detail
