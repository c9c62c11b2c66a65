// The benchmark of small classification sets, on one that is made up.
#include "support/experiments.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace widelimit::test;

namespace {

/// The program beside the one under test; its exit status.
int run_uci90(const std::string& arguments, const std::filesystem::path& out) {
  const std::filesystem::path program =
      std::filesystem::path(WIDELIMIT_TEST_PROGRAM).parent_path() / "uci90";
  return WEXITSTATUS(
      std::system((program.string() + " " + arguments + " > " + out.string() + " 2>&1").c_str()));
}

std::string numbers(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += std::to_string(i) + " ";
  return text;
}

/// 24 samples of two classes that a line all but separates.
void write_set(const TemporaryDirectory& directory) {
  std::filesystem::create_directories(directory / "data/tiny");
  directory.file("data/tiny/tiny.txt", "n_entradas= 2\nn_clases= 2\nn_patrons1= 24\n");
  std::string table = "\tf1\tf2\tclase\n";
  for (int i = 0; i < 24; ++i) {
    const double a = std::sin(3.0 * i + 1), b = std::cos(5.0 * i), noise = 0.4 * std::sin(11.0 * i);
    table += std::to_string(i + 1) + "\t" + std::to_string(a) + "\t" + std::to_string(b) + "\t" +
             (a + b + noise > 0 ? "1" : "0") + "\n";
  }
  directory.file("data/tiny/tiny_R.dat", table);
  directory.file("data/tiny/conxuntos.dat", numbers(0, 12) + "\n" + numbers(12, 24) + "\n");
  std::string folds;
  for (int fold = 0; fold < 4; ++fold)
    folds += numbers(0, 6 * fold) + numbers(6 * fold + 6, 24) + "\n" +
             numbers(6 * fold, 6 * fold + 6) + "\n";
  directory.file("data/tiny/conxuntos_kfold.dat", folds);
}

}  // namespace

TEST_CASE("the benchmark's accuracy is what its experiment files give when they are run") {
  const TemporaryDirectory directory;
  write_set(directory);
  const std::string out = (directory / "out").string();
  const int status = run_uci90((directory / "data").string() + " " + out, directory / "log");
  INFO(read(directory / "log"));
  REQUIRE(status == 0);
  CHECK(contains(read(directory / "log"), "mean accuracy of 1 sets"));
  double sum = 0;
  for (int fold = 1; fold <= 4; ++fold) {
    const std::string file = out + "/tiny/fold" + std::to_string(fold) + ".json";
    const std::string results = (directory / ("run" + std::to_string(fold))).string();
    REQUIRE(run_program({"run", file, "--out", results}).status == 0);
    sum += number(at(json(results + "/metrics.json"), {"gp_inference.ntk", "accuracy"}));
  }
  const std::string table = read(out + "/results.csv");
  CHECK(contains(table, "tiny,24,2,2,"));
  char accuracy[32];
  std::snprintf(accuracy, sizeof accuracy, ",%.6f,", sum / 4);
  CHECK(contains(table, accuracy));
  // What chose the ridge is a path of nine.
  REQUIRE(run_program({"run", out + "/tiny/choose.depth1.frozen0.json", "--out", out + "/path"})
              .status == 0);
  CHECK(at(json(out + "/path/metrics.json"), {"gp_inference.ntk"}).size() == 9);
}

TEST_CASE("a set that is not what its description says is refused with file and line") {
  const TemporaryDirectory directory;
  write_set(directory);
  directory.file("data/tiny/conxuntos.dat", "0 1 2\n3 24\n");
  const std::string arguments = (directory / "data").string() + " " + (directory / "out").string();
  CHECK(run_uci90(arguments, directory / "log") == 2);
  CHECK(contains(read(directory / "log"), "conxuntos.dat:2: there is no row 24 among 24"));
  CHECK(run_uci90(arguments + " unknown", directory / "log") == 2);
  CHECK(run_uci90((directory / "none").string() + " x", directory / "log") == 2);
  CHECK(run_uci90("", directory / "log") == 2);
}
