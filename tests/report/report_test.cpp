// The report as a whole: from a directory to pictures and a page.
#include "report/report.hpp"

#include "markup.hpp"
#include "run_directory.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

using namespace widelimit;
using test::Markup;
using test::RunDirectory;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool has(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string join(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& entry : list) text += entry + "\n";
  return text;
}

std::size_t pictures(const report::Outcome& outcome) {
  return static_cast<std::size_t>(
      std::count_if(outcome.files.begin(), outcome.files.end(),
                    [](const auto& file) { return file.extension() == ".svg"; }));
}

/// What every report must be, whatever it shows.
Markup check_page(const std::string& html) {
  Markup page = test::read_markup(html);
  CHECK_MESSAGE(page.problems.empty(), join(page.problems));
  const std::set<std::string> ids(page.ids.begin(), page.ids.end());
  CHECK(ids.size() == page.ids.size());
  for (const std::string& reference : page.references) {
    const bool is_inside = reference.starts_with('#') && ids.count(reference.substr(1)) == 1;
    CHECK_MESSAGE((is_inside || reference.starts_with("data:image/png;base64,")), reference);
  }
  CHECK_FALSE(has(page.elements, "script"));
  CHECK_FALSE(has(page.elements, "img"));
  CHECK_FALSE(has(page.elements, "iframe"));
  CHECK_FALSE(has(page.elements, "link"));
  for (const std::string& attribute : page.attributes)
    CHECK_MESSAGE(!attribute.starts_with("on"), attribute);
  CHECK_FALSE(contains(html, "url("));
  CHECK_FALSE(contains(html, "@import"));
  return page;
}

/// PATH without gnuplot, until the end of the scope.
class NoGnuplot {
 public:
  explicit NoGnuplot(const std::filesystem::path& elsewhere) {
    if (const char* path = std::getenv("PATH")) before_ = path;
    ::setenv("PATH", elsewhere.c_str(), 1);
  }
  ~NoGnuplot() { ::setenv("PATH", before_.c_str(), 1); }
  NoGnuplot(const NoGnuplot&) = delete;
  NoGnuplot& operator=(const NoGnuplot&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a finished run becomes pictures and a page that loads nothing") {
  const RunDirectory run;
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  // 2 features, 3 blocks of 2 kernels, and one inference three times: truth, losses, finite.
  CHECK(pictures(outcome) == 2 + 6 + 1 + 1 + 1);
  for (const auto& file : outcome.files) CHECK(std::filesystem::file_size(run.path() / file) > 0);
  const Markup page = check_page(run.read("report.html"));
  CHECK(std::count(page.elements.begin(), page.elements.end(), "svg") == 11);
  for (const char* section : {"experiment", "data", "network", "kernels", "predictions", "losses",
                              "finite", "metrics", "solves", "timings", "reproduce"})
    CHECK_MESSAGE(has(page.ids, section), section);
}

TEST_CASE("the page says in words and numbers what the record holds") {
  const RunDirectory run;
  report::draw(run.path());
  const std::string html = run.read("report.html");
  CHECK(contains(html, "9 training samples, 2 features, 1 output; 4 test samples."));
  CHECK(contains(html, "dense 64 → relu → dense 1"));
  CHECK(contains(html, "at t = ∞, learning rate 1, with variances, solved by eigh."));
  CHECK(contains(html, "<td>0.2500</td>"));       // rmse
  CHECK(contains(html, "<td>0.99997</td>"));      // r2: as many digits as set it apart from 1
  CHECK(contains(html, "<td>75 %</td>"));         // coverage
  CHECK(contains(html, "<td>−0.1250</td>"));      // correlation, with a true minus sign
  CHECK(contains(html, "8.000 × 10⁻⁵"));          // rcond
  CHECK(contains(html, "<td>375 ms</td>"));       // phases together
  CHECK(contains(html, "18446744073709551615"));  // a seed is not rounded
  CHECK(contains(html, "widelimit run &#39;it&#39;\\&#39;&#39;s small.json&#39;"));
  CHECK(contains(html, "00112233445566778899aabbccddeeff"));
  // Of two networks each is a distance; nothing is known of the error of their spread.
  CHECK(contains(html, "Relative difference of means"));
  CHECK(contains(html, "chance alone gives about 0.71 for the mean of 2 networks"));
  CHECK(contains(html, "careful: A small run"));
  CHECK_FALSE(contains(html, "NLPD"));  // null everywhere
}

TEST_CASE("every picture of a file of its own is well-formed and says what it shows") {
  const RunDirectory run;
  for (const auto& file : report::draw(run.path()).files) {
    if (file.extension() != ".svg") continue;
    const Markup svg = test::read_markup(run.read(file));
    CHECK_MESSAGE(svg.problems.empty(), file.string() << ": " << join(svg.problems));
    CHECK(svg.elements.front() == "svg");
    CHECK(has(svg.elements, "title"));
    CHECK_FALSE(contains(run.read(file), "var(--"));  // not every viewer knows variables
  }
}

TEST_CASE("names and titles that would be markup, scripts or commands stay text") {
  test::Names names;
  names.title = "</title></style><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>";
  names.feature = "`touch pwned`'; system('touch pwned') #";
  names.other_feature = "{/Bold x}\n!touch pwned\n\\n @m $d1 %s";
  names.output = "<text onload='x'></svg><script>y</script>]]>-->";
  names.method = "it's 100% & `touch pwned` <b>";
  const RunDirectory run(names);
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(pictures(outcome) == 11);
  CHECK_FALSE(std::filesystem::exists("pwned"));
  CHECK_FALSE(std::filesystem::exists(run.path() / "pwned"));
  const Markup page = check_page(run.read("report.html"));
  CHECK(contains(page.text, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  // As a label inside a picture, to the letter.
  CHECK(contains(run.read("plots/data.x0.y0.svg"),
                 "`touch pwned`&#39;; system(&#39;touch pwned&#39;) #"));
  for (const auto& file : outcome.files) {
    if (file.extension() != ".svg") continue;
    const Markup svg = test::read_markup(run.read(file));
    CHECK_MESSAGE(svg.problems.empty(), file.string() << ": " << join(svg.problems));
    CHECK_FALSE(has(svg.elements, "script"));
  }
}

TEST_CASE("what a run did not write is left out without a word") {
  const RunDirectory run;
  SUBCASE("no test set: no predictions, no finite networks") {
    run.remove("predictions");
    run.remove("finite");
    run.remove("kernel/test_train.nngp.npy");
    const report::Outcome outcome = report::draw(run.path());
    CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
    CHECK(pictures(outcome) == 2 + 5 + 1);
  }
  SUBCASE("kernels alone") {
    for (const char* part : {"predictions", "finite", "loss", "data", "metrics.json"})
      run.remove(part);
    const report::Outcome outcome = report::draw(run.path());
    CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
    CHECK(pictures(outcome) == 6);
  }
  SUBCASE("finite networks alone still show their losses") {
    run.remove("loss");
    CHECK(pictures(report::draw(run.path())) == 11);
    CHECK(std::filesystem::exists(run.path() / "plots/loss.finite.svg"));
  }
  SUBCASE("nothing but the record, and that empty") {
    for (const char* part : {"predictions", "finite", "loss", "data", "kernel", "metrics.json"})
      run.remove(part);
    run.write("run.json", "{}");
    const report::Outcome outcome = report::draw(run.path());
    CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
    CHECK(outcome.files.size() == 1);
  }
  check_page(run.read("report.html"));
}

TEST_CASE("what is broken is a warning that names the file, and the rest is shown") {
  const RunDirectory run;
  run.write("kernel/train_train.ntk.npy", "this is no array");
  run.edit("data/scatter.csv", "train,0.5", "train,half");
  run.write("metrics.json", "{\"a\": ");
  const report::Outcome outcome = report::draw(run.path());
  const std::string warnings = join(outcome.warnings);
  CHECK(outcome.warnings.size() == 3);
  CHECK(contains(warnings, "train_train.ntk.npy: is not an .npy file"));
  CHECK(contains(warnings, "scatter.csv:3:7: \"half"));
  CHECK(contains(warnings, "metrics.json:1:"));
  CHECK(pictures(outcome) == 5 + 1 + 1 + 1);
  const std::string html = run.read("report.html");
  check_page(html);
  CHECK(contains(html, "4 warnings"));  // with the run's own
  CHECK(contains(html, "not an .npy file"));
}

TEST_CASE("without gnuplot there is a warning and a report without pictures") {
  const RunDirectory run;
  const NoGnuplot scope(run.path());
  const report::Outcome outcome = report::draw(run.path());
  REQUIRE(outcome.warnings.size() == 1);
  CHECK(contains(outcome.warnings[0], "gnuplot was not found in PATH"));
  CHECK(pictures(outcome) == 0);
  const std::string html = run.read("report.html");
  const Markup page = check_page(html);
  CHECK_FALSE(has(page.elements, "svg"));
  CHECK_FALSE(has(page.ids, "kernels"));  // no heading over nothing
  CHECK(has(page.ids, "metrics"));
  CHECK(contains(html, "gnuplot was not found in PATH"));
}

TEST_CASE("a gnuplot that fails is a warning with its words") {
  const RunDirectory run;
  run.write("bin/gnuplot", "#!/bin/sh\necho 'no such terminal' >&2\nexit 3\n");
  std::filesystem::permissions(run.path() / "bin/gnuplot", std::filesystem::perms::owner_all);
  const NoGnuplot scope(run.path() / "bin");
  const report::Outcome outcome = report::draw(run.path());
  CHECK(outcome.warnings.size() == 11);
  CHECK(contains(outcome.warnings[0], "plots/data.x0.y0.svg"));
  CHECK(contains(outcome.warnings[0], "no such terminal"));
  check_page(run.read("report.html"));
}

TEST_CASE("a record that is missing or broken is an error that names it") {
  const RunDirectory run;
  const auto message = [&]() -> std::string {
    try {
      report::draw(run.path());
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::usage);
      return error.what();
    }
    return "no error";
  };
  SUBCASE("missing") {
    run.remove("run.json");
    CHECK(contains(message(), "run.json: no such file"));
  }
  SUBCASE("cut off") {
    run.write("run.json", "{\n \"title\": \"a");
    CHECK(contains(message(), "run.json:2:"));
  }
  SUBCASE("text after the end") {
    run.write("run.json", "{}\n{}");
    CHECK(contains(message(), "run.json:2:1: "));
  }
  SUBCASE("not an object") {
    run.write("run.json", "[]");
    CHECK(contains(message(), "run.json: expected an object"));
  }
  SUBCASE("empty") {
    run.write("run.json", "");
    CHECK(contains(message(), "run.json:1:1: "));
  }
  SUBCASE("nested beyond reason") {
    run.write("run.json", std::string(100'000, '['));
    CHECK(contains(message(), "run.json:1:"));
  }
}

TEST_CASE("a run that failed says so first") {
  const RunDirectory run;
  run.edit("run.json", "\"finished\", \"error\": null, \"kept\": []",
           "\"failed\", \"error\": \"not <positive> definite\", \"kept\": [\"kernels\"]");
  report::draw(run.path());
  const std::string html = run.read("report.html");
  check_page(html);
  CHECK(contains(html, "This run failed"));
  CHECK(contains(html, "not &lt;positive&gt; definite"));
  CHECK(contains(html, "<li>kernels</li>"));
  CHECK(html.find("This run failed") < html.find("<h2>Experiment</h2>"));
}

TEST_CASE("finite and infinite networks share one axis of time") {
  // Gradient flow runs in learning_rate * t, a finite network in learning_rate * step.
  test::Names names;
  SUBCASE("equal learning rates: a step is a unit of time") {
    names.inference_rate = 0.1;
    const RunDirectory run(names);
    report::draw(run.path());
    CHECK(contains(run.read("report.html"), "one step is 1 of time"));
  }
  SUBCASE("else their ratio") {
    const RunDirectory run(names);
    report::draw(run.path());
    CHECK(contains(run.read("report.html"), "one step is 0.1 of time"));
  }
}

TEST_CASE("a large kernel is shown by every k-th row and column") {
  const RunDirectory run;
  run.write_npy("kernel/train_train.ntk.npy", {600, 600},
                [](int i) { return i % 600 == i / 600 ? 1.0 : 0.0; });
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  const std::string html = run.read("report.html");
  CHECK(contains(html, "600 × 600, values from 0 to 1. One of 3 rows and columns is shown."));
}

TEST_CASE("several times: the last one is drawn, the metrics have a column each") {
  const RunDirectory run;
  const std::string id = "gradient_descent_mse_ensemble.ntk";
  run.write("predictions/" + id + ".csv",
            "sample,output,time,mean,truth\n0,0,inf,1,1\n0,0,5,9,1\n1,0,inf,2,2\n1,0,5,9,2\n");
  run.write("metrics.json",
            "{\"" + id + R"(": [{"time": 5, "rmse": 0.5}, {"time": "inf", "rmse": 0.125}]})");
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  const std::string html = run.read("report.html");
  check_page(html);
  CHECK(contains(html, "Predicted mean at t = ∞ against the truth"));
  CHECK_FALSE(contains(html, "Bars: ± 2 standard deviations"));  // no covariance was asked for
  CHECK(contains(html, "<small>t&nbsp;=&nbsp;5</small>"));
  CHECK(contains(html, "<small>t&nbsp;=&nbsp;∞</small>"));
}

TEST_CASE("one feature: the prediction is drawn along it") {
  const RunDirectory run;
  run.edit("run.json", "\"features\": 2", "\"features\": 1");
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(std::filesystem::exists(run.path() / "plots/curve.gradient_descent_mse_ensemble.ntk.svg"));
  CHECK(contains(run.read("report.html"), "the band is ± 2 standard deviations wide"));
}

TEST_CASE("times that no logarithmic axis can show make no picture of a course") {
  const RunDirectory run;
  run.write("loss/gradient_descent_mse_ensemble.ntk.csv",
            "time,train_mean_loss,test_mean_loss\n0,1,1\ninf,0.5,0.5\n");
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK_FALSE(
      std::filesystem::exists(run.path() / "plots/loss.gradient_descent_mse_ensemble.ntk.svg"));
  CHECK(std::filesystem::exists(run.path() / "plots/loss.finite.svg"));
}

TEST_CASE("losses of zero, infinity and not-a-number do not spoil the picture") {
  const RunDirectory run;
  run.write(
      "loss/gradient_descent_mse_ensemble.ntk.csv",
      "time,train_mean_loss,test_mean_loss\n0,1,1\n1,1e-320,0.5\n2,0,nan\n3,0,inf\n4,0.1,0.1\n");
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(pictures(outcome) == 11);
}

TEST_CASE("an axis is named however long the labels of its ticks are") {
  const RunDirectory run;
  run.write("loss/gradient_descent_mse_ensemble.ntk.csv",
            "time,train_mean_loss\n10,3e-7\n100,2e-7\n1000,0.9e-7\n");
  run.remove("finite/losses.csv");
  report::draw(run.path());
  const std::string picture = run.read("plots/loss.gradient_descent_mse_ensemble.ntk.svg");
  for (const char* part : {">loss<", ">10<", ">1000<", "10⁻⁷<"})
    CHECK_MESSAGE(contains(picture, part), part);
}

TEST_CASE("predicted classes are shown against true ones in a confusion matrix") {
  const RunDirectory run;
  const std::string id = "gradient_descent_mse_ensemble.ntk";
  // Three samples of two classes; the second of class 1 is taken for class 0.
  run.write("predictions/" + id + ".csv",
            "sample,output,mean,truth\n0,0,0.9,0.5\n0,1,0.1,-0.5\n1,0,0.2,-0.5\n1,1,0.8,0.5\n"
            "2,0,0.6,-0.5\n2,1,0.4,0.5\n");
  run.write("metrics.json", "{\"" + id + R"(": {"accuracy": 0.6667}})");
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(std::filesystem::exists(run.path() / ("plots/classes." + id + ".svg")));
  CHECK_FALSE(std::filesystem::exists(run.path() / ("plots/prediction." + id + ".y0.svg")));
  CHECK(contains(run.read("report.html"), "2 of 3 test samples are on the diagonal"));
}

TEST_CASE("samples that are pictures are shown as such, by class or with their targets") {
  const RunDirectory run;
  run.write_npy("data/pictures.npy", {3, 4, 5, 1}, [](int i) { return i - 10.0; });
  run.write("data/pictures.csv", "sample,class\n0,0\n4,0\n2,1\n");
  report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(pictures(outcome) == 9);  // without the two of a feature against the target
  std::string html = run.read("report.html");
  for (const char* part : {"training sample 0, class", "training sample 4, class",
                           "training sample 2, class", "data:image/png;base64,"})
    CHECK_MESSAGE(contains(html, part), part);
  run.write("data/pictures.csv", "sample,y0\n0,0.5\n1,1.25\n2,-1\n");
  outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  html = run.read("report.html");
  CHECK(contains(html, "weight = −1"));
  run.write_npy("data/pictures.npy", {3, 4, 5}, [](int i) { return i; });
  outcome = report::draw(run.path());
  CHECK(contains(join(outcome.warnings), "pictures.npy: expected the axes [picture, row"));
}

TEST_CASE("a deep network's kernel is drawn layer by layer") {
  const RunDirectory run;
  std::string layers;
  for (int i = 0; i < 30; ++i) {
    layers += R"({"type": "dense", "shape": [8], "params": {}, "mean_variance": 1, )";
    layers +=
        "\"mean_correlation\": " + std::to_string(1 - 1.0 / (2 + i)) + R"(, "mean_ntk": 2}, )";
  }
  run.edit("run.json", "\"network\": [\n", "\"network\": [\n" + layers);
  const report::Outcome outcome = report::draw(run.path());
  CHECK_MESSAGE(outcome.warnings.empty(), join(outcome.warnings));
  CHECK(std::filesystem::exists(run.path() / "plots/network.correlation.svg"));
  CHECK(std::filesystem::exists(run.path() / "plots/network.scale.svg"));
  CHECK(contains(run.read("report.html"), "class=\"scroll tall\""));
}

TEST_CASE("warnings of an earlier report are no news to the next") {
  const RunDirectory run;
  run.edit("run.json", "\"warnings\": [", "\"warnings\": [\"report: gnuplot was not found\", ");
  CHECK(report::draw(run.path()).warnings.empty());
  const std::string html = run.read("report.html");
  CHECK_FALSE(contains(html, "gnuplot was not found"));
  CHECK(contains(html, "1 warning<"));
}

TEST_CASE("a record cannot point out of its directory") {
  const RunDirectory run, other;
  const std::string name = other.path().filename().string();
  run.edit("run.json", "kernel/train_train.nngp.npy",
           "../" + name + "/kernel/train_train.nngp.npy");
  run.edit("run.json", "kernel/train_train.ntk.npy",
           other.path().string() + "/kernel/train_train.ntk.npy");
  CHECK(pictures(report::draw(run.path())) == 9);
}
