// The widelimit program: finds the verb, runs it, and turns errors into messages and an exit
// status.
#include "common/process_limits.hpp"
#include "crash.hpp"
#include "printable_stream.hpp"
#include "signals.hpp"
#include "verbs.hpp"

#include <widelimit/error.hpp>

#include <malloc.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

namespace widelimit::program {
namespace {

constexpr const char* about = "Kernels and predictions of infinitely wide neural networks.";
constexpr const char* examples =
    "Start with\n"
    "  widelimit check EXP.json      show what an experiment does and what it will cost\n"
    "  widelimit run EXP.json        run it; results and report in EXP.out\n"
    "  widelimit schema > FILE       let an editor complete experiments; see schema --help\n"
    "  widelimit VERB --help         show the options of a verb\n"
    "Exit status: 0 done, 1 failed while running, 2 wrong usage or configuration, 130 interrupted.";

/// How users of this program do what the library proposes.
std::string hint(Remedy remedy) {
  switch (remedy) {
    case Remedy::resume:
      return " (option --resume)";
    case Remedy::allow_plugin_files:
      return " (option --allow-plugin-files)";
    case Remedy::show_search:
      return "; `widelimit plugins --why` shows where was looked";
    default:
      return {};
  }
}

/// A message with a place in a file is printed alone, as editors expect; others begin with the name
/// of the program.
void print(const Error& error) {
  for (const Problem& problem : error.problems())
    std::cerr << (problem.file.empty() && problem.pointer.empty() ? "widelimit: " : "")
              << problem.text() << hint(problem.remedy) << '\n';
}

int status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::usage:
      return usage;
    case ErrorCode::cancelled:
      return interrupted_status();
    default:
      return failed;
  }
}

/// Wrong usage in this program's words, because some messages of CLI11 name its classes.
int refuse(const CLI::ParseError& error, const std::vector<Verb>& verbs,
           const Arguments& arguments) {
  const auto chosen =
      std::find_if(verbs.begin(), verbs.end(), [](const Verb& v) { return v.parser.parsed(); });
  std::string message = error.what();
  if (chosen == verbs.end() && arguments.size() > 1 && arguments[1].front() != '-') {
    message = "\"" + arguments[1] + "\" is not a verb; expected one of ";
    for (const Verb& v : verbs) message += (&v == &verbs.front() ? "" : ", ") + v.parser.name();
  }
  std::cerr << "widelimit: " << message << "\nTry `widelimit"
            << (chosen == verbs.end() ? "" : " " + chosen->parser.name()) << " --help`.\n";
  return usage;
}

int run_verb(const Verb& verb) {
  try {
    return verb.run();
  } catch (const Error& error) {
    print(error);
    return status_of(error);
  } catch (const std::bad_alloc&) {
    std::cerr << "widelimit: there is not enough memory\n";
  } catch (const std::exception& error) {
    std::cerr << "widelimit: internal error: " << error.what() << '\n';
  }
  return failed;
}

int program(const Arguments& arguments) {
  CLI::App app(about, "widelimit");
  app.footer(examples);
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", version_text,
                       "Release, ABI, compiler, BLAS and SIMD target in use");
  const Parser parser(app);
  const std::vector<Verb> verbs{add_run(parser, arguments), add_kernel(parser, arguments),
                                add_check(parser),          add_plugins(parser),
                                add_describe(parser),       add_schema(parser),
                                add_verify(parser),         add_report(parser)};
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend() - 1);
  try {
    app.parse(reversed);
  } catch (const CLI::Success& help) {
    app.exit(help);
    return done;
  } catch (const CLI::ParseError& error) {
    if (arguments.size() == 1) {
      std::cerr << app.help();
      return usage;
    }
    return refuse(error, verbs, arguments);
  }
  const auto chosen = std::find_if(verbs.begin(), verbs.end(),
                                   [](const Verb& verb) { return verb.parser.parsed(); });
  const int status = run_verb(*chosen);
  std::cout.flush();
  if (!std::cout && status == done) {
    std::cerr << "widelimit: the output could not be written\n";
    return failed;
  }
  return status;
}

}  // namespace
}  // namespace widelimit::program

int main(int argc, char** argv) {
  widelimit::apps::restart_within_limits(argv);
  // A file beyond the limit of its size is an error of the write, with a message, as a full disk
  // is.
  std::signal(SIGXFSZ, SIG_IGN);
  // Large blocks go back to the system when they are free. By default the allocator keeps ever
  // larger ones, and a run's peak is more than any part of it needs.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  const widelimit::program::PrintableStream out(std::cout), err(std::cerr);
  widelimit::program::watch_plugins();
  return widelimit::program::program(std::vector<std::string>(argv, argv + argc));
}
