// widelimit verify: does a plugin keep the rules of the boundary and of mathematics?
#include "verbs.hpp"

#include <widelimit/error.hpp>

#if WIDELIMIT_HAS_CONFORMANCE
#include "common/numbers.hpp"
#include "common/process_limits.hpp"
#include "conformance/conformance.hpp"
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>

namespace widelimit::program {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> checks, types, shapes;
  std::string params;
  std::uint64_t seed = 0;
  int timeout = 20;
  bool json = false, only_failed = false, in_process = false, list = false;
};

#if WIDELIMIT_HAS_CONFORMANCE
std::vector<const conformance::Check*> chosen(const std::vector<std::string>& names) {
  std::vector<const conformance::Check*> checks;
  for (const std::string& name : names) {
    const conformance::Check* check = conformance::find_check(name);
    if (!check)
      throw Error(ErrorCode::usage,
                  "there is no check \"" + name + "\"; `widelimit verify --list` shows them all");
    checks.push_back(check);
  }
  return checks;
}

/// A call of OpenBLAS whose buffer does not fit never returns: that is no fault of the plugin.
void require_room() {
  constexpr int most_threads = 8;  // at once, in a check, with some room for the rest
  const double needed = most_threads * apps::blas_thread_bytes();
  const apps::AddressSpace most = apps::address_space_limit(), used = apps::address_space_in_use();
  const double room = std::min(most.all - used.all, most.data - used.data);
  if (room < needed)
    throw Error(ErrorCode::usage,
                "plugins are examined on several threads, whose buffers of OpenBLAS take up to " +
                    apps::bytes_text(needed) + " of address space; `ulimit -v` and `ulimit -d` " +
                    "leave " + apps::bytes_text(std::max(room, 0.0)) + ": allow more");
}

int run(const Options& options) {
  if (options.list) {
    std::cout << (options.json ? conformance::list_as_json() : conformance::list_as_table());
    return done;
  }
  if (options.file.empty())
    throw Error(ErrorCode::usage, "verify needs the file of a plugin: widelimit verify PLUGIN.so");
  require_room();
  conformance::Options verify;
  verify.file = options.file;
  verify.seed = options.seed;
  verify.only = chosen(options.checks);
  verify.types = options.types;
  verify.params = options.params;
  for (const std::string& shape : options.shapes)
    verify.shapes.push_back(conformance::parse_shape(shape));
  verify.limit = std::chrono::seconds(options.timeout);
  verify.in_process = options.in_process;
  const conformance::Report report = conformance::verify(verify);
  if (options.json)
    std::cout << conformance::as_json(report, options.only_failed);
  else if (report.loaded)
    std::cout << conformance::as_table(report, options.only_failed)
              << conformance::as_summary(report);
  else
    std::cout << conformance::as_table(report, true);  // only why it cannot be used
  return report.ok() ? done : report.loaded ? failed : usage;
}
#else
int run(const Options&) {
  throw Error(ErrorCode::unsupported, "this program was built without the conformance checks");
}
#endif

}  // namespace

Verb add_verify(const Parser& program) {
  auto options = std::make_shared<Options>();
  const Parser verb = program.verb(
      "verify", "Check that a plugin keeps its contract, and that its mathematics is right");
  verb.option("plugin", options->file, "File of the plugin", "PLUGIN.so");
  verb.repeatable_option("--check", options->checks, "Run only this check (repeatable)", "NAME");
  verb.repeatable_option("--type", options->types, "Examine only this type (repeatable)", "NAME");
  verb.option("--params", options->params, "Examine the type with these parameters alone", "JSON");
  verb.repeatable_option("--shape", options->shapes,
                         "Input of a layer: channels (12), or sites and channels (28,28,3); "
                         "several times: of each of its inputs",
                         "N,...");
  constexpr int longest = 24 * 60 * 60;
  verb.option("--timeout", options->timeout, 1, longest,
              "Time for each call of the plugin, of the processor [20]", "SECONDS");
  verb.option("--seed", options->seed, "Seed of the random draws [0]", "N");
  verb.flag("--only-failed", options->only_failed, "Show only checks that did not pass");
  verb.flag("--in-process", options->in_process, "Run the checks in this process, for a debugger");
  verb.flag("--list", options->list, "List the checks");
  verb.flag("--json", options->json, "Print the result as JSON");
  return {verb, [options] { return run(*options); }};
}

}  // namespace widelimit::program
