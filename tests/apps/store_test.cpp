// Runs whose kernels go through tile stores: killed, resumed, changed, damaged.
#include "support/experiments.hpp"

#include <widelimit/store.hpp>

#include <doctest/doctest.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace widelimit::test;

namespace {

/// About a second of kernels on a test machine, in many tiles.
std::string experiment(const std::string& store, int train = 1500, const char* layer = "relu",
                       const char* precision = "float32") {
  return R"({"format": 1, "precision": ")" + std::string(precision) + R"(",
  "data": {"train": {"type": "make_regression", "n_samples": 3000, "n_features": 8, "n_informative": 4, "limit": )" +
         std::to_string(train) + R"(},
           "test": {"type": "make_regression", "n_samples": 300, "n_features": 8, "n_informative": 4, "seed": 1}},
  "network": [{"repeat": 20, "layers": [{"type": "dense", "W_std": 1.4, "b_std": 0.1}, ")" +
         layer + R"("]}, {"type": "dense"}],
  "kernel": {"store": ")" +
         store + R"("},
  "inference": [{"method": "gp_inference", "kernels": ["ntk"], "diag_reg": 1e-3}]})";
}

const std::vector<std::string> kernel_files{
    "kernel/test_test.ntk.npy",   "kernel/test_test.nngp.npy",  "kernel/test_train.ntk.npy",
    "kernel/test_train.nngp.npy", "kernel/train_train.ntk.npy", "kernel/train_train.nngp.npy"};
const std::vector<std::string> store_files{"kernel/test_test.store", "kernel/test_train.store",
                                           "kernel/train_train.store"};

Result verb(const char* name, const std::string& file, const std::filesystem::path& out,
            bool resume) {
  std::vector<std::string> arguments{name, file, "--out", out.string()};
  if (resume) arguments.emplace_back("--resume");
  return run_program(arguments);
}
Result kernel(const std::string& file, const std::filesystem::path& out, bool resume = false) {
  return verb("kernel", file, out, resume);
}

void check_same(const std::filesystem::path& a, const std::filesystem::path& b,
                const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    CAPTURE(file);
    const std::string bytes = read(a / file);
    CHECK_FALSE(bytes.empty());
    const bool same = bytes == read(b / file);
    CHECK(same);
  }
}

/// Kills with SIGKILL and resumes, until `kills` runs were killed; the last one may finish.
void torment(const std::string& file, const std::filesystem::path& out, int kills, double seconds,
             std::uint32_t seed) {
  std::mt19937 random(seed);
  for (int k = 0; k < kills; ++k) {
    Running running(Run{.arguments = {"run", file, "--out", out.string(), "--resume"}});
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::uniform_real_distribution<>(0, seconds)(random)));
    running.signal(SIGKILL);
    static_cast<void>(running.wait());
  }
  const Result last = verb("run", file, out, true);
  INFO(last.err);
  CHECK(last.status == 0);
  // Killed is not damaged.
  CHECK(last.err.find("damaged") == std::string::npos);
}

}  // namespace

TEST_CASE("kernels are the same through a store, without one, and left in one") {
  const TemporaryDirectory directory;
  for (const char* store : {"none", "temporary", "keep"}) {
    const std::string file = directory.file(std::string(store) + ".json", experiment(store, 700));
    const Result result = kernel(file, directory / store);
    INFO(result.err);
    REQUIRE(result.status == 0);
  }
  check_same(directory / "none", directory / "temporary", kernel_files);
  CHECK_FALSE(std::filesystem::exists(directory / "temporary/kernel/train_train.store"));
  CHECK_FALSE(std::filesystem::exists(directory / "keep/kernel/train_train.ntk.npy"));
  for (const char* block : {"train_train", "test_train", "test_test"}) {
    const widelimit::StoreReader reader(directory / "keep/kernel" /
                                        (std::string(block) + ".store"));
    CHECK(reader.verify().empty());
    reader.export_npy(widelimit::Kernel::ntk,
                      directory / "keep/kernel" / (std::string(block) + ".ntk.npy"));
    reader.export_npy(widelimit::Kernel::nngp,
                      directory / "keep/kernel" / (std::string(block) + ".nngp.npy"));
  }
  check_same(directory / "none", directory / "keep", kernel_files);
}

TEST_CASE("a run killed at twenty random moments and resumed leaves the bytes of one undisturbed") {
  const TemporaryDirectory directory;
  const std::uint32_t seed = std::random_device()();
  CAPTURE(seed);
  const std::vector<std::string> results{"predictions/gp_inference.ntk.mean.npy",
                                         "predictions/gp_inference.ntk.csv", "metrics.json"};
  for (const auto& [store, files] :
       {std::pair{"temporary", std::vector(kernel_files.begin() + 2, kernel_files.end())},
        {"keep", std::vector(store_files.begin() + 1, store_files.end())}}) {
    const std::string file = directory.file(std::string(store) + ".json", experiment(store));
    const auto whole = directory / (std::string(store) + ".whole"), out = directory / store;
    const Result result = verb("run", file, whole, false);
    INFO(result.err);
    REQUIRE(result.status == 0);
    torment(file, out, 10, result.seconds, seed);
    check_same(whole, out, files);
    check_same(whole, out, results);
    CHECK(files_below(out) == files_below(whole));
  }
}

TEST_CASE("inference reads kept stores as it reads .npy files") {
  const TemporaryDirectory directory;
  for (const char* store : {"none", "keep"}) {
    const std::string file = directory.file(std::string(store) + ".json", experiment(store, 500));
    const Result result = run_program({"run", file, "--out", (directory / store).string()});
    INFO(result.err);
    REQUIRE(result.status == 0);
  }
  // From the disk by blocks: equal up to the rounding of a solve, 1e-16 n over the ridge of 1e-3.
  const Array whole = npy(directory / "none/predictions/gp_inference.ntk.mean.npy");
  const Array blocks = npy(directory / "keep/predictions/gp_inference.ntk.mean.npy");
  REQUIRE(whole.values.size() == blocks.values.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < whole.values.size(); ++i) {
    largest = std::max(largest, std::abs(whole.values[i]));
    difference = std::max(difference, std::abs(whole.values[i] - blocks.values[i]));
  }
  CHECK(difference < 1e-10 * largest);
  const widelimit::apps::Json record = json(directory / "keep/run.json");
  CHECK(number(at(record, {"inference", "0", "residual"})) < 1e-14);
  // Another run takes them from there.
  std::string text = experiment("none", 500);
  text.replace(text.find("\"store\": \"none\""), 15,
               "\"from\": \"" + (directory / "keep").string() + "\"");
  const std::string file = directory.file("from.json", text);
  const Result result = run_program({"run", file, "--out", (directory / "from").string()});
  INFO(result.err);
  REQUIRE(result.status == 0);
  check_same(directory / "none", directory / "from",
             {"kernel/train_train.ntk.npy", "predictions/gp_inference.ntk.mean.npy"});
}

TEST_CASE("a changed experiment refuses to resume and says what changed") {
  const TemporaryDirectory directory;
  const auto out = directory / "out";
  REQUIRE(kernel(directory.file("a.json", experiment("keep", 300)), out).status == 0);
  const std::string record = read(out / "run.json");
  const std::string store = read(out / "kernel/train_train.store");
  const auto refused = [&](const std::string& text, const std::string& reason) {
    const Result result = kernel(directory.file("b.json", text), out, true);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "holds kernels of another experiment"));
    CHECK(contains(result.err, reason));
    const bool same =
        read(out / "run.json") == record && read(out / "kernel/train_train.store") == store;
    CHECK(same);
  };
  refused(experiment("keep", 300, "erf"), "layer 2: ");
  refused(experiment("keep", 300, "relu", "float64"),
          "precision: float32 in the store, now float64");
  refused(experiment("keep", 200), "samples: 300 x 300 in the store, now 200 x 200");
}

TEST_CASE("more training samples cost only their own tiles") {
  const TemporaryDirectory directory;
  const auto out = directory / "out", fresh = directory / "fresh";
  REQUIRE(kernel(directory.file("a.json", experiment("keep", 1000)), out).status == 0);
  const std::string larger = directory.file("b.json", experiment("keep", 1200));
  const Result grown = kernel(larger, out, true);
  INFO(grown.err);
  REQUIRE(grown.status == 0);
  REQUIRE(kernel(larger, fresh).status == 0);
  check_same(fresh, out, store_files);
}

TEST_CASE("a damaged tile of a kept store is named and computed again") {
  const TemporaryDirectory directory;
  const auto out = directory / "out";
  const std::string file = directory.file("a.json", experiment("keep", 300));
  REQUIRE(kernel(file, out).status == 0);
  const auto store = out / "kernel/train_train.store";
  const std::string whole = read(store);
  std::string bent = whole;
  bent[bent.size() / 2] ^= 4;
  std::ofstream(store, std::ios::binary) << bent;
  const Result repaired = kernel(file, out, true);
  CHECK(repaired.status == 0);
  CHECK(contains(repaired.err, "train_train.store: tile "));
  CHECK(contains(repaired.err, "is damaged: its checksum does not match"));
  const bool same = read(store) == whole;
  CHECK(same);
}

TEST_CASE("two runs do not write one store") {
  const TemporaryDirectory directory;
  const auto out = directory / "out";
  const std::string file = directory.file("a.json", experiment("keep", 3000));
  Running first(Run{.arguments = {"kernel", file, "--out", out.string()}});
  REQUIRE(first.wait_for(out / "kernel/train_train.store"));
  REQUIRE(first.signal(SIGSTOP));  // however fast the machine is
  for (const bool resume : {true, false}) {
    const Result second = kernel(file, out, resume);
    CHECK(second.status == 1);
    CHECK(contains(second.err, "in use by another run (process " + std::to_string(first.id())));
  }
  first.signal(SIGTERM);
  first.signal(SIGCONT);
  CHECK(first.wait().status == 143);
  CHECK(kernel(file, out, true).status == 0);
}

TEST_CASE("a full disk ends a run with 1 and keeps what there is") {
  const TemporaryDirectory directory;
  const auto disk = directory / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=3m") != 0) {
    MESSAGE("skipped: mounting a small disk is not allowed here");
    return;
  }
  // The store of 600 samples takes 1.8 MB, its .npy files do not fit beside it.
  const std::string file = directory.file("a.json", experiment("temporary", 600));
  const Result full = kernel(file, disk / "out");
  CHECK(full.status == 1);
  CHECK(contains(full.err, "No space left on device"));
  const std::string store = read(disk / "out/kernel/train_train.store");
  CHECK(store.size() > 1000000);
  // With more room the run goes on from there.
  CHECK(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=30m") == 0);
  const Result resumed = kernel(file, disk / "out", true);
  CHECK(resumed.status == 0);
  REQUIRE(kernel(file, directory / "whole").status == 0);
  check_same(directory / "whole", disk / "out", kernel_files);
  CHECK(::umount2(disk.c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a file that may not grow ends a run with 1, and the blocks before it are kept") {
  const TemporaryDirectory directory;
  const auto out = directory / "out";
  // Tiles of train x train take 0.4 MB, those of test x train 0.8 MB.
  const std::string file = directory.file("a.json", experiment("keep", 200));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 600'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Result full = kernel(file, out);
  setrlimit(RLIMIT_FSIZE, &before);
  INFO(full.err);
  CHECK(full.status == 1);
  CHECK(contains(full.err, "test_train.store cannot be made"));
  CHECK(contains(full.err, "kernel train_train"));
  const std::string kept = read(out / store_files.back());
  const Result resumed = kernel(file, out, true);
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  REQUIRE(kernel(file, directory / "whole").status == 0);
  check_same(directory / "whole", out, store_files);
  const bool same = read(out / store_files.back()) == kept;
  CHECK(same);
}
