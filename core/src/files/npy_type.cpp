// Names of types, and remedies for those that are not read.
#include "files/npy_type.hpp"

#include <array>
#include <utility>

namespace widelimit::detail {

namespace {

// The type without its order of bytes ("f8" of "<f8").
std::string_view without_order(std::string_view descr) {
  constexpr std::string_view orders = "<>|=";
  if (!descr.empty() && orders.find(descr.front()) != std::string_view::npos)
    descr.remove_prefix(1);
  return descr;
}

std::string real_parts(const std::vector<std::int64_t>& shape) {
  return shape.size() == 1 ? "np.stack([array.real, array.imag], axis=-1)"
                           : "np.concatenate([array.real, array.imag], axis=-1)";
}

}  // namespace

std::optional<NpyNumber> npy_number(std::string_view descr) {
  constexpr std::array<std::pair<std::string_view, NpyType>, 12> types{{{"b1", NpyType::boolean},
                                                                        {"i1", NpyType::int8},
                                                                        {"i2", NpyType::int16},
                                                                        {"i4", NpyType::int32},
                                                                        {"i8", NpyType::int64},
                                                                        {"u1", NpyType::uint8},
                                                                        {"u2", NpyType::uint16},
                                                                        {"u4", NpyType::uint32},
                                                                        {"u8", NpyType::uint64},
                                                                        {"f2", NpyType::float16},
                                                                        {"f4", NpyType::float32},
                                                                        {"f8", NpyType::float64}}};
  for (const auto& [name, type] : types) {
    if (descr.size() != 3 || descr.substr(1) != name) continue;
    const char order = descr.front();
    const bool any_order = bytes_of(type) == 1 && (order == '|' || order == '=');
    if (order == '<' || order == '>' || any_order) return NpyNumber{type, order == '>'};
  }
  return std::nullopt;
}

std::string npy_type_refusal(std::string_view descr, const std::vector<std::int64_t>& shape) {
  const std::string_view type = without_order(descr);
  const std::string shown = " (" + std::string(descr) + ")";
  switch (type.empty() ? '\0' : type.front()) {
    case 'c':
      return "holds complex numbers" + shown + ", but kernels need real ones: save " +
             real_parts(shape) + ", which makes two features of each number";
    case 'O':
      return "holds Python objects" + shown +
             ", and reading them could run code: save array.astype('<f8') if each is a number, "
             "np.stack(array) if all are arrays of one shape";
    case 'U':
    case 'S':
    case 'a':
    case 'T':
      return "holds text" + shown +
             ": save array.astype('<f8') if the text is numbers, np.unique(array, "
             "return_inverse=True)[1] if it is the names of classes";
    case 'M':
      return "holds dates" + shown +
             ": save the time since one of them, as in (array - np.datetime64('2000-01-01')) / "
             "np.timedelta64(1, 'D')";
    case 'm':
      return "holds spans of time" + shown +
             ": save them in a unit, as in array / np.timedelta64(1, 's')";
    case 'V':
      return "holds raw bytes" + shown +
             ": save array.astype('<f4') in the program that made them (NumPy saves bfloat16 and "
             "float8 as raw bytes)";
    case 'f':
      return "holds floating-point numbers" + shown +
             " of more digits than float64 has, or of an unusual size: save array.astype('<f8')";
    default:
      return "holds numbers of an unknown type" + shown + ": save array.astype('<f8')";
  }
}

std::string npy_fields_refusal() {
  return "holds a structured array (fields with names): save "
         "numpy.lib.recfunctions.structured_to_unstructured(array), which makes a feature of each "
         "field, if all fields are numbers";
}

}  // namespace widelimit::detail
