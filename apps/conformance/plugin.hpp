// A plugin file opened for examination: the library, full-size copies of its tables, and calls
// through them that turn an escaped exception into a finding.
// Thread safety: the functions in the tables follow the thread tags of abi.h.
#pragma once

#include <widelimit/abi.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace widelimit::conformance {

/// Why the plugin cannot be examined at all.
class NotLoaded : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A C++ exception came out of a function of the boundary.
class EscapedException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// dlopen with RTLD_NOW | RTLD_LOCAL. Throws NotLoaded with the loader's message.
class Library {
 public:
  explicit Library(const std::filesystem::path& file);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  using Entry = const widelimit_plugin* (*)();
  /// NULL where the library does not export it.
  [[nodiscard]] Entry entry() const noexcept;
  [[nodiscard]] void* symbol(const char* name) const noexcept;

 private:
  void* handle_;
};

/// The status and the error of a call across the boundary.
struct Answer {
  widelimit_status status = WIDELIMIT_OK;
  widelimit_error error{};

  [[nodiscard]] bool ok() const noexcept { return status == WIDELIMIT_OK; }
  /// "status 2 (WIDELIMIT_E_PARAMS): message [/pointer]".
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::string status_name(widelimit_status status);
/// An empty error struct for a call.
[[nodiscard]] widelimit_error empty_error() noexcept;

/// Runs `body` (a call into the plugin); what it throws becomes an EscapedException.
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

/// Answer of `body(widelimit_error*)`.
template <class F>
Answer call(F&& body) {
  Answer answer;
  answer.error = empty_error();
  answer.status = contained([&] { return body(&answer.error); });
  return answer;
}

/// Full-size copies: a member the plugin's struct does not reach is zero.
struct LayerType {
  const widelimit_layer_type* raw = nullptr;
  widelimit_layer_type table{};
  widelimit_type_info info{};
  /// All NULL where not offered.
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

  /// The plugin's own `open`, once. Throws NotLoaded with the reason it gives.
  void open(const widelimit_host& host);

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
