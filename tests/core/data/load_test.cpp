// Windows, splits, synthetic data, and what a plan learns without reading numbers.
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

// x_i = (i, -i), y_i = i.
DataSpec counting_spec(const Folder& folder, std::int64_t n, const std::string& name = "") {
  Matrix x(n, 2), y(n, 1);
  for (std::int64_t i = 0; i < n; ++i) {
    x(i, 0) = y(i, 0) = static_cast<double>(i);
    x(i, 1) = -x(i, 0);
  }
  x.write_npy(folder / (name + "x.npy"));
  y.write_npy(folder / (name + "y.npy"));
  DataSpec spec;
  spec.place.pointer = "/data";
  spec.train.place.pointer = "/data/train";
  spec.train.x = folder / (name + "x.npy");
  spec.train.y = folder / (name + "y.npy");
  return spec;
}

std::vector<double> targets(const Dataset& d) { return {d.y.flat().begin(), d.y.flat().end()}; }

DataSpec regression(std::int64_t n, std::int64_t features, std::int64_t informative, double noise,
                    std::uint64_t seed) {
  DataSpec spec;
  spec.train.type = SourceType::make_regression;
  spec.train.place.pointer = "/data/train";
  spec.train.n_samples = n;
  spec.train.n_features = features;
  spec.train.n_informative = informative;
  spec.train.noise = noise;
  spec.train.seed = seed;
  return spec;
}

}  // namespace

TEST_CASE(
    "a file of row numbers chooses rows in its order, and offset and limit choose among those") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  spec.train.rows = folder.with("rows.txt", "7 2\n\t5 2 9\r\n");
  const TrainTest all = load_data(spec, 0);
  CHECK(targets(all.train) == std::vector<double>{7, 2, 5, 2, 9});
  CHECK(all.train.x.at(2, 1) == -5);
  CHECK(inspect_data(spec, {}).train.count == 5);
  spec.train.offset = 1;
  spec.train.limit = 3;
  CHECK(targets(load_data(spec, 0).train) == std::vector<double>{2, 5, 2});
  spec.split = Split{0.3, false};
  const TrainTest parts = load_data(spec, 0);
  CHECK(targets(parts.train) == std::vector<double>{2, 5});
  CHECK(targets(*parts.test) == std::vector<double>{2});
  PreprocessStep one_hot;
  one_hot.type = PreprocessType::one_hot;
  CHECK(inspect_data(spec, {{one_hot}}).train.outputs == 2);  // the labels 2 and 5
}

TEST_CASE("a byte order mark before row numbers is no part of them") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  spec.train.rows = folder.with("rows.txt",
                                "\xEF\xBB\xBF"
                                "7 2\n");
  CHECK(targets(load_data(spec, 0).train) == std::vector<double>{7, 2});
}

TEST_CASE("row numbers that are none, or beyond the last row, are refused with line and column") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  const auto message = [&](std::string_view bytes) {
    spec.train.rows = folder.with("rows.txt", bytes);
    return std::string(error_of([&] { (void)load_data(spec, 0); }).what());
  };
  CHECK(message("1 2\n3 10\n").find("rows.txt:2:3") != std::string::npos);
  CHECK(message("1 2\n3 10\n").find("10 samples") != std::string::npos);
  for (const char* word : {"-1", "1.5", "x", "99999999999999999999", "1,2"})
    CHECK(message(std::string("0 ") + word).find("is no row number") != std::string::npos);
  CHECK(message("\xEF\xBB\xBF 1\n10").find("rows.txt:2:1") != std::string::npos);
  CHECK(message("\x1f\x8b\x08")
            .find("rows.txt: is a gzip file, but a text of row numbers is "
                  "expected: unpack it with gunzip") != std::string::npos);
  CHECK(message(std::string_view("\xff\xfe"
                                 "1\0",
                                 4))
            .find("is text in UTF-16, but ") != std::string::npos);
  CHECK(message("\x1b[2J").find("\"\\u001b[2J\" is no row number") != std::string::npos);
  CHECK(message(" \n").find("chooses no rows") != std::string::npos);
}

TEST_CASE("test samples can be read again unchanged from their source") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  spec.test = counting_spec(folder, 6, "t").train;
  spec.test->offset = 2;
  const std::vector<std::int64_t> chosen{3, 0};
  CHECK(targets(load_test_samples(spec, 0, chosen)) == std::vector<double>{5, 2});
  spec.test.reset();
  spec.split = Split{0.4, true};
  const std::vector<double> all = targets(*load_data(spec, 8).test);
  CHECK(targets(load_test_samples(spec, 8, chosen)) == std::vector<double>{all[3], all[0]});
  const std::vector<std::int64_t> wrong{4};
  CHECK(error_of([&] { (void)load_test_samples(spec, 8, wrong); }).code() == ErrorCode::usage);
}

TEST_CASE("test samples need no targets") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 5);
  spec.test = counting_spec(folder, 4, "t").train;
  spec.test->y.clear();
  spec.test->offset = 1;
  CHECK(inspect_data(spec, {}).test->outputs == 0);
  const TrainTest data = load_data(spec, 0);
  CHECK_FALSE(data.test->has_targets());
  CHECK(data.test->y.rows() == 3);
  CHECK(data.test->x.at(0, 0) == 1);
  PreprocessStep one_hot;
  one_hot.type = PreprocessType::one_hot;
  CHECK(inspect_data(spec, {{one_hot}}).train.outputs == 5);
  CHECK(inspect_data(spec, {{one_hot}}).test->outputs == 0);
}

TEST_CASE("offset comes before limit, and limit takes what there is") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  spec.train.offset = 3;
  CHECK(targets(load_data(spec, 0).train) == std::vector<double>{3, 4, 5, 6, 7, 8, 9});
  spec.train.limit = 2;
  CHECK(targets(load_data(spec, 0).train) == std::vector<double>{3, 4});
  spec.train.limit = 100;
  CHECK(load_data(spec, 0).train.x.count() == 7);
  spec.train.offset = 10;
  const Error error = error_of([&] { (void)load_data(spec, 0); });
  CHECK(error.pointer() == "/data/train/offset");
  CHECK(std::string(error.what()) == "an offset of 10 leaves nothing: the source has 10 samples");
}

TEST_CASE("a split takes ceil(n fraction) test rows") {
  const Folder folder;
  struct Case {
    std::int64_t n;
    double fraction;
    std::int64_t tests;
  };
  // 70 x 0.1 and 3 x 0.2 exceed the whole number, or miss it, by rounding alone.
  for (const Case c : {Case{125, 0.1, 13},
                       {70, 0.1, 7},
                       {10, 0.1, 1},
                       {11, 0.1, 2},
                       {30, 0.7, 21},
                       {3, 1e-9, 1},
                       {110, 0.7, 77},
                       {1000, 0.333, 333},
                       {2, 0.5, 1}}) {
    CAPTURE(c.n);
    DataSpec spec = counting_spec(folder, c.n);
    spec.split = Split{c.fraction, true};
    const TrainTest data = load_data(spec, 1);
    CHECK(data.test->x.count() == c.tests);
    CHECK(data.train.x.count() == c.n - c.tests);
    const DataShapes shapes = inspect_data(spec, {});
    CHECK(shapes.train.count == data.train.x.count());
    CHECK(shapes.test->count == data.test->x.count());
  }
}

TEST_CASE("a split is a partition in the order of the file, chosen by the seed") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 100);
  spec.split = Split{0.3, true};
  std::set<std::vector<double>> different;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const TrainTest data = load_data(spec, seed);
    const std::vector<double> train = targets(data.train), test = targets(*data.test);
    CHECK(std::is_sorted(train.begin(), train.end()));
    CHECK(std::is_sorted(test.begin(), test.end()));
    std::set<double> all(train.begin(), train.end());
    all.insert(test.begin(), test.end());
    CHECK(all.size() == 100);
    CHECK(test == targets(*load_data(spec, seed).test));
    for (std::int64_t i = 0; i < data.test->x.count(); ++i)
      CHECK(data.test->x.at(i, 1) == -data.test->y(i, 0));
    different.insert(test);
  }
  CHECK(different.size() == 5);
  spec.split->shuffle = false;
  const std::vector<double> last = targets(*load_data(spec, 0).test);
  CHECK(last.front() == 70);
  CHECK(last.back() == 99);
}

TEST_CASE("reading and preprocessing report their phases and stop when they are cancelled") {
  const Folder folder;
  const DataSpec spec = counting_spec(folder, 10);
  std::vector<std::string> phases;
  Control control([&](const Progress& step) {
    if (step.done == step.total) phases.push_back(step.phase);
  });
  TrainTest data = load_data(spec, 0, &control);
  CHECK(phases == std::vector<std::string>{"read data"});
  PreprocessStep scale;
  scale.type = PreprocessType::scale;
  (void)preprocess(data, std::vector{scale}, Precision::float64, &control);
  CHECK(phases.back() == "preprocess");
  control.cancel();
  CHECK(error_of([&] { (void)load_data(spec, 0, &control); }).code() == ErrorCode::cancelled);
  CHECK(error_of([&] {
          (void)preprocess(data, std::vector{scale}, Precision::float64, &control);
        }).code() == ErrorCode::cancelled);
}

TEST_CASE("a split that leaves a part empty is refused") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 3);
  spec.split = Split{0.9, true};
  const Error error = error_of([&] { (void)load_data(spec, 0); });
  CHECK(error.code() == ErrorCode::usage);
  CHECK(error.pointer() == "/data/split/test_fraction");
  CHECK(std::string(error.what()) ==
        "3 samples of 3 would be for the test; both parts need at least one");
  CHECK(error_of([&] { (void)inspect_data(spec, {}); }).pointer() == error.pointer());
}

TEST_CASE("train and test of different shapes are refused before any number is read") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  Matrix(4, 3).write_npy(folder / "wide.npy");
  Matrix(4, 1).write_npy(folder / "four.npy");
  Matrix(4, 2).write_npy(folder / "two.npy");
  spec.test = spec.train;
  spec.test->place.pointer = "/data/test";
  spec.test->x = folder / "wide.npy";
  spec.test->y = folder / "four.npy";
  const Error error = error_of([&] { (void)load_data(spec, 0); });
  CHECK(error.pointer() == "/data/test");
  CHECK(std::string(error.what()) ==
        "the test samples are [sample, 3], the training samples [sample, 2]; they must agree in "
        "everything but their number");
  spec.test->x = folder / "two.npy";
  spec.test->y = folder / "two.npy";
  CHECK(std::string(error_of([&] { (void)load_data(spec, 0); }).what()) ==
        "the test targets have 2 outputs, the training targets 1");
}

TEST_CASE("make_regression draws standard normal samples") {
  const TrainTest data = load_data(regression(20000, 3, 3, 0, 5), 0);
  const Matrix& x = data.train.x.f64();
  for (std::int64_t a = 0; a < 3; ++a)
    for (std::int64_t b = 0; b <= a; ++b) {
      double mean = 0, product = 0;
      for (std::int64_t i = 0; i < x.rows(); ++i) {
        mean += x(i, a) / 20000;
        product += x(i, a) * x(i, b) / 20000;
      }
      CHECK(std::abs(mean) < 5 / std::sqrt(20000.0));
      // Var(x_a x_b) is 2 where a = b, else 1.
      CHECK(std::abs(product - (a == b)) < 5 * std::sqrt((a == b ? 2 : 1) / 20000.0));
    }
}

TEST_CASE("without noise make_regression is a linear model of its informative features") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const TrainTest data = load_data(regression(50, 6, 2, 0, seed), 0);
    const Matrix &x = data.train.x.f64(), &y = data.train.y;
    // Coefficients by the normal equations, solved with Gauss-Jordan elimination.
    Matrix a(6, 7);
    for (std::int64_t i = 0; i < 6; ++i)
      for (std::int64_t k = 0; k < 50; ++k) {
        for (std::int64_t j = 0; j < 6; ++j) a(i, j) += x(k, i) * x(k, j);
        a(i, 6) += x(k, i) * y(k, 0);
      }
    for (std::int64_t p = 0; p < 6; ++p)
      for (std::int64_t i = 0; i < 6; ++i) {
        const double f = a(i, p) / a(p, p);
        for (std::int64_t j = 0; i != p && j < 7; ++j) a(i, j) -= f * a(p, j);
      }
    int informative = 0;
    for (std::int64_t p = 0; p < 6; ++p) {
      const double w = a(p, 6) / a(p, p);
      CHECK(w > -1e-9);  // 100 times the rounding of a well-conditioned 6 x 6 system
      CHECK(w < 100);
      informative += w > 1e-9;
    }
    CHECK(informative == 2);
  }
}

TEST_CASE("the noise of make_regression has its standard deviation and nothing else changes") {
  const TrainTest clean = load_data(regression(40000, 4, 2, 0, 9), 0);
  const TrainTest noisy = load_data(regression(40000, 4, 2, 0.25, 9), 0);
  double mean = 0, square = 0;
  for (std::int64_t i = 0; i < 40000; ++i) {
    REQUIRE(clean.train.x.at(i, 1) == noisy.train.x.at(i, 1));
    const double e = (noisy.train.y(i, 0) - clean.train.y(i, 0)) / 0.25;
    mean += e / 40000;
    square += e * e / 40000;
  }
  CHECK(std::abs(mean) < 5 / std::sqrt(40000.0));
  CHECK(std::abs(square - 1) < 5 * std::sqrt(2 / 40000.0));
}

TEST_CASE("make_regression gives the same samples by windows, and others by seed") {
  const TrainTest all = load_data(regression(20, 3, 2, 0.5, 4), 0);
  DataSpec part = regression(20, 3, 2, 0.5, 4);
  part.train.offset = 7;
  part.train.limit = 5;
  const TrainTest some = load_data(part, 99);  // the experiment's seed has no say here
  REQUIRE(some.train.x.count() == 5);
  for (std::int64_t i = 0; i < 5; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) CHECK(some.train.x.at(i, j) == all.train.x.at(7 + i, j));
    CHECK(some.train.y(i, 0) == all.train.y(7 + i, 0));
  }
  CHECK(load_data(regression(20, 3, 2, 0.5, 5), 0).train.y(0, 0) != all.train.y(0, 0));
  CHECK(error_of([] { (void)load_data(regression(20, 3, 4, 0, 0), 0); }).pointer() ==
        "/data/train/n_informative");
}

TEST_CASE("a plan knows the outputs that one_hot will make") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  PreprocessStep step;
  step.type = PreprocessType::one_hot;
  step.classes = 12;
  CHECK(inspect_data(spec, {{step}}).train.outputs == 12);
  step.classes.reset();
  CHECK(inspect_data(spec, {{step}}).train.outputs == 10);
  spec.train.limit = 4;
  CHECK(inspect_data(spec, {{step}}).train.outputs == 4);
}

TEST_CASE("inspecting reads headers alone") {
  const Folder folder;
  DataSpec spec = counting_spec(folder, 10);
  const double nan = std::nan("");
  Matrix({{nan, 1}, {2, 3}}).write_npy(folder / "x.npy");
  Matrix({{nan}, {1}}).write_npy(folder / "y.npy");
  const DataShape shape = inspect_data(spec, {}).train;
  CHECK(shape.count == 2);
  CHECK(shape.sample.features() == 2);
  CHECK(shape.outputs == 1);
}
