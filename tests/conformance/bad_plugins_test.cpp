// Every wrong plugin is found out by the check that is there for its mistake, in words that name
// it.
#include <conformance/conformance.hpp>

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using widelimit::conformance::CheckOutcome;
using widelimit::conformance::Report;
using widelimit::conformance::Result;

Report report_on(const std::string& name) {
  widelimit::conformance::Options options;
  options.file = std::string(WIDELIMIT_TEST_BAD_PLUGINS) + "/" + name + ".so";
  options.limit = std::chrono::milliseconds(4000);
  return widelimit::conformance::verify(options);
}

const CheckOutcome& outcome_of(const Report& report, std::string_view check) {
  for (const CheckOutcome& o : report.outcomes)
    if (o.check->name == check) return o;
  throw std::runtime_error("no such check");
}

/// The check fails in the given way, and its message contains the words.
void expect(const Report& report, std::string_view check, Result result, std::string_view words) {
  const CheckOutcome& seen = outcome_of(report, check);
  CAPTURE(report.file.string());
  CAPTURE(seen.outcome.message);
  CHECK(to_string(seen.outcome.result) == to_string(result));
  CHECK(seen.outcome.message.find(words) != std::string::npos);
  CHECK_FALSE(report.ok());
}

}  // namespace

TEST_CASE("a factor of two in slope is found, and the message says which moment") {
  const Report report = report_on("wrong_slope");
  expect(report, "ntk-matches-finite", Result::fail, "\"slope\"");
  expect(report, "jvp-vs-differences", Result::fail, "ratio 2");
}

TEST_CASE("a factor of two in moments is found, and the message says which moment") {
  const Report report = report_on("wrong_moment");
  expect(report, "ntk-matches-finite", Result::fail, "\"slope\"");
  CHECK(outcome_of(report, "jvp-vs-differences").outcome.result == Result::pass);
  CHECK(outcome_of(report, "nngp-matches-finite").outcome.result == Result::pass);
}

TEST_CASE("a gathering layer that divides by the wrong number is found, with the ratio") {
  const Report report = report_on("wrong_pool");
  expect(report, "sites-match-finite", Result::fail, "(ratio 12)");
  expect(report, "sites-match-finite", Result::fail, "K'[0, 0]");
  for (const char* const right : {"reads-consistent", "sites-independent", "sites-precise",
                                  "sites-additive", "jvp-vs-differences", "vjp-is-adjoint"})
    CHECK(outcome_of(report, right).outcome.result == Result::pass);
}

TEST_CASE("a gathering layer that leaves out a displacement is found, and which one it is") {
  const Report report = report_on("wrong_reads");
  expect(report, "reads-sufficient", Result::fail,
         "`reads` leaves out input displacement (11): the finite layer takes from the input sites "
         "0 and 11");
  CHECK(outcome_of(report, "reads-consistent").outcome.result == Result::pass);
  CHECK(outcome_of(report_on("wrong_pool"), "reads-sufficient").outcome.result == Result::pass);
}

TEST_CASE("a kernel of sites that no network has is found without a finite layer") {
  expect(report_on("wrong_reach"), "sites-preserve-psd", Result::fail,
         "comes out indefinite (NNGP)");
}

TEST_CASE("a stencil that squares nothing is found in the NNGP, and its NTK is right") {
  const Report report = report_on("wrong_stencil");
  expect(report, "sites-match-finite", Result::fail, "K'[");
  CHECK(outcome_of(report, "sites-match-finite").outcome.message.find("Theta'") ==
        std::string::npos);
  for (const char* const right : {"reads-consistent", "sites-independent", "sites-additive"})
    CHECK(outcome_of(report, right).outcome.result == Result::pass);
}

TEST_CASE("a linear layer whose window is a site off is found, with the pair of sites") {
  const Report report = report_on("wrong_window");
  expect(report, "sites-match-finite", Result::fail, "the planned map gives");
  expect(report, "sites-match-finite", Result::fail, "K'[");
  for (const char* const right : {"jvp-vs-differences", "vjp-is-adjoint", "plan-deterministic"})
    CHECK(outcome_of(report, right).outcome.result == Result::pass);
}

TEST_CASE("a nonlinearity that is wrong on images alone is found, with the site and the number") {
  const Report padding = report_on("wrong_padding"), terms = report_on("wrong_site_terms");
  expect(padding, "windows-equal-materialised", Result::fail,
         "window 1 x 3 with padding: the NNGP is not that of the materialised map; site ");
  // Of 10 padded windows all but the 3 on a single column, where it makes no difference; both
  // kernels in both precisions; nothing else. Four of them are listed.
  expect(padding, "windows-equal-materialised", Result::fail, "and 24 more like these");
  expect(terms, "windows-equal-materialised", Result::fail,
         "the terms from `site_terms` give another NNGP than the variances; site ");
  for (const Report* report : {&padding, &terms})
    for (const char* const right :
         {"pending-equals-materialised", "same-sample-same-bits", "stays-inside-run", "symmetric"})
      CHECK(outcome_of(*report, right).outcome.result == Result::pass);
}

TEST_CASE("a file that is no library is refused, in words and in the loader's") {
  expect(report_on("text"), "exports-one-symbol", Result::fail, "not a shared library");
  expect(report_on("text"), "loads-now-local", Result::fail, "text.so: ");
}

TEST_CASE("libraries without the entry, or with other exports, are refused") {
  expect(report_on("no_symbol"), "exports-one-symbol", Result::fail, "does not export");
  expect(report_on("two_symbols"), "exports-one-symbol", Result::fail, "also exports");
  for (const char* check : {"exports-one-symbol", "loads-now-local"}) {
    const std::string ours = "draft " + std::to_string(WIDELIMIT_ABI_DRAFT);
    expect(report_on("older_draft"), check, Result::fail,
           "draft 1 of the plugin boundary; this program speaks " + ours +
               ": rebuild the plugin with this release's SDK");
    for (const auto& [name, built] :
         {std::pair{"newer_draft", "draft 99"}, {"newer_major", "version 2"}})
      expect(report_on(name), check, Result::fail,
             std::string(built) + " of the plugin boundary, newer than " + ours +
                 ", which this program speaks: use a newer release");
  }
}

TEST_CASE("an undefined symbol is named") {
  expect(report_on("undefined_symbol"), "loads-now-local", Result::fail, "undefined symbol");
}

TEST_CASE("an entry that gives a new descriptor each time is found") {
  expect(report_on("not_idempotent"), "entry-same-pointer-from-two-threads", Result::fail,
         "different descriptors");
}

TEST_CASE("plugins that throw, crash, hang or exit while loading are results like any other") {
  expect(report_on("crashes_in_init"), "loads-now-local", Result::crash, "signal");
  expect(report_on("exits_in_init"), "loads-now-local", Result::crash, "exit");
  expect(report_on("hangs_in_init"), "loads-now-local", Result::timeout, "no answer within");
  expect(report_on("throws_in_entry"), "entry-same-pointer-from-two-threads", Result::fail,
         "exception crossed the boundary");
  expect(report_on("crashes_in_entry"), "entry-same-pointer-from-two-threads", Result::crash,
         "signal");
  expect(report_on("throws_in_create"), "create-defaults", Result::fail,
         "exception crossed the boundary");
}

TEST_CASE("missing fields are named") {
  expect(report_on("no_id"), "fields-present", Result::fail, "id");
  expect(report_on("no_version"), "fields-present", Result::fail, "version");
  expect(report_on("no_create"), "fields-present", Result::fail, "create");
  expect(report_on("bad_schema"), "schema-in-subset", Result::fail, "patternProperties");
}

TEST_CASE("writing outside the run is found") {
  expect(report_on("writes_outside"), "stays-inside-run", Result::fail, "outside its rows");
}

TEST_CASE("a resident plugin may stay") {
  const Report report = report_on("resident");
  CHECK(outcome_of(report, "unloads").outcome.result == Result::pass);
}

TEST_CASE("a file that is not there is a usage error that names it") {
  try {
    static_cast<void>(report_on("nowhere"));
    FAIL("accepted");
  } catch (const widelimit::Error& e) {
    CHECK(e.code() == widelimit::ErrorCode::usage);
    CHECK(std::string(e.what()).find("nowhere.so") != std::string::npos);
  }
}
