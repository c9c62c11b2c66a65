// Errors on the author's side of the boundary: throw sdk::Error anywhere in a layer or solver; the
// SDK's guard is the only place where an exception becomes a status and a filled-in error struct.
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

/// What went wrong, as the person at the other end should read it: what is wrong, what was
/// expected, what to try; one sentence.
class Error : public std::runtime_error {
 public:
  /// `code` is a WIDELIMIT_E_*. `pointer` is a JSON pointer relative to the object's own
  /// parameters, "" where the error is not about one of them. `index`, where it applies, says
  /// which: the leading minor that is not positive definite (from 1), a sample, ...
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

/// A parameter is wrong: `pointer` names it ("/width").
inline Error invalid(std::string pointer, const std::string& message) {
  return {WIDELIMIT_E_PARAMS, message, std::move(pointer)};
}
/// These shapes, this face or precision are not served.
inline Error unsupported(const std::string& message) { return {WIDELIMIT_E_UNSUPPORTED, message}; }
/// A matrix is not positive definite; `minor` is the leading minor that failed, counted from 1.
inline Error not_positive_definite(std::int64_t minor) {
  return {WIDELIMIT_E_NUMERIC,
          "the matrix is not positive definite: leading minor " + std::to_string(minor) +
              " failed; a larger ridge (diag_reg) makes it so",
          {},
          minor};
}

namespace detail {

/// Writes one member of an error struct as far as the caller's struct reaches: an older one may be
/// shorter than today's.
inline void write_text(widelimit_error& error, std::size_t offset, std::size_t capacity,
                       std::string_view text) noexcept {
  if (error.struct_size <= offset) return;
  capacity = std::min(capacity, static_cast<std::size_t>(error.struct_size) - offset);
  std::size_t n = std::min(text.size(), capacity - 1);
  if (n < text.size())  // never half a UTF-8 character
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

/// Fills in a caller's error (NULL: nobody listens) and returns the code.
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

/// Runs `body` and turns what it throws into a status and an error.
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
    return report(error, WIDELIMIT_E_INTERNAL, "an exception that is no std::exception");
  }
}

}  // namespace widelimit::sdk
