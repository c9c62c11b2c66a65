// The files of apps/experiments: each is taken by check as it is, and runs with few samples.
#include "support/experiments.hpp"
#include "sanitized.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

std::vector<std::filesystem::path> experiment_files() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(WIDELIMIT_TEST_GOLDEN) / "../../apps/experiments"))
    if (entry.path().extension() == ".json") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// Are the files there that a data source names? A package of the distribution may be absent.
bool has_data(const Json& source) {
  for (const char* key : {"images", "labels"})
    if (const std::string file = source[key].text();
        !file.empty() && !std::filesystem::exists(file)) {
      MESSAGE("skipped: " << file << " is absent; apt-get install dataset-fashion-mnist");
      return false;
    }
  return true;
}

/// What makes it small: 12 samples, 8 for the test, 3 steps.
std::vector<std::string> few(const Json& experiment) {
  std::vector<std::string> settings;
  const auto set = [&](const std::string& setting) {
    settings.insert(settings.end(), {"--set", setting});
  };
  if (at(experiment, {"data"}).contains("test")) {
    set("/data/train/limit=12");
    set("/data/test/limit=8");
    CHECK(has_data(experiment["data"]["test"]));
  } else if (text(at(experiment, {"data", "train", "type"})) == "csv") {
    set("/data/train/limit=20");
  } else {
    set("/data/train/n_samples=20");
  }
  if (experiment.contains("finite")) set("/finite/steps=3");
  return settings;
}

}  // namespace

TEST_CASE("every ready experiment is taken by check and runs with few samples") {
  const std::vector<std::filesystem::path> files = experiment_files();
  CHECK(files.size() > 10);
  for (const std::filesystem::path& file : files) {
    CAPTURE(file.filename().string());
    const Json experiment = json(file);
    CHECK(!text(at(experiment, {"title"})).empty());
    if (!has_data(at(experiment, {"data", "train"}))) continue;

    const Result checked = run_program({"check", file.string()});
    INFO(checked.err);
    CHECK(checked.status == 0);
    CHECK(checked.err.empty());

    if (sanitized) continue;  // minutes for the deepest; images_test.cpp runs smaller ones

    const TemporaryDirectory directory;
    std::vector<std::string> arguments{"run", file.string(), "--quiet", "--out",
                                       (directory / "out").string()};
    const std::vector<std::string> settings = few(experiment);
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    const Result ran = run_program(arguments);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    const Json metrics = json(directory / "out/metrics.json");
    REQUIRE(metrics.size() > 0);
    for (const auto& metric : metrics.members()) {
      CAPTURE(metric.first);
      if (metric.second.is_object() && experiment["data"].contains("test")) {
        const double right = 8 * number(at(metric.second, {"accuracy"}));
        CHECK(right == std::round(right));  // of eight
        CHECK(right >= 0);
        CHECK(right <= 8);
      }
    }
  }
}
