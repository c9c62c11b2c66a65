// What a check is given: the plugin under examination, what a host lends it, and where to write the
// verdict. Thread safety: one thread at a time; checks collect what their threads saw and tell it
// afterwards.
#pragma once

#include "conformance.hpp"
#include "plugin.hpp"
#include "random.hpp"

#include <widelimit/examine/host.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::conformance {

class Context {
 public:
  Context(std::filesystem::path file, std::uint64_t seed,
          std::function<void(std::string_view)> doing);
  ~Context();

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// A generator of this check's own: the same numbers for the same seed and `part`.
  [[nodiscard]] Random random(std::uint64_t part = 0) const { return Random(seed_, part); }

  /// Loads it on first use and keeps it open. Throws NotLoaded.
  const Plugin& plugin();
  /// What core lends to plugins.
  const widelimit_host& host();

  /// What is about to be called: told to the user if the process dies of it.
  void doing(std::string what);
  [[nodiscard]] const std::string& was_doing() const noexcept { return doing_; }

  // The verdict. Several problems are all reported; without any, something must have been examined.
  void fail(std::string message);
  void warn(std::string message);
  void examined() { examined_ = true; }
  /// Said beside "pass": what was measured.
  void note(std::string message);
  /// Why a type, or the whole plugin, was not examined.
  void not_examined(std::string reason);

  [[nodiscard]] Outcome outcome() const;

 private:
  std::filesystem::path file_;
  std::uint64_t seed_;
  std::function<void(std::string_view)> report_doing_;
  std::string doing_;
  std::unique_ptr<HostServices> host_;
  std::unique_ptr<Plugin> plugin_;
  std::vector<std::string> failures_, warnings_, notes_, skipped_;
  bool examined_ = false;
};

/// Runs one check here and now; whatever it throws becomes part of the outcome.
[[nodiscard]] Outcome run_here(const Check& check, const std::filesystem::path& file,
                               std::uint64_t seed, std::function<void(std::string_view)> doing);

}  // namespace widelimit::conformance
