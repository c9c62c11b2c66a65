// What bad input gets: exit status 2 with the place, before the output directory is touched; exit
// status 1 and what was kept for what fails while running.
#include "sanitized.hpp"
#include "support/experiments.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

struct Case {
  TemporaryDirectory directory;

  /// Runs `text` as exp.json; the message must hold every part.
  void refused(const std::string& text, const std::vector<std::string>& parts,
               const std::string& verb = "run") const {
    directory.file("exp.json", text);
    const Result result =
        run_program(Run{.arguments = {verb, "exp.json"}, .directory = directory.path()});
    INFO(text.substr(0, 400));
    CHECK(result.status == 2);
    for (const std::string& part : parts) CHECK(contains(result.err, part));
    CHECK(!std::filesystem::exists(directory / "exp.out"));
    CHECK(result.out == "");
  }
  /// The small experiment with one piece of its text replaced.
  void refused_with(const std::string& piece, const std::string& by,
                    const std::vector<std::string>& parts) const {
    std::string text = regression(8);
    const std::size_t at = text.find(piece);
    REQUIRE(at != std::string::npos);
    refused(text.replace(at, piece.size(), by), parts);
  }
  /// An experiment on x.npy and y.npy, which the caller has written.
  void refused_arrays(const std::vector<std::string>& parts) const {
    refused(R"({"format": 1, "data": {"train": {"type": "npy", "x": "x.npy", "y": "y.npy"}},
"network": [{"type": "dense"}, "relu", {"type": "dense"}]})",
            parts);
  }
};

std::string npy_text(const std::string& descr, const std::string& shape, const std::string& bytes) {
  std::string dictionary =
      "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
  dictionary.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + "\n" + bytes;
}

std::string doubles(const std::vector<double>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
}

}  // namespace

TEST_CASE("text that is not JSON is refused with line and column") {
  const Case c;
  c.refused("", {"exp.json"});
  c.refused("{\"format\": 1,\n \"seed\": }", {"exp.json:2:"});
  c.refused("{\"format\": 1,\n}", {"exp.json:1:13:", "trailing comma"});
  c.refused("{\"format\": 1,\n \"format\": 1}", {"exp.json:2:", "format"});
  c.refused("{\"format\": 1, \"seed\": 1e999}", {"exp.json:1:"});
  c.refused("{\"format\": 1, \"seed\": NaN}", {"exp.json:1:"});
  c.refused(std::string(100000, '['), {"exp.json:1:"});
  c.refused("{\"format\": 1, \"title\": \"\xff\xfe\"}", {"exp.json:1:"});
}

TEST_CASE("no byte of a file, an argument or a name reaches the terminal as it is") {
  const TemporaryDirectory directory;
  const std::string escape =
                        "\x1b]0;owned\x07\x9b"
                        "2J",
                    name = "t" + escape + "\n.csv";
  directory.file(name, "a" + escape + ",b\n1,2\n3," + escape + "\n");
  directory.file("exp.json", R"({"format": 1, "title": "\u001b[2J\u009b",
"data": {"train": {"type": "csv", "path": "t\u001b]0;owned\u0007.csv", "target": "\u001b[2J"}},
"network": [{"type": "dense"}, "\u001b[2J"]})");
  directory.file("good.json", regression(8, R"(, "title": "\u001b[2J")"));
  directory.file("raw.json", "{\"" + escape + "\": 1}");
  const std::vector<std::vector<std::string>> uses{
      {"check", "exp.json"},
      {"run", "exp.json"},
      {"check", "raw.json"},
      {"check", name},
      {"check", "good.json"},
      {"run", "good.json", "--set", "/title=" + escape},
      {"describe", escape},
      {escape},
      {"check", "--" + escape},
      {"plugins", "--plugin-path", escape},
      {"verify", name},
      {"report", escape},
      {"check", "good.json", "--set", "/data/train/" + escape + "=1"}};
  for (const std::vector<std::string>& arguments : uses) {
    INFO(arguments.front());
    const Result result = run_program(Run{.arguments = arguments, .directory = directory.path()});
    CHECK(!(result.out + result.err).empty());
    CHECK(widelimit::printable(result.out) == result.out);
    CHECK(widelimit::printable(result.err) == result.err);
  }
}

TEST_CASE("unknown names are refused with the nearest valid one, all at once") {
  const Case c;
  c.refused_with("\"seed\"", "\"sede\"", {"exp.json:1:", "sede", "seed"});
  c.refused_with("\"relu\"", "\"rellu\"", {"exp.json:4:", "rellu", "relu"});
  c.refused_with("\"W_std\"", "\"W_sdt\"", {"exp.json:4:", "/network/0", "W_sdt", "W_std"});
  c.refused_with("\"make_regression\"", "\"make_regresion\"",
                 {"make_regresion", "make_regression"});
  c.refused(regression(8, R"(, "inference": [{"method": "gp_inferense", "kernels": ["nngp"]}])"),
            {"/inference/0", "gp_inferense", "gp_inference"});
  c.refused(regression(8, R"(, "inference": [{"method": "gp_inference", "kernels": ["nngb"]}])"),
            {"/inference/0/kernels/0", "nngb", "nngp"});
  c.refused(regression(8, R"(, "inference": [{"method": "gp_inference", "kernels": ["nngp"],
             "solver": "choleski"}])"),
            {"/inference/0", "choleski", "cholesky"});
  c.refused_with("\"seed\": 3,", "\"sede\": 3, \"titel\": 4,", {"sede", "titel"});
}

TEST_CASE("wrong types and values out of range are refused with what was expected") {
  const Case c;
  c.refused_with("\"W_std\": 1.5", "\"W_std\": \"1.5\"", {"/network/0/W_std", "number"});
  c.refused_with("\"width\": 16", "\"width\": -16", {"/network/0/width"});
  c.refused_with("\"test_fraction\": 0.25", "\"test_fraction\": 1.5",
                 {"/data/split/test_fraction"});
  c.refused_with("\"relu\"", "{\"repeat\": 1000000000, \"layers\": [\"relu\"]}",
                 {"/network/1", "repeat"});
  c.refused_with("\"relu\"", "\"relu\", \"relu\"", {"exp.json:4:", "/network/2", "relu"});
}

TEST_CASE("finite times with cholesky are refused before anything runs") {
  const Case c;
  c.refused(regression(8, R"(, "inference": [{"method": "gradient_descent_mse_ensemble",
             "kernels": ["ntk"], "times": [1], "solver": "cholesky"}])"),
            {"/inference/0", "cholesky", "eigh"});
}

TEST_CASE("broken arrays are refused with their file") {
  const Case c;
  const std::string y = npy_text("'<f8'", "(2,)", doubles({1, 2}));
  const std::string x = npy_text("'<f8'", "(2, 2)", doubles({1, 2, 3, 4}));
  const auto with_x = [&](const std::string& bytes, const std::vector<std::string>& parts) {
    c.directory.file("y.npy", y);
    c.directory.file("x.npy", bytes);
    INFO(bytes.substr(0, 120));
    c.refused_arrays(parts);
  };
  c.refused_arrays({"x.npy"});  // neither is there
  with_x("", {"x.npy"});
  with_x("hello, I am a text file and longer than any header", {"x.npy"});
  with_x(x.substr(0, x.size() - 8), {"x.npy"});
  with_x(npy_text("'|O'", "(2, 2)", std::string(32, '\0')), {"x.npy"});
  with_x(npy_text("'<c16'", "(2, 2)", std::string(64, '\0')), {"x.npy"});
  with_x(npy_text("'<f8'", "(0, 2)", ""), {"x.npy"});
  with_x(npy_text("'<f8'", "(1000000000000, 1000000)", "x"), {"x.npy"});
  with_x(npy_text("'<f8'", "(3, 2)", doubles({1, 2, 3, 4, 5, 6})), {"x.npy", "3", "2"});
  with_x(npy_text("'<f8'", "(2, 2)", doubles({1, 2, 3, std::nan("")})),
         {"x.npy", "row 1", "column 1", "NaN"});
  with_x(npy_text("'<f8'", "(2, 2)", doubles({1, HUGE_VAL, 3, 4})),
         {"x.npy", "row 0", "column 1", "inf"});
}

TEST_CASE("broken tables are refused with file and line") {
  const Case c;
  const auto with = [&](const std::string& table, const std::vector<std::string>& parts) {
    c.directory.file("t.csv", table);
    for (const std::string verb : {"run", "check"})
      c.refused(
          R"({"format": 1, "data": {"train": {"type": "csv", "path": "t.csv", "target": ["y"]}},
"network": [{"type": "dense"}, "relu", {"type": "dense"}]})",
          parts, verb);
  };
  with("a,y\n1,2\n1,x\n", {"exp.json:1:", "/data/train/path: ", "t.csv:3"});
  with("a,y\n1,2\n1\n", {"t.csv:3"});
  with("a,z\n1,2\n", {"t.csv", "y"});
  with("", {"t.csv"});
  with("a,y\n1,nan\n", {"t.csv"});
}

TEST_CASE("missing data files are reported with the value that names them") {
  const Case c;
  const auto refused = [&](const std::string& source, const std::string& pointer,
                           const std::string& file) {
    c.refused(
        "{\"format\": 1, \"data\": {\"train\": " + source + R"(},
"network": [{"type": "dense"}, "relu", {"type": "dense"}]})",
        {"exp.json:1:", pointer + ": " + file + ": cannot be read", "folder of the experiment"});
  };
  refused(R"({"type": "npy", "x": "sub/x.npy", "y": "y.npy"})", "/data/train/x", "sub/x.npy");
  refused(R"({"type": "idx", "images": "i.gz", "labels": "l.gz"})", "/data/train/images", "i.gz");
  refused(R"({"type": "csv", "path": "t.csv", "target": "y"})", "/data/train/path", "t.csv");
  c.directory.file("x.npy", npy_text("'<f8'", "(2, 2)", doubles({1, 2, 3, 4})));
  refused(R"({"type": "npy", "x": "x.npy", "y": "y.npy"})", "/data/train/y", "y.npy");
  refused(R"({"type": "make_regression", "n_samples": 9, "rows": "sub/rows.txt"})",
          "/data/train/rows", "sub/rows.txt");
}

TEST_CASE("invalid row numbers are reported with the value that names their file") {
  const Case c;
  c.directory.file("rows.txt", "0 1\n2 nine\n");
  c.refused(R"({"format": 1,
"data": {"train": {"type": "make_regression", "n_samples": 9, "rows": "rows.txt"}},
"network": [{"type": "dense"}, "relu", {"type": "dense"}]})",
            {"exp.json:2:", "/data/train/rows: ", "rows.txt:2:3: \"nine\" is no row number"});
}

TEST_CASE("a plugin that is not there does not hide the other problems") {
  const Case c;
  c.refused(R"({"format": 1, "plugins": ["foo", "dense"], "seed": "x", "precision": "float16",
"title": 3, "network": [{"type": "dense", "W_sdt": 2}, "of_foo", {"type": "dense"}],
"inference": [{"method": "gp_inference", "kernels": ["nngp"], "solver": "of_foo"}]})",
            {"exp.json:1:27: /plugins/0: no plugin \"foo\"",
             "/seed: ", "/precision: ", "/title: ", "/network/0/W_sdt: "});
  const Result result =
      run_program(Run{.arguments = {"check", "exp.json"}, .directory = c.directory.path()});
  // The types may be those of the plugin that is missing.
  CHECK(result.err.find("/network/1") == std::string::npos);
  CHECK(result.err.find("/inference") == std::string::npos);
  c.refused(regression(8).insert(1, "\"plugins\": [\"foo\"], "), {"/plugins/0: no plugin \"foo\""});
}

TEST_CASE("a plugin file in an experiment needs permission") {
  const Case c;
  c.directory.file("mine.so", "not a plugin");
  std::string text = regression(8);
  text.insert(1, "\"plugins\": [\"./mine.so\"], ");
  c.refused(text,
            {"exp.json:1:", "/plugins/0", "allow that, or put", "(option --allow-plugin-files)"});
  const Result allowed = run_program(Run{.arguments = {"run", "exp.json", "--allow-plugin-files"},
                                         .directory = c.directory.path()});
  CHECK(allowed.status == 2);  // it is still not a plugin
  CHECK(contains(allowed.err, "mine.so"));
}

TEST_CASE("an output that cannot be written is exit status 1") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8));
  const std::string occupied = directory.file("occupied", "a file");
  for (const std::string& out : {occupied, occupied + "/below", std::string("/proc/none")}) {
    const Result result = run_program({"run", file, "--out", out});
    CHECK(result.status == 1);
    CHECK(contains(result.err, out));
  }
  CHECK(read(occupied) == "a file");
}

TEST_CASE("a full disk is exit status 1, with what was kept, before the work that does not fit") {
  // A limit on the size of files stands for the disk: writing beyond it fails likewise.
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(1000));
  const std::string out = (directory / "out").string();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  // Runs begin as from a shell: there the signal ends a program that does not ignore it.
  const auto old = std::signal(SIGXFSZ, SIG_DFL);
  const rlimit small{.rlim_cur = 2'000'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Result result = run_program({"run", file, "--out", out});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);

  INFO(result.err);
  CHECK(result.status == 1);
  CHECK(contains(result.err, "train_train"));
  CHECK(contains(result.err, "nothing was finished"));
  const Json record = json(directory / "out/run.json");
  CHECK(text(at(record, {"status"})) == "failed");
  CHECK(contains(text(at(record, {"error"})), "train_train"));
  CHECK(files_below(directory / "out") == std::vector<std::string>{"run.json"});
}

TEST_CASE("a kernel that is not positive definite is exit status 1, with a ridge to try") {
  const TemporaryDirectory directory;
  // The first and the third sample are the same.
  directory.file("t.csv", "a,b,y\n1,2,1\n3,1,2\n1,2,3\n0,1,1\n2,2,0\n");
  const std::string file = directory.file(
      "exp.json",
      R"({"format": 1, "data": {"train": {"type": "csv", "path": "t.csv", "target": ["y"]},
"test": {"type": "csv", "path": "t.csv", "target": ["y"]}},
"network": [{"type": "dense"}, "relu", {"type": "dense"}],
"inference": [{"method": "gp_inference", "name": "good", "kernels": ["nngp"], "diag_reg": 0.1},
              {"method": "gp_inference", "name": "bad", "kernels": ["nngp"]}]})");
  const Result result = run_program({"run", file, "--out", (directory / "out").string()});
  INFO(result.err);
  CHECK(result.status == 1);
  for (const std::string part : {"exp.json:5:", "/inference/1", "bad.nngp", "positive definite",
                                 "diag_reg", "kept in", "good.nngp"})
    CHECK(contains(result.err, part));
  const Json record = json(directory / "out/run.json");
  CHECK(text(at(record, {"status"})) == "failed");
  CHECK(texts(at(record, {"kept"})).back() == "good.nngp");
  CHECK(std::filesystem::exists(directory / "out/predictions/good.nngp.mean.npy"));
  CHECK(number(at(json(directory / "out/metrics.json"), {"good.nngp", "rmse"})) >= 0);
}

TEST_CASE("a finite network that does not fit the data is refused before anything runs") {
  const Case c;
  const std::string finite =
      R"(, "finite": {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 5})";
  std::string text = regression(8, finite);
  c.refused(text.replace(text.find("\"width\": 1,"), 11, "\"width\": 2,"),
            {"exp.json:5:", "/network/2", "2 outputs"});
  text = regression(8, finite);
  c.refused(text.replace(text.find("\"width\": 16, "), 13, ""), {"/network/0", "width"});
  c.refused(regression(8, R"(, "finite": {"batch_size": 7})"),  // of 8 samples 6 are for training
            {"/finite/batch_size", "must be <= 6", "got 7"});
}

TEST_CASE("a sample that overflows is reported with file, row and set") {
  const TemporaryDirectory directory;
  const std::string huge = "1,2,1\n3,1,2\n1e200,2,3\n0,1,1\n", small = "1,2,1\n3,1,2\n";
  directory.file("huge.csv", "a,b,y\n" + huge);
  directory.file("small.csv", "a,b,y\n" + small);
  const auto run = [&](const std::string& train, const std::string& test) {
    const auto source = [](const std::string& file) {
      return R"({"type": "csv", "target": ["y"], "offset": 1, "path": ")" + file + "\"}";
    };
    const std::string file =
        directory.file("exp.json", "{\"format\": 1, \"data\": {\"train\": " + source(train) +
                                       ",\n\"test\": " + source(test) + R"(},
"network": [{"type": "dense"}, "relu", {"type": "dense"}]})");
    const Result result = run_program({"run", file, "--out", (directory / "out").string()});
    CHECK(result.status == 2);
    return result.err;
  };
  const std::string train = run("huge.csv", "small.csv");
  for (const std::string part :
       {"exp.json:1:", "/data/train: ", "sample 1 of the training set", "huge.csv, row 2"})
    CHECK(contains(train, part));
  const std::string test = run("small.csv", "huge.csv");
  for (const std::string part :
       {"exp.json:2:", "/data/test: ", "sample 1 of the test set", "huge.csv, row 2"})
    CHECK(contains(test, part));
}

TEST_CASE("a network that overflows is reported with the sets of its samples") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8));
  const auto run = [&](const std::string& first, const std::string& last) {
    return run_program({"run", file, "--out", (directory / "out").string(), "--set",
                        "/network/0/W_std=" + first, "--set", "/network/2/W_std=" + last});
  };
  const Result result = run("1e100", "1e100");
  CHECK(result.status == 1);
  CHECK(contains(result.err, "of the training set"));
  CHECK(contains(result.err, "/data/train"));
  const Result plan = run("1e200", "1");
  CHECK(plan.status == 2);
  CHECK(contains(plan.err, "/network/0: \"dense\" plans linear->scale of inf"));
}

TEST_CASE("a network that underflows is reported with the remedy, a sample close to zero runs") {
  const TemporaryDirectory directory;
  const auto run = [&](const std::string& precision, const std::string& sample,
                       const std::string& network, const std::string& out) {
    directory.file("data.csv", "x,y\n" + sample + ",0\n1,1\n");
    const std::string source = R"({"type": "csv", "target": ["y"], "path": "data.csv"})";
    directory.file("exp.json", R"({"format": 1, "precision": ")" + precision +
                                   R"(", "data": {"train": )" + source + R"(, "test": )" + source +
                                   R"(}, "network": [)" + network + R"("dense"],
"inference": [{"method": "gp_inference", "kernels": ["ntk"], "diag_reg": 1e-3}]})");
    return run_program(
        Run{.arguments = {"run", "exp.json", "--out", out}, .directory = directory.path()});
  };
  std::string deep;
  for (int i = 0; i < 130; ++i) deep += R"("dense", "relu", )";
  const Result underflow = run("float32", "2", deep, "deep");
  CHECK(underflow.status == 1);
  for (const std::string part :
       {"underflows float32", "of the training set", "W_std", "sqrt 2", "float64", "/data/train"})
    CHECK(contains(underflow.err, part));
  CHECK(run("float64", "2", deep, "deep64").status == 0);

  for (const auto& tiny : {std::pair{"float32", "1e-20"}, {"float64", "1e-160"}})
    for (const std::string layer : {"relu", "abs", "sign", "erf", "gelu"}) {
      CAPTURE(tiny.first);
      CAPTURE(layer);
      const Result result = run(tiny.first, tiny.second, R"("dense", ")" + layer + "\", ", "out");
      CHECK(result.status == 0);
      CHECK(result.err.find("error") == std::string::npos);
    }
}

TEST_CASE("a finite network that diverges or is too large is reported with the value to change") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8, R"(, "finite": {
    "optimizer": {"type": "sgd", "learning_rate": 1e9}, "steps": 200})"));
  const auto refused = [&](int status, const std::string& change, const std::string& most,
                           const std::vector<std::string>& parts) {
    const Result result = run_program({"run", file, "--out", (directory / "out").string(), "--set",
                                       change, "--max-memory", most});
    CHECK(result.status == status);
    for (const std::string& part : parts) CHECK(contains(result.err, part));
  };
  refused(1, "/seed=1", "1T", {"/finite/optimizer/learning_rate: ", "diverged"});
  if (sanitized) return;
  const std::string wide = R"(/network=[{"type": "dense", "width": 4000000}, "relu",
                                        {"type": "dense", "width": 4000000}, "relu",
                                        {"type": "dense", "width": 1}])";
  refused(2, wide, "1T", {"/network/2: ", "466 TiB", "--max-memory", "narrower"});
  refused(1, wide, "1000T", {"/network/2: ", "not enough memory"});
}

TEST_CASE("the README shows what the program says of its first network misspelt") {
  const std::string readme = read(std::string(WIDELIMIT_TEST_GOLDEN) + "/../../README.md");
  const auto between = [&](const std::string& before, const std::string& after) {
    const std::size_t begin = readme.find(before) + before.size();
    return readme.substr(begin, readme.find(after, begin) - begin);
  };
  std::string text = between("<!-- snippet: first.json -->\n```json\n", "```");
  text.replace(text.find("\"erf\""), 5, "\"eft\"");
  const TemporaryDirectory directory;
  directory.file("first.json", text);
  const Result result =
      run_program(Run{.arguments = {"check", "first.json"}, .directory = directory.path()});
  CHECK(result.status == 2);
  CHECK(contains(result.err, between("```text\n", "\n```")));
}
