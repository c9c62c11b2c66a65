// Right layers pass at every seed, and wrong ones fail for their reason: types of a few libraries,
// each examined by itself.
#include <conformance/conformance.hpp>

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace widelimit::conformance;

Options options_for(const std::string& directory, const std::string& library,
                    const std::string& type, const std::vector<std::string>& only) {
  Options options;
  options.file = directory + "/" + library + ".so";
  if (!type.empty()) options.types = {type};
  for (const std::string& name : only) {
    REQUIRE_MESSAGE(find_check(name) != nullptr, name);
    options.only.push_back(find_check(name));
  }
  return options;
}

Report bad(const std::string& library, const std::string& type,
           const std::vector<std::string>& only) {
  return verify(options_for(WIDELIMIT_TEST_BAD_PLUGINS, library, type, only));
}

/// The one check fails, with this result and these words.
void expect(const std::string& library, const std::string& type, const std::string& check,
            Result result, std::string_view words) {
  const Report report = bad(library, type, {check});
  CAPTURE(type);
  REQUIRE(report.outcomes.size() == 1);
  const Outcome& seen = report.outcomes.front().outcome;
  CAPTURE(seen.message);
  CHECK(to_string(seen.result) == to_string(result));
  CHECK(seen.message.find(words) != std::string::npos);
  CHECK_FALSE(report.ok());
}

}  // namespace

TEST_CASE("right layers pass at every seed") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Options options = options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "layers", "", {});
    options.seed = seed;
    const Report report = verify(options);
    INFO(as_table(report, true));
    CHECK(report.ok());
    CHECK(report.types.size() == 7);
    for (const TypeId& type : report.types) {
      CAPTURE(type.name);
      // Every type is planned and goes through the checks of its kernel.
      CHECK(report.count(Result::pass, type) >= 12);
      CHECK(report.count(Result::warn, type) <= 1);
    }
  }
}

TEST_CASE("a solver with the operator form alone passes at every seed") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Options options = options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "iterative", "", {});
    options.seed = seed;
    const Report report = verify(options);
    INFO(as_table(report, true));
    CHECK(report.ok());
    CHECK(report.count(Result::warn) == 0);
    for (const char* const check : {"residual", "products-of-operator", "not-spd-gives-index",
                                    "concurrent-solve", "leaves-blas-threads-alone"}) {
      options.only = {find_check(check)};
      CAPTURE(check);
      CHECK(verify(options).count(Result::pass) == 1);
    }
  }
}

TEST_CASE("what a solver does with an operator and must not do is found, for its reason") {
  const std::string check = "products-of-operator";
  expect("wrong_solvers", "keeps_operator", check, Result::fail,
         "calls `apply` of an operator whose factor has been released");
  expect("wrong_solvers", "counts_nothing", check, Result::fail,
         "times and reports 0 iterations: count them");
  expect("wrong_solvers", "in_place", check, Result::fail,
         "a product in memory that overlaps that of the vectors");
  expect("wrong_solvers", "goes_on", check, Result::fail,
         "a product returns status 6 (WIDELIMIT_E_CANCELLED), and `solve` answers status 0");
  expect("wrong_solvers", "gives_up", check, Result::fail, "is not that of the equations");
  expect("wrong_solvers", "gives_nan", check, Result::fail, "is not that of the equations");
  expect("wrong_solvers", "gives_nan", "residual", Result::fail, "equations is nan");
  expect("wrong_solvers", "gives_up", "residual", Result::fail, "reports a backward error of 0");
}

TEST_CASE("arrays of the finite face: every write outside them is found, and which array it was") {
  const std::string check = "stays-inside-arrays";
  expect("wrong_arrays", "adds_to_y", check, Result::fail, "adds to it without clearing it");
  expect("wrong_arrays", "skips_y", check, Result::fail, "does not write y[59]");
  expect("wrong_arrays", "behind_y", check, Result::crash, "behind y");
  expect("wrong_arrays", "behind_y", check, Result::crash, "in `forward` while ");
  expect("wrong_arrays", "behind_y_dot", check, Result::crash, "behind y_dot");
  expect("wrong_arrays", "behind_y_dot", check, Result::crash, "in `jvp` while ");
  expect("wrong_arrays", "behind_x_bar", check, Result::crash, "behind x_bar");
  expect("wrong_arrays", "behind_theta", check, Result::crash, "behind theta");
  expect("wrong_arrays", "behind_theta_bar", check, Result::crash, "behind theta_bar");
  expect("wrong_arrays", "before_y", check, Result::fail, "writes before the beginning of y");
  expect("wrong_arrays", "writes_x", check, Result::fail, "forward writes into x");
}

TEST_CASE("plans that cannot be are refused by the name of their member") {
  const std::string check = "plan-plausible";
  expect("wrong_plans", "stride_zero", check, Result::fail, "linear->stride of 0 on axis 0");
  expect("wrong_plans", "negative_padding", check, Result::fail, "linear->pad_low of -1");
  expect("wrong_plans", "wrong_extent", check, Result::fail,
         "gives 11 sites, and output->spatial of 12");
  expect("wrong_plans", "huge_window", check, Result::fail, "linear->window of 1000000000");
  expect("wrong_plans", "rank_seven", check, Result::fail, "linear->rank of 7");
  expect("wrong_plans", "nan_scale", check, Result::fail, "linear->scale of nan");
  expect("wrong_plans", "negative_scale", check, Result::fail, "linear->scale of -1");
  expect("wrong_plans", "unknown_trait", check, Result::fail, "bits that mean nothing");
  expect("wrong_plans", "negative_channels", check, Result::fail, "output->channels of -5");
  expect("wrong_plans", "no_nature", check, Result::fail, "nature 9");
}

TEST_CASE("a plan that cannot be harms no other check") {
  const Report report = bad("wrong_plans", "", {});
  for (const CheckOutcome& seen : report.outcomes) {
    CAPTURE(seen.check->name);
    CAPTURE(seen.outcome.message);
    CHECK(seen.outcome.result != Result::crash);
    CHECK(seen.outcome.result != Result::timeout);
  }
}

TEST_CASE("a kernel that is wrong only at large variance is found") {
  expect("wrong_kernels", "clamped_exp", "correlation-exactly-one", Result::fail,
         "at variance 42 is 3.02507732e+36");
}

TEST_CASE("a nonlinearity that takes images alone is compared on images") {
  expect("wrong_kernels", "on_images", "ntk-matches-finite", Result::fail, "(ratio 2)");
  const Report report =
      bad("wrong_kernels", "on_images", {"nngp-matches-finite", "windows-equal-materialised"});
  INFO(as_table(report, false));
  CHECK(report.count(Result::pass) == 2);
}

TEST_CASE("a stencil that does not refuse samples without sites is examined on images") {
  expect("wrong_kernels", "stencil_of_anything", "sites-match-finite", Result::fail, "K'[");
}

TEST_CASE("a gathering layer that assigns is found without a finite layer") {
  expect("wrong_kernels", "assigns", "sites-additive", Result::fail, "is not the transpose");
}

TEST_CASE("a kernel that is added to what was in the output before is found") {
  expect("wrong_kernels", "pointwise_adds", "stays-inside-run", Result::fail,
         "adds to what was there before");
  expect("wrong_kernels", "stencil_adds", "sites-independent", Result::fail,
         "adds to what was there before");
}

TEST_CASE("a type that accepts no parameters is a failure, until they are named") {
  expect("wrong_kernels", "secretive", "create-random-valid", Result::fail, "--params");
  expect("wrong_kernels", "secretive", "plan-plausible", Result::fail, "--params");
  Options options = options_for(WIDELIMIT_TEST_BAD_PLUGINS, "wrong_kernels", "secretive",
                                {"plan-plausible", "jvp-vs-differences", "symmetric"});
  options.params = R"({"key": 1234.5})";
  const Report report = verify(options);
  INFO(as_table(report, false));
  CHECK(report.ok());
  CHECK(report.count(Result::pass) == 3);
}

TEST_CASE("whatever a plugin prints, in any check, is found") {
  for (const auto& [library, words] :
       {std::pair{"prints", "forward of"}, {"prints_errors", "forward"}}) {
    // By the check alone, and by what the others saw.
    for (const std::vector<std::string>& only :
         {std::vector<std::string>{"prints-nothing"}, {"prints-nothing", "vjp-is-adjoint"}}) {
      const Report report = bad(library, "", only);
      INFO(as_table(report, false));
      CHECK_FALSE(report.ok());
      CHECK(report.outcomes.front().outcome.result == Result::fail);
      CHECK(report.outcomes.front().outcome.message.find(words) != std::string::npos);
    }
  }
}

TEST_CASE("a library that cannot be used is not well, whatever is asked about it") {
  for (const auto& [library, words] : {std::pair{"null_entry", "returns NULL"},
                                       {"needs_newer_host", "needs a host of ABI minor 99"},
                                       {"refuses_to_open", "no licence for this machine"},
                                       {"throws_in_open", "exception crossed"},
                                       {"undefined_symbol", "undefined symbol"}})
    for (const std::vector<std::string>& only :
         {std::vector<std::string>{}, {"symmetric"}, {"exports-one-symbol"}}) {
      const Report report = bad(library, "", only);
      INFO(as_table(report, false));
      CHECK_FALSE(report.ok());
      CHECK_FALSE(report.loaded);
      CHECK(as_table(report, true).find(words) != std::string::npos);
      CHECK(as_json(report, false).find("\"ok\": false") != std::string::npos);
    }
}

TEST_CASE("a check that examines nothing is no success") {
  const Report report =
      verify(options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "layers", "crop", {"symmetric"}));
  CHECK(report.count(Result::skip) == 1);
  CHECK_FALSE(report.ok());
  CHECK(as_summary(report).find("Nothing was examined") != std::string::npos);
}

TEST_CASE("each type has results of its own, and a skip is seen beside another type's pass") {
  const Report report =
      verify(options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "layers", "", {"symmetric"}));
  const CheckOutcome& seen = report.outcomes.front();
  CHECK(seen.types.size() == 7);
  CHECK(seen.outcome.result == Result::pass);
  CHECK(seen.outcome.message.find("skipped: crop, graph, attention: ") != std::string::npos);
  CHECK(as_json(report, false).find("\"type\": \"crop\"") != std::string::npos);
}

TEST_CASE("what does not go with the plugin is a usage error that says what it has") {
  const auto refused = [](const Options& options) {
    try {
      static_cast<void>(verify(options));
    } catch (const widelimit::Error& e) {
      CHECK(e.code() == widelimit::ErrorCode::usage);
      return std::string(e.what());
    }
    return std::string();
  };
  Options options = options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "layers", "corp", {});
  CHECK(refused(options).find("no type \"corp\"; it has exp_closed, image_exp") !=
        std::string::npos);
  options.types.clear();
  options.params = "{}";
  CHECK(refused(options).find("--type") != std::string::npos);
  options.types = {"crop"};
  options.params = R"({"begin": 1, "end": "x"})";
  CHECK(refused(options).find("/end") != std::string::npos);
  for (const char* text : {"", "a", "3,", "0", "-1", "3x3", "1,2,3,4,5,6"})
    CHECK_THROWS_AS(static_cast<void>(parse_shape(text)), widelimit::Error);
  CHECK(parse_shape("28,27,3").channels == 3);
  CHECK(parse_shape("28,27,3").spatial[1] == 27);
  CHECK(parse_shape("12").n_spatial == 0);
}

TEST_CASE("the shape that is given is the one that is examined") {
  Options options =
      options_for(WIDELIMIT_TEST_GOOD_PLUGINS, "layers", "crop", {"plan-plausible", "symmetric"});
  options.params = R"({"begin": 17, "end": 19})";
  const Report small = verify(options);
  CHECK_FALSE(small.ok());
  CHECK(small.outcomes.front().outcome.message.find("--shape") != std::string::npos);
  options.shapes = {parse_shape("20,2")};
  const Report large = verify(options);
  INFO(as_table(large, false));
  CHECK(large.ok());
}
