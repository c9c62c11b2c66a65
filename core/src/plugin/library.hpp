// One plugin file: probed without running it, then loaded and kept. Only library.cpp uses
// Boost.DLL.
#pragma once

#include <widelimit/abi.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace widelimit::detail {

/// A loaded plugin, one object for each file, which all runtimes share. Objects that it creates
/// hold a pointer to it, so the library outlives them.
class Library {
 public:
  virtual ~Library() = default;
  [[nodiscard]] const widelimit_plugin& plugin() const noexcept { return plugin_; }
  [[nodiscard]] const std::vector<widelimit_layer_type>& layers() const noexcept { return layers_; }
  [[nodiscard]] const std::vector<widelimit_type_info>& layer_infos() const noexcept {
    return layer_infos_;
  }
  [[nodiscard]] const std::vector<widelimit_solver_type>& solvers() const noexcept {
    return solvers_;
  }
  [[nodiscard]] const std::vector<widelimit_type_info>& solver_infos() const noexcept {
    return solver_infos_;
  }
  /// Empty for a plugin that is part of the program.
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// Calls the plugin's `open`, the first time only. `lender` keeps the host's services alive as
  /// long as this object. Throws Error with the plugin's reason.
  void open(const widelimit_host& host, std::shared_ptr<const void> lender);

 protected:
  /// Copies the descriptor and its tables into full-size structs: this is the only check of sizes.
  /// Throws Error(usage) that names what is missing.
  void adopt(const widelimit_plugin* plugin, std::filesystem::path file);
  void close() noexcept;

 private:
  widelimit_plugin plugin_{};
  std::vector<widelimit_layer_type> layers_;
  std::vector<widelimit_infinite_face> infinite_;
  std::vector<widelimit_finite_face> finite_;
  std::vector<widelimit_type_info> layer_infos_, solver_infos_;
  std::vector<widelimit_solver_type> solvers_;
  std::filesystem::path file_;
  std::mutex opening_;
  bool opened_ = false;
  std::shared_ptr<const void> lender_;
};

/// The result of a probe of a file's symbols, which runs none of its code.
struct Probe {
  bool is_plugin = false;
  std::string reason;  ///< why it is not a plugin, in one clause
};
[[nodiscard]] Probe probe(const std::filesystem::path& file);

/// Loads a file. Throws Error(usage) with the reason if it cannot be used; the message does not
/// contain the file's name. `unload` false: the library stays for the life of the process (stacks
/// of profilers and sanitizers keep their names, and some dependencies are never safe to unload).
[[nodiscard]] std::shared_ptr<Library> load_library(const std::filesystem::path& file, bool unload);
/// A plugin that is part of the program. Throws Error(usage) if its tables are incomplete.
[[nodiscard]] std::shared_ptr<Library> program_library(const widelimit_plugin* plugin);

/// `<libdir>/widelimit/plugins-0` beside the library (or program) that contains this code.
[[nodiscard]] std::filesystem::path install_plugin_directory();

}  // namespace widelimit::detail
