// Errors of plugins. Layers and solvers throw sdk::Error, and the SDK's guard converts exceptions
// to a status and an error struct.
//
// Thread safety: values and pure functions.
#pragma once

#include <widelimit/abi.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace widelimit::sdk {

/// An error message for the user, in one sentence: what is wrong, what was expected, what to try.
class Error : public std::runtime_error {
 public:
  /// `code` is a WIDELIMIT_E_*. `pointer` is a JSON pointer into the object's own parameters, or ""
  /// if the error does not concern one of them. `index` is -1, or the number of the sample or of
  /// the leading minor (from 1) that caused the error.
  Error(widelimit_status code, const std::string& message, std::string pointer = {},
        std::int64_t index = -1)
      : std::runtime_error(message), code_(code), pointer_(std::move(pointer)), index_(index) {}

  [[nodiscard]] widelimit_status code() const noexcept { return code_; }
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  [[nodiscard]] std::int64_t index() const noexcept { return index_; }

 private:
  widelimit_status code_;
  std::string pointer_;
  std::int64_t index_;
};

/// A parameter is wrong. `pointer` names it ("/width").
inline Error invalid(std::string pointer, const std::string& message) {
  return {WIDELIMIT_E_PARAMS, message, std::move(pointer)};
}
/// The type does not support this shape, face or precision.
inline Error unsupported(const std::string& message) { return {WIDELIMIT_E_UNSUPPORTED, message}; }
/// A matrix is not positive definite. `minor` is the order of the leading minor that is not
/// positive, counted from 1; -1: not known.
inline Error not_positive_definite(std::int64_t minor = -1) {
  return {WIDELIMIT_E_NUMERIC,
          "the matrix is not positive definite" +
              (minor < 0 ? "" : ": leading minor " + std::to_string(minor) + " failed") +
              "; a larger ridge (diag_reg) makes it so",
          {},
          minor};
}

namespace detail {

/// Writes one member of the caller's error struct, which may be shorter than today's. Text is cut
/// at the end of the struct.
inline void write_text(widelimit_error& error, std::size_t offset, std::size_t capacity,
                       std::string_view text) noexcept {
  if (error.struct_size <= offset) return;
  capacity = std::min(capacity, static_cast<std::size_t>(error.struct_size) - offset);
  std::size_t n = std::min(text.size(), capacity - 1);
  if (n < text.size())  // do not split a UTF-8 character
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) --n;
  char* const to = reinterpret_cast<char*>(&error) + offset;
  for (std::size_t i = 0; i < n; ++i) to[i] = text[i] == '\n' || text[i] == '\0' ? ' ' : text[i];
  to[n] = '\0';
}

template <class T>
void write_number(widelimit_error& error, std::size_t offset, T number) noexcept {
  if (offset + sizeof number <= error.struct_size)
    std::memcpy(reinterpret_cast<char*>(&error) + offset, &number, sizeof number);
}

}  // namespace detail

/// Fills in the caller's error struct, which may be NULL, and returns the code.
inline widelimit_status report(widelimit_error* error, widelimit_status code,
                               std::string_view message, std::string_view pointer = {},
                               std::int64_t index = -1) noexcept {
  if (error == nullptr) return code;
  detail::write_number(*error, offsetof(widelimit_error, code), code);
  detail::write_number(*error, offsetof(widelimit_error, index), index);
  detail::write_text(*error, offsetof(widelimit_error, pointer), sizeof error->pointer, pointer);
  detail::write_text(*error, offsetof(widelimit_error, message), sizeof error->message, message);
  return code;
}

/// Runs `body` and converts its exceptions to a status and an error struct.
template <class F>
widelimit_status guard(widelimit_error* error, F&& body) noexcept {
  try {
    body();
    return WIDELIMIT_OK;
  } catch (const Error& e) {
    return report(error, e.code(), e.what(), e.pointer(), e.index());
  } catch (const std::bad_alloc&) {
    return report(error, WIDELIMIT_E_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return report(error, WIDELIMIT_E_INTERNAL, e.what());
  } catch (...) {
    return report(error, WIDELIMIT_E_INTERNAL, "an exception that is not a std::exception");
  }
}

}  // namespace widelimit::sdk
