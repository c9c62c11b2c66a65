// The golden kernels (tests/golden/README.md): diagonals and duplicates included, in float64, and
// float32 beside it.
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/runtime.hpp>

#include "core/engine/plugin_runtime.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace widelimit;
using widelimit::test::plugin_runtime;

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> cases() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(WIDELIMIT_TEST_GOLDEN))
    if (fs::exists(entry.path() / "experiment.json")) all.push_back(entry.path());
  return all;
}

// One golden case: its network, its samples, and its reference kernels.
struct Golden {
  explicit Golden(const fs::path& folder)
      : experiment(ExperimentText::read(folder / "experiment.json")
                       .validate(plugin_runtime().catalogue())),
        net(plugin_runtime().network(experiment.network)),
        data(load_data(*experiment.data, 0)),
        train(data.train.x),
        test(data.test->x),
        kernels(folder / "expected" / "kernel") {}

  Matrix reference(const std::string& block, const std::string& kernel) const {
    return Matrix::read_npy(kernels / (block + "." + kernel + ".npy"));
  }

  Experiment experiment;
  Network net;
  TrainTest data;
  const Samples &train, &test;
  fs::path kernels;
};

// Largest |ours - reference| / sqrt(K_ii K_jj); infinity where ours is not finite.
template <class T>
double distance(const BasicMatrix<T>& ours, const Matrix& reference, const Matrix& rows,
                const Matrix& cols) {
  REQUIRE(ours.rows() == reference.rows());
  REQUIRE(ours.cols() == reference.cols());
  double worst = 0;
  for (std::int64_t i = 0; i < ours.rows(); ++i)
    for (std::int64_t j = 0; j < ours.cols(); ++j) {
      const double d = std::abs(static_cast<double>(ours(i, j)) - reference(i, j));
      const double scale = std::sqrt(rows(i, i)) * std::sqrt(cols(j, j));
      if (!(d == 0)) worst = std::isfinite(d) ? std::max(worst, d / scale) : HUGE_VAL;
    }
  return worst;
}

// The worst of all blocks and both kernels.
template <class T>
double worst(const Golden& g) {
  const PerKernel<BasicMatrix<T>> blocks[] = {
      g.net.kernels<T>(g.train), g.net.kernels<T>(g.test, g.train), g.net.kernels<T>(g.test)};
  double all = 0;
  for (const std::string kernel : {"nngp", "ntk"}) {
    const Matrix train = g.reference("train_train", kernel),
                 test = g.reference("test_test", kernel), cross = g.reference("test_train", kernel);
    const auto of = [&](int b) -> const BasicMatrix<T>& {
      return kernel == "nngp" ? blocks[b].nngp : blocks[b].ntk;
    };
    all = std::max({all, distance(of(0), train, train, train), distance(of(1), cross, test, train),
                    distance(of(2), test, test, test)});
  }
  return all;
}

}  // namespace

TEST_CASE("all golden cases are there") { CHECK(cases().size() == 32); }

TEST_CASE("float64 kernels are within 1e-12 of the golden numbers") {
  for (const fs::path& folder : cases()) {
    CAPTURE(folder.filename().string());
    const double d = worst<double>(Golden(folder));
    MESSAGE(folder.filename().string() << ": " << d);
    CHECK(d <= 1e-12);
  }
}

TEST_CASE("float32 kernels are within 2e-6 of the golden numbers") {
  for (const fs::path& folder : cases()) {
    const std::string name = folder.filename().string();
    CAPTURE(name);
    const Golden g(folder);
    if (name == "fc-awkward-inputs") {
      // Variances of 1e20 and more: finite, or an error that names the sample.
      try {
        CHECK(std::isfinite(worst<float>(g)));
      } catch (const Error& e) {
        CHECK(e.code() != ErrorCode::internal);
        REQUIRE(e.facts().sample);
        CHECK(std::string(e.what()).find("sample " + std::to_string(e.facts().sample->number)) !=
              std::string::npos);
      }
      continue;
    }
    // Two features make nearly collinear samples: rounding the inputs alone costs the tutorial
    // 4e-6.
    const double d = worst<float>(g);
    MESSAGE(name << ": " << d);
    CHECK(d <= (name == "tutorial" ? 2e-5 : 2e-6));
  }
}

TEST_CASE("diagonals of golden cases are those of the whole kernels, to the bit") {
  for (const fs::path& folder : cases()) {
    CAPTURE(folder.filename().string());
    const Golden g(folder);
    const PerKernel<Matrix> k = g.net.kernels<double>(g.train);
    const PerKernel<std::vector<double>> d = g.net.plan(g.train.shape()).diagonals(g.train);
    bool same = true;
    for (std::int64_t i = 0; i < g.train.count(); ++i)
      same = same && d.nngp[static_cast<std::size_t>(i)] == k.nngp(i, i) &&
             d.ntk[static_cast<std::size_t>(i)] == k.ntk(i, i);
    CHECK(same);
  }
}

TEST_CASE("the training samples given twice are duplicates in every golden case, to the bit") {
  for (const fs::path& folder : cases()) {
    CAPTURE(folder.filename().string());
    const Golden g(folder);
    const Samples again(Matrix(g.train.f64().clone()), g.train.shape().sites);
    const PerKernel<Matrix> cross = g.net.kernels<double>(g.train, again);
    const PerKernel<std::vector<double>> d = g.net.plan(g.train.shape()).diagonals(g.train);
    bool same = true;
    for (std::int64_t i = 0; i < g.train.count(); ++i)
      same = same && d.nngp[static_cast<std::size_t>(i)] == cross.nngp(i, i) &&
             d.ntk[static_cast<std::size_t>(i)] == cross.ntk(i, i);
    CHECK(same);
  }
}
