// `ulimit -v` and `ulimit -d`: under each of them the program ends, done or with a message that
// helps. OpenBLAS alone would wait for ever for buffers that do not fit.
#include "sanitized.hpp"
#include "support/experiments.hpp"

#include <experiment/forecast/forecast.hpp>
#include <experiment/forecast/limits.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit::test;

namespace {

using Arguments = std::vector<std::string>;

constexpr double longest = 60;  // seconds; a busy machine needs one or two
constexpr rlim_t KiB = 1024;    // the unit of ulimit
constexpr int killed = 128 + SIGKILL;

using Kibibytes = std::initializer_list<rlim_t>;

struct Limit {
  decltype(RLIMIT_AS) resource;
  std::string option;  // of ulimit
};
const std::vector<Limit> both_limits{{RLIMIT_AS, "-v"}, {RLIMIT_DATA, "-d"}};

Result run_within(decltype(RLIMIT_AS) resource, rlim_t kib, Arguments arguments) {
  const Result result = run_program(Run{
      .arguments = std::move(arguments), .limits = {{resource, kib * KiB}}, .seconds = longest});
  CHECK(result.status != killed);
  return result;
}

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The N of "`ulimit -v N`" in a refusal; 0 without one.
rlim_t allowed_by(const std::string& text, const std::string& option) {
  const std::string before = "allow more (`ulimit " + option + " ";
  const std::size_t at = text.find(before);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + before.size()));
}

}  // namespace

TEST_CASE("--version ends under every limit") {
  if (sanitized) return;  // memory of its own, beyond any limit
  for (const Limit& limit : both_limits)
    for (const rlim_t kib : Kibibytes{100'000, 150'000, 200'000, 300'000, 600'000, 2'000'000}) {
      CAPTURE(limit.option);
      CAPTURE(kib);
      const Result result = run_within(limit.resource, kib, {"--version"});
      CHECK(result.status == 0);
      CHECK(contains(result.out, "OpenBLAS"));
      CHECK(result.err.empty());
    }
}

TEST_CASE("a run ends under every limit: done, or refused before its first product") {
  if (sanitized) return;  // memory of its own, beyond any limit
  const TemporaryDirectory directory;
  const Arguments run{"run", directory.file("exp.json", regression(300)), "--out",
                      (directory / "out").string()};
  for (const Limit& limit : both_limits)
    for (const char* threads : {"1", "8"}) {
      const Arguments arguments = with(run, {"--threads", threads});
      bool enough = false;
      for (const rlim_t kib : Kibibytes{100'000, 150'000, 250'000, 300'000, 450'000, 1'000'000,
                                        2'000'000, 4'000'000}) {
        CAPTURE(limit.option);
        CAPTURE(kib);
        CAPTURE(threads);
        const Result result = run_within(limit.resource, kib, arguments);
        INFO(result.err);
        CHECK((result.status == 0 || (result.status == 2 && !enough)));
        enough |= result.status == 0;
        if (result.status == 0) continue;
        CHECK(contains(result.err, "for the buffers of OpenBLAS"));
        CHECK(contains(result.err, "that `ulimit " + limit.option + "` allows"));
      }
      CHECK(enough);
    }
}

TEST_CASE("what a refusal says to do lets the run pass") {
  if (sanitized) return;  // memory of its own, beyond any limit
  const TemporaryDirectory directory;
  // Products of samples, an eigendecomposition, and finite networks on several threads.
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 300, "n_features": 8, "n_informative": 4},
             "split": {"test_fraction": 0.2}},
    "network": [{"type": "dense", "width": 64}, "relu", {"type": "dense", "width": 1}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp", "ntk"], "diag_reg": [1e-3, 1e-2]}],
    "finite": {"steps": 5, "ensemble": 3}})");
  const Arguments run{"run", file, "--out", (directory / "out").string()};
  for (const Limit& limit : both_limits)
    for (const char* threads : {"1", "5"}) {
      CAPTURE(limit.option);
      CAPTURE(threads);
      const Arguments arguments = with(run, {"--threads", threads});
      const Result refused = run_within(limit.resource, 100'000, arguments);
      REQUIRE(refused.status == 2);
      const rlim_t kib = allowed_by(refused.err, limit.option);
      INFO(refused.err);
      REQUIRE(kib > 100'000);
      const Result result = run_within(limit.resource, kib, arguments);
      INFO(result.err);
      CHECK(result.status == 0);
    }
  const Result refused = run_within(RLIMIT_AS, 350'000, with(run, {"--threads", "2"}));
  CHECK(contains(refused.err, "; use --threads 1, or allow more"));
  CHECK(run_within(RLIMIT_AS, 350'000, with(run, {"--threads", "1"})).status == 0);
}

TEST_CASE("check warns of a limit, and does not measure") {
  if (sanitized) return;  // memory of its own, beyond any limit
  const TemporaryDirectory directory;
  const Result result = run_within(
      RLIMIT_AS, 300'000, {"check", directory.file("exp.json", regression(30)), "--threads", "4"});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "that `ulimit -v` allows"));
  CHECK(result.out.find("  time ") == std::string::npos);
}

TEST_CASE("the verbs without products need no room for them, and verify says that it does") {
  if (sanitized) return;  // memory of its own, beyond any limit
  for (const Arguments& arguments :
       {Arguments{"plugins"}, {"describe", "relu"}, {"schema"}, {"run", "--help"}})
    CHECK(run_within(RLIMIT_AS, 150'000, arguments).status == 0);
  const std::string plugin = WIDELIMIT_TEST_PLUGINS "/cholesky.so";
  const Result verify = run_within(RLIMIT_AS, 300'000, {"verify", plugin});
  CHECK((verify.status == 2 || contains(verify.err, "without the conformance checks")));
  CHECK(contains(verify.err, "widelimit: "));
}

TEST_CASE("one SIGTERM ends a run under a limit") {
  if (sanitized) return;  // memory of its own, beyond any limit
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 3000, "n_features": 8, "n_informative": 4}},
    "network": [{"repeat": 300, "layers": [{"type": "dense", "W_std": 1.4, "b_std": 0.1}, "relu"]},
                {"type": "dense"}]})");
  for (const rlim_t kib : Kibibytes{300'000, 2'000'000}) {
    CAPTURE(kib);
    const std::filesystem::path out = directory / std::to_string(kib);
    Running running(Run{.arguments = {"kernel", file, "--threads", "2", "--out", out.string()},
                        .limits = {{RLIMIT_AS, kib * KiB}},
                        .seconds = longest});
    const bool began = running.wait_for(out / "run.json");
    running.signal(SIGTERM);
    const Result result = running.wait();
    INFO(result.err);
    CHECK(result.status == (began ? 128 + SIGTERM : 2));
    CHECK(began == (kib > 1'000'000));
  }
}

TEST_CASE("a refusal names the limit, the numbers and what is enough") {
  using widelimit::apps::AddressSpace;
  constexpr double MiB = 1 << 20, none = std::numeric_limits<double>::infinity();
  const widelimit::experiment::Forecast forecast{.memory_bytes = 100 * MiB,
                                                 .address_space = {2000 * MiB, 1500 * MiB},
                                                 .for_thread = {300 * MiB, 250 * MiB}};
  const auto refusal = [&](const AddressSpace& limits) {
    return beyond_limits(forecast, 4, limits).value_or("");
  };
  CHECK(refusal({none, none}).empty());
  CHECK(refusal({2000 * MiB, 1500 * MiB}).empty());
  CHECK(refusal({1500 * MiB, none}) ==
        "this run needs about 2.0 GiB of address space on 4 threads (896 MiB of it for the buffers "
        "of OpenBLAS), more than the 1.5 GiB that `ulimit -v` allows; use --threads 2, or allow "
        "more (`ulimit -v 2070000`)");
  CHECK(refusal({none, 720 * MiB}) ==
        "this run needs about 1.5 GiB of private memory on 4 threads (896 MiB of it for the "
        "buffers of OpenBLAS), more than the 720 MiB that `ulimit -d` allows; lower \"limit\" in "
        "the data, or allow more (`ulimit -d 1560000`); `ulimit -d 780000` is enough for "
        "--threads 1");
  CHECK(refusal({none, 300 * MiB}).find("lower") == std::string::npos);
}
