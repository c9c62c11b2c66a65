// A plugin that `verify` examines: its library, copies of its tables, and calls of its functions,
// which turn an exception that leaves a function into an EscapedException.
// Thread safety: the functions in the tables follow the thread tags of abi.h.
#pragma once

#include "conformance.hpp"

#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace widelimit::conformance {

/// The plugin cannot be examined; what() says why.
class NotLoaded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A function of the plugin threw an exception across the boundary.
class EscapedException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The plugin did something wrong, and the check cannot go on; what() says what.
class Finding : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A library opened by dlopen with RTLD_NOW | RTLD_LOCAL. The constructor throws NotLoaded with the
/// message of the loader.
class Library {
 public:
  explicit Library(const std::filesystem::path& file);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  using Entry = const widelimit_plugin* (*)();
  /// The entry function; NULL if the library does not export it.
  [[nodiscard]] Entry entry() const noexcept;
  [[nodiscard]] void* symbol(const char* name) const noexcept;

 private:
  void* handle_;
};

/// The status and the error that a function of the plugin returned.
struct Answer {
  widelimit_status status = WIDELIMIT_OK;
  widelimit_error error{};

  [[nodiscard]] bool ok() const noexcept { return status == WIDELIMIT_OK; }
  /// "status 2 (WIDELIMIT_E_PARAMS): message [/pointer]".
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::string status_name(widelimit_status status);
/// The error struct to pass to a call, with nothing set but its size and the index -1.
[[nodiscard]] widelimit_error empty_error() noexcept;

/// Runs `body`, a call into the plugin. An exception that it throws becomes an EscapedException.
template <class F>
auto contained(F&& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    throw EscapedException(e.what());
  } catch (...) {
    throw EscapedException("something that is not a std::exception");
  }
}

/// Calls `body(widelimit_error*)` and returns its status and its error.
template <class F>
Answer call(F&& body) {
  Answer answer;
  answer.error = empty_error();
  answer.status = contained([&] { return body(&answer.error); });
  return answer;
}

/// Copies of the plugin's structs in the size that this program knows. A member that the plugin's
/// struct does not contain is zero.
struct LayerType {
  const widelimit_layer_type* raw = nullptr;
  widelimit_layer_type table{};
  widelimit_type_info info{};
  /// Functions that the type does not offer are NULL.
  widelimit_infinite_face infinite{};
  widelimit_finite_face finite{};
  /// Never empty.
  std::string name;
};

struct SolverType {
  const widelimit_solver_type* raw = nullptr;
  widelimit_solver_type table{};
  widelimit_type_info info{};
  std::string name;
};

class Plugin {
 public:
  /// Calls the entry function and copies the tables. Throws NotLoaded.
  explicit Plugin(std::unique_ptr<Library> library);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  /// Calls the plugin's `open`, which may be called only once. Throws NotLoaded with the plugin's
  /// message.
  void open(const widelimit_host& host);
  /// Leaves out all types but this one.
  void keep_only(const TypeId& type);

  [[nodiscard]] const widelimit_plugin& table() const noexcept { return table_; }
  [[nodiscard]] const widelimit_plugin* raw() const noexcept { return raw_; }
  [[nodiscard]] const std::vector<LayerType>& layers() const noexcept { return layers_; }
  [[nodiscard]] const std::vector<SolverType>& solvers() const noexcept { return solvers_; }

 private:
  std::unique_ptr<Library> library_;
  const widelimit_plugin* raw_ = nullptr;
  widelimit_plugin table_{};
  std::vector<LayerType> layers_;
  std::vector<SolverType> solvers_;
  bool open_ = false;
};

}  // namespace widelimit::conformance
