// widelimit kernel: the blocks it writes, and that threads do not change a bit of them.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace widelimit::test;

namespace {

const std::vector<std::string> all_blocks{
    "kernel/test_test.nngp.npy", "kernel/test_test.ntk.npy",    "kernel/test_train.nngp.npy",
    "kernel/test_train.ntk.npy", "kernel/train_train.nngp.npy", "kernel/train_train.ntk.npy"};

}  // namespace

TEST_CASE("kernel writes every block, and nothing but blocks and the record") {
  const TemporaryDirectory directory;
  const std::string file = directory.file(
      "exp.json",
      regression(20, R"(, "inference": [{"method": "gp_inference", "kernels": ["nngp"]}])"));
  const Result result = run_program({"kernel", file, "--out", (directory / "out").string()});
  INFO(result.err);
  REQUIRE(result.status == 0);
  std::vector<std::string> expected = all_blocks;
  expected.emplace_back("run.json");
  CHECK(files_below(directory / "out") == expected);
  CHECK(npy(directory / "out/kernel/test_train.ntk.npy").shape == std::vector<std::int64_t>{5, 15});
}

TEST_CASE("kernel writes the kernels that compute names, in the precision of the run") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(20));
  const std::string wide = (directory / "wide").string(), narrow = (directory / "narrow").string();
  REQUIRE(run_program({"kernel", file, "--out", wide, "--set", "/kernel={\"compute\": [\"ntk\"]}"})
              .status == 0);
  REQUIRE(run_program({"kernel", file, "--out", narrow, "--set", "/precision=float32", "--set",
                       "/kernel={\"compute\": [\"ntk\"]}"})
              .status == 0);
  const std::vector<std::string> expected{"kernel/test_test.ntk.npy", "kernel/test_train.ntk.npy",
                                          "kernel/train_train.ntk.npy", "run.json"};
  CHECK(files_below(wide) == expected);
  CHECK(files_below(narrow) == expected);
  CHECK(contains(read(directory / "wide/kernel/train_train.ntk.npy").substr(0, 128), "<f8"));
  CHECK(contains(read(directory / "narrow/kernel/train_train.ntk.npy").substr(0, 128), "<f4"));
  const Array a = npy(directory / "wide/kernel/train_train.ntk.npy"),
              b = npy(directory / "narrow/kernel/train_train.ntk.npy");
  REQUIRE(a.shape == b.shape);
  double largest = 0;
  for (const double value : a.values) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < a.values.size(); ++i)
    CHECK(std::abs(a.values[i] - b.values[i]) <= 2e-5 * largest);  // few features: nearly collinear
}

TEST_CASE("the bytes of the kernels are the same for 1, 2 and 7 threads, and for run and kernel") {
  const TemporaryDirectory directory;
  // More than one tile a side, and an odd size.
  const std::string file = directory.file("exp.json", regression(1037, R"(, "inference": [
    {"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.1, "covariance": "full"}])"));
  const auto computed = [&](const std::string& verb, const std::string& threads) {
    const std::string out = (directory / (verb + threads)).string();
    const Result result = run_program({verb, file, "--out", out, "--threads", threads});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return out;
  };
  const std::string reference = computed("kernel", "1");
  for (const std::string& other :
       {computed("kernel", "2"), computed("kernel", "7"), computed("run", "2")})
    for (const std::string& block : all_blocks) {
      INFO(other << " " << block);
      const bool same = read(std::filesystem::path(reference) / block) ==
                        read(std::filesystem::path(other) / block);
      CHECK(same);
    }
}

TEST_CASE("kernel needs --out") {
  const TemporaryDirectory directory;
  const Result result = run_program({"kernel", directory.file("exp.json", regression(8))});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "--out"));
}
