// widelimit report: pictures and report.html of a finished run, drawn again.
#include "verbs.hpp"

#include <widelimit/error.hpp>

#if WIDELIMIT_HAS_REPORT
#include "experiment/directory.hpp"
#include "report/report.hpp"
#endif

#include <iostream>
#include <memory>
#include <optional>

namespace widelimit::program {
namespace {

int run(const std::string& directory) {
#if WIDELIMIT_HAS_REPORT
  std::optional<experiment::DirectoryLock> lock;  // keeps runs out
  if (std::filesystem::exists(std::filesystem::path(directory) / "run.json"))
    lock.emplace(directory);
  const report::Outcome outcome = report::draw(directory);
  experiment::list_files(directory, outcome.files);
  for (const std::string& warning : outcome.warnings) std::cerr << "warning: " << warning << '\n';
  std::cout << (std::filesystem::path(directory) / "report.html").string() << '\n';
  return done;
#else
  throw Error(ErrorCode::unsupported, directory + ": this program was built without the report");
#endif
}

}  // namespace

Verb add_report(const Parser& program) {
  auto directory = std::make_shared<std::string>();
  const Parser verb =
      program.verb("report", "Draw the plots and report.html of a finished run again");
  verb.required_option("directory", *directory, "Directory of the run", "DIR");
  return {verb, [directory] { return run(*directory); }};
}

}  // namespace widelimit::program
