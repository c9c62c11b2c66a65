// Collecting a verdict.
#include "context.hpp"

#include <widelimit/error.hpp>

#include <algorithm>

namespace widelimit::conformance {
namespace {

/// The first few of many messages, one a line.
std::string join(const std::vector<std::string>& messages) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(messages.size(), most); ++i)
    text += (i == 0 ? "" : "\n") + messages[i];
  if (messages.size() > most)
    text += "\nand " + std::to_string(messages.size() - most) + " more like these";
  return text;
}

void add_once(std::vector<std::string>& list, std::string message) {
  if (std::find(list.begin(), list.end(), message) == list.end())
    list.push_back(std::move(message));
}

}  // namespace

Context::Context(const Options& options, const TypeId* only,
                 std::function<void(std::string_view)> on_activity)
    : options_(options), only_(only), on_activity_(std::move(on_activity)) {}

Context::~Context() = default;

const Plugin& Context::plugin() {
  if (!plugin_) {
    set_activity("loading the library");
    auto library = std::make_unique<Library>(file());
    set_activity("calling " WIDELIMIT_ENTRY_SYMBOL);
    plugin_ = std::make_unique<Plugin>(std::move(library));
    set_activity("opening the plugin");
    plugin_->open(host());
    if (only_ != nullptr) plugin_->keep_only(*only_);
  }
  return *plugin_;
}

const widelimit_host& Context::host() {
  if (!host_) host_ = std::make_unique<HostServices>(2);
  return host_->abi();
}

void Context::set_activity(std::string activity) {
  if (on_activity_) on_activity_(activity);
  activity_ = std::move(activity);
}

void Context::fail(std::string message) {
  examined_ = true;
  add_once(failures_, std::move(message));
}

void Context::warn(std::string message) {
  examined_ = true;
  add_once(warnings_, std::move(message));
}

void Context::note(std::string message) {
  examined_ = true;
  add_once(notes_, std::move(message));
}

void Context::skip(std::string reason) { add_once(skipped_, std::move(reason)); }

Outcome Context::outcome() const {
  if (!failures_.empty()) return {Result::fail, join(failures_), 0};
  if (!warnings_.empty()) return {Result::warn, join(warnings_), 0};
  if (examined_) return {Result::pass, join(notes_), 0};
  return {Result::skip, join(skipped_), 0};
}

Outcome run_check(const Check& check, const Options& options, const TypeId* only,
                  std::function<void(std::string_view)> on_activity) {
  const auto start = std::chrono::steady_clock::now();
  Context context(options, only, std::move(on_activity));
  try {
    check.run(context);
  } catch (const NotLoaded& e) {
    context.skip(std::string("the plugin was not loaded: ") + e.what());
  } catch (const Finding& e) {
    context.fail(e.what());
  } catch (const EscapedException& e) {
    context.fail("an exception crossed the boundary while " + context.activity() + ": " + e.what() +
                 "; catch it in the plugin and return WIDELIMIT_E_INTERNAL");
  } catch (const std::exception& e) {
    context.fail("the check could not be completed while " + context.activity() + ": " + e.what());
  }
  Outcome outcome = context.outcome();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace widelimit::conformance
