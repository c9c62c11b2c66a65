// What a check works with: the plugin under examination, the services of a host, and the verdict.
// Thread safety: one thread at a time; a check with several threads reports after they have ended.
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
          std::function<void(std::string_view)> on_activity);
  ~Context();

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// A generator of this check's own: the same numbers for the same seed and `part`.
  [[nodiscard]] Random random(std::uint64_t part = 0) const { return Random(seed_, part); }

  /// Loads the plugin on first use and keeps it open. Throws NotLoaded.
  const Plugin& plugin();
  /// The services that core offers to plugins.
  const widelimit_host& host();

  /// What the check is about to call ("creating relu"); named in the report if the process crashes.
  void set_activity(std::string activity);
  [[nodiscard]] const std::string& activity() const noexcept { return activity_; }

  // The verdict. All problems are reported; a check without any passes if it examined something.
  void fail(std::string message);
  void warn(std::string message);
  void mark_examined() { examined_ = true; }
  /// A measurement, shown beside "pass".
  void note(std::string message);
  /// Why a type, or the whole plugin, was not examined.
  void skip(std::string reason);

  [[nodiscard]] Outcome outcome() const;

 private:
  std::filesystem::path file_;
  std::uint64_t seed_;
  std::function<void(std::string_view)> on_activity_;
  std::string activity_;
  std::unique_ptr<HostServices> host_;
  std::unique_ptr<Plugin> plugin_;
  std::vector<std::string> failures_, warnings_, notes_, skipped_;
  bool examined_ = false;
};

/// Runs one check in this process; whatever it throws becomes part of the outcome.
[[nodiscard]] Outcome run_check(const Check& check, const std::filesystem::path& file,
                                std::uint64_t seed,
                                std::function<void(std::string_view)> on_activity);

}  // namespace widelimit::conformance
