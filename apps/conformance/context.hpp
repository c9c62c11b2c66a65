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
  /// `only`: the one type that is examined; NULL: all. Both outlive the context.
  Context(const Options& options, const TypeId* only,
          std::function<void(std::string_view)> on_activity);
  ~Context();

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return options_.file; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return options_.seed; }
  /// The parameters and shapes that the user wants examined.
  [[nodiscard]] const Options& options() const noexcept { return options_; }
  /// A generator of this check's own: the same numbers for the same seed and `part`.
  [[nodiscard]] Random random(std::uint64_t part = 0) const { return Random(seed(), part); }

  /// Loads the plugin on first use and keeps it open, with the type that is examined. Throws
  /// NotLoaded.
  const Plugin& plugin();
  /// The services that core offers to plugins.
  const widelimit_host& host();

  /// What the check is about to call ("creating relu"); named in the report if the process crashes.
  /// Each call of this also says that the check has not come to a standstill.
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
  const Options& options_;
  const TypeId* only_;
  std::function<void(std::string_view)> on_activity_;
  std::string activity_;
  std::unique_ptr<HostServices> host_;
  std::unique_ptr<Plugin> plugin_;
  std::vector<std::string> failures_, warnings_, notes_, skipped_;
  bool examined_ = false;
};

/// Runs one check in this process; whatever it throws becomes part of the outcome.
[[nodiscard]] Outcome run_check(const Check& check, const Options& options, const TypeId* only,
                                std::function<void(std::string_view)> on_activity);

}  // namespace widelimit::conformance
