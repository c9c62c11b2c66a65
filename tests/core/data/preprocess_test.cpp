// Every preprocess step against a computation by hand.
#include <widelimit/experiment/data.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

PreprocessStep step_of(PreprocessType type) {
  PreprocessStep step;
  step.type = type;
  step.place.pointer = "/preprocess/0";
  return step;
}

TrainTest some_data(Matrix x, Matrix y) {
  TrainTest data;
  data.train.x = Samples(std::move(x));
  data.train.y = std::move(y);
  return data;
}

TrainTest with_test(TrainTest data, Matrix x, Matrix y) {
  data.test.emplace();
  data.test->x = Samples(std::move(x));
  data.test->y = std::move(y);
  return data;
}

// Sums of a few numbers of order 1 are accurate to a few eps.
void check_close(const Matrix& m, const std::vector<std::vector<double>>& expected) {
  REQUIRE(m.rows() == static_cast<std::int64_t>(expected.size()));
  for (std::int64_t i = 0; i < m.rows(); ++i)
    for (std::int64_t j = 0; j < m.cols(); ++j) {
      const double e = expected[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
      CAPTURE(i);
      CAPTURE(j);
      CHECK(std::abs(m(i, j) - e) <= 8 * eps * std::max(1.0, std::abs(e)));
    }
}

TargetTransform run(TrainTest& data, const std::vector<PreprocessStep>& steps,
                    Precision precision = Precision::float64) {
  return preprocess(data, steps, precision);
}

}  // namespace

TEST_CASE("standardize_x per feature uses mean and population deviation of the training set") {
  // Feature 0: mean 2, variance ((-1)^2 + 1 + 0 + 0) / 4 = 1/2. Feature 1 is constant.
  TrainTest data = with_test(some_data({{1, 0.1}, {3, 0.1}, {2, 0.1}, {2, 0.1}}, Matrix(4, 1)),
                             {{4, 0.6}}, Matrix(1, 1));
  run(data, {step_of(PreprocessType::standardize_x)});
  const double r = std::sqrt(2.0);
  check_close(data.train.x.f64(), {{-r, 0}, {r, 0}, {0, 0}, {0, 0}});
  check_close(data.test->x.f64(), {{2 * r, 0.5}});
  for (std::int64_t i = 0; i < 4; ++i) CHECK(data.train.x.at(i, 1) == 0);  // to the bit
}

TEST_CASE("center_x subtracts the mean of the training set, and keeps differences") {
  // float32 does not have 1e8 + 1; the mean, off by the rounding of 1e8 in float64, vanishes in the
  // rounding of the result.
  TrainTest data = with_test(some_data({{1e8 + 1, 5}, {1e8 + 3, 5}, {1e8 + 8, 5}}, Matrix(3, 1)),
                             {{1e8 + 6, 6}}, Matrix(1, 1));
  run(data, {step_of(PreprocessType::center_x)}, Precision::float32);
  const Samples train = data.train.x.converted(Precision::float64),
                test = data.test->x.converted(Precision::float64);
  check_close(train.f64(), {{-3, 0}, {-1, 0}, {4, 0}});
  check_close(test.f64(), {{2, 1}});
}

TEST_CASE("center_x of all numbers subtracts one mean") {
  TrainTest data = some_data({{1, 2}, {3, 6}}, Matrix(2, 1));
  PreprocessStep step = step_of(PreprocessType::center_x);
  step.per_feature = false;
  run(data, {step});
  check_close(data.train.x.f64(), {{-2, -1}, {0, 3}});
}

TEST_CASE("standardize_x of all numbers uses one mean and one deviation") {
  // Numbers 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4 = 7/2.
  TrainTest data = some_data({{1, 2}, {3, 6}}, Matrix(2, 1));
  PreprocessStep step = step_of(PreprocessType::standardize_x);
  step.per_feature = false;
  run(data, {step});
  const double s = std::sqrt(3.5);
  check_close(data.train.x.f64(), {{-2 / s, -1 / s}, {0, 3 / s}});
  TrainTest constant = some_data({{5, 5}, {5, 5}}, Matrix(2, 1));
  run(constant, {step});
  check_close(constant.train.x.f64(), {{0, 0}, {0, 0}});
}

TEST_CASE("a feature that varies by rounding alone is constant") {
  for (const std::int64_t n : {2, 3, 50, 1000}) {
    CAPTURE(n);
    Matrix x(n, 3), y(n, 1);
    for (std::int64_t i = 0; i < n; ++i) {
      x(i, 0) = std::sin(static_cast<double>(i));
      x(i, 1) = i % 2 == 0 ? 0.3 : 0.1 * 3;  // they differ in the last bit
      x(i, 2) = -1e9 * x(i, 1);
      y(i, 0) = x(i, 1);
    }
    REQUIRE(x(0, 1) != x(1, 1));
    TrainTest data = with_test(some_data(x.clone(), y.clone()), {{0, 0.300001, -3e8}}, {{0.3}});
    const TargetTransform targets =
        run(data, {step_of(PreprocessType::standardize_x), step_of(PreprocessType::standardize_y)});
    CHECK(targets.scale(0) == 1);
    CHECK(std::abs(data.test->x.at(0, 1) - 1e-6) < 1e-15);
    for (std::int64_t i = 0; i < n; ++i) {
      CHECK(std::abs(data.train.x.at(i, 1)) < 1e-15 + static_cast<double>(n) * eps);
      CHECK(std::abs(data.train.x.at(i, 2)) < 3e8 * static_cast<double>(n) * eps);
    }
    // One mean and one deviation of all numbers.
    PreprocessStep all = step_of(PreprocessType::standardize_x);
    all.per_feature = false;
    TrainTest one = some_data(y.clone(), Matrix(n, 1));
    run(one, {all});
    for (std::int64_t i = 0; i < n; ++i)
      CHECK(std::abs(one.train.x.at(i, 0)) < static_cast<double>(n) * eps);
  }
}

TEST_CASE("float32 samples that differ in the last bit of float32 are constant too") {
  const float a = 0.3F, b = std::nextafter(a, 1.0F);
  for (const double factor : {1.0, 1.0 / 3}) {
    TrainTest data;
    data.train.x = Samples(MatrixF{{a, 1}, {b, 2}, {a, 3}, {b, 4}});
    data.train.y = Matrix(4, 1);
    PreprocessStep scale = step_of(PreprocessType::scale);
    scale.factor = factor;
    run(data, {scale, step_of(PreprocessType::standardize_x)});
    for (std::int64_t i = 0; i < 4; ++i) CHECK(std::abs(data.train.x.at(i, 0)) < 1e-7);
    CHECK(data.train.x.at(3, 1) > 1);
  }
}

TEST_CASE("a small deviation that is above rounding is one") {
  const auto around = [](double mean) {  // 1e-12 of it: thousands of units in the last place
    return some_data({{mean * (1 - 1e-12)}, {mean * (1 + 1e-12)}, {mean}}, Matrix(3, 1));
  };
  for (const double mean : {1.0, -3e9}) {
    CAPTURE(mean);
    TrainTest data = around(mean);
    run(data, {step_of(PreprocessType::standardize_x)});
    CHECK(std::abs(data.train.x.at(1, 0)) == doctest::Approx(std::sqrt(1.5)).epsilon(1e-3));
  }
  TrainTest underflow = around(1e-150);  // squares of differences are 0, the differences are not
  CHECK(contains(error_of([&] { run(underflow, {step_of(PreprocessType::standardize_x)}); }).what(),
                 "too large or too small"));
}

TEST_CASE("standardize_y is undone for predictions") {
  // Output 0: mean 3, deviation 2. Output 1 is constant.
  TrainTest data = with_test(some_data(Matrix(2, 1), {{1, 7}, {5, 7}}), Matrix(1, 1), {{9, 8}});
  const TargetTransform transform = run(data, {step_of(PreprocessType::standardize_y)});
  check_close(data.train.y, {{-1, 0}, {1, 0}});
  check_close(data.test->y, {{3, 1}});
  transform.restore_mean(data.train.y);
  transform.restore_mean(data.test->y);
  check_close(data.train.y, {{1, 7}, {5, 7}});
  check_close(data.test->y, {{9, 8}});
  CHECK(transform.scale(0) == 2);
  CHECK(transform.scale(1) == 1);
  CHECK(TargetTransform{}.scale(3) == 1);
}

TEST_CASE("unit_norm makes every sample's Euclidean norm 1, and leaves zeros") {
  TrainTest data = some_data({{3, 4}, {0, 0}, {1e-200, 0}, {3e200, -4e200}}, Matrix(4, 1));
  run(data, {step_of(PreprocessType::unit_norm)});
  check_close(data.train.x.f64(), {{0.6, 0.8}, {0, 0}, {1, 0}, {0.6, -0.8}});
}

TEST_CASE("scale multiplies") {
  TrainTest data = with_test(some_data({{1, -2}}, Matrix(1, 1)), {{4, 0}}, Matrix(1, 1));
  PreprocessStep step = step_of(PreprocessType::scale);
  step.factor = 0.25;
  run(data, {step});
  check_close(data.train.x.f64(), {{0.25, -0.5}});
  check_close(data.test->x.f64(), {{1, 0}});
}

TEST_CASE("zca of two features agrees with the square root of their covariance by hand") {
  // Means 0; covariance [[5/2, 3/2], [3/2, 5/2]] with eigenvalues 4 along (1, 1) and 1 along
  // (1, -1), so W = [[3/4, -1/4], [-1/4, 3/4]].
  const double a = 2 * std::sqrt(2.0), b = std::sqrt(2.0);  // sqrt(n eigenvalue) / sqrt(2)
  const Matrix x = {{a / b * 1, a / b * 1}, {-a / b, -a / b}, {1, -1}, {-1, 1}};
  TrainTest data = with_test(some_data(x.clone(), Matrix(4, 1)), {{1, 0}, {0, 2}}, Matrix(2, 1));
  run(data, {step_of(PreprocessType::zca)});
  check_close(data.train.x.f64(), {{1, 1}, {-1, -1}, {1, -1}, {-1, 1}});
  check_close(data.test->x.f64(), {{0.75, -0.25}, {-0.5, 1.5}});

  // With regularization 0.6 the mean eigenvalue 5/2 adds 3/2: 11/2 and 5/2.
  data = some_data(x.clone(), Matrix(4, 1));
  PreprocessStep step = step_of(PreprocessType::zca);
  step.regularization = 0.6;
  run(data, {step});
  const double p = 2 / std::sqrt(5.5), q = 1 / std::sqrt(2.5);
  check_close(data.train.x.f64(), {{p, p}, {-p, -p}, {q, -q}, {-q, q}});
}

TEST_CASE("zca makes the covariance of the training set the identity") {
  constexpr std::int64_t n = 60, d = 5;
  Matrix x(n, d);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < d; ++j)
      x(i, j) = std::sin(static_cast<double>(7 * i * i + 13 * j * i + j)) +
                (j > 0 ? 0.7 * x(i, j - 1) : 3.0);
  TrainTest data = some_data(std::move(x), Matrix(n, 1));
  run(data, {step_of(PreprocessType::zca)});
  const Matrix& w = data.train.x.f64();
  for (std::int64_t a = 0; a < d; ++a)
    for (std::int64_t b = 0; b < d; ++b) {
      double mean = 0, c = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        mean += w(i, a) / n;
        c += w(i, a) * w(i, b) / n;
      }
      // d eps times the condition number of this covariance, below 100.
      CHECK(std::abs(mean) < d * 100 * eps);
      CHECK(std::abs(c - (a == b)) < d * 100 * eps);
    }
}

TEST_CASE("zca refuses a singular covariance unless it is regularized") {
  const Matrix x = {{1, 2, 5}, {2, 4, 5}, {3, 7, 5}, {4, 8, 5}};  // the last feature is constant
  TrainTest data = some_data(x.clone(), Matrix(4, 1));
  const Error error = error_of([&] { run(data, {step_of(PreprocessType::zca)}); });
  CHECK(error.code() == ErrorCode::usage);
  CHECK(error.pointer() == "/preprocess/0");
  CHECK(contains(error.what(),
                 "the covariance of the 4 training samples is singular: 1 of 3 "
                 "directions have no variance"));
  PreprocessStep step = step_of(PreprocessType::zca);
  step.regularization = 0.1;
  data = some_data(x.clone(), Matrix(4, 1));
  run(data, {step});
  for (std::int64_t i = 0; i < 4; ++i) CHECK(std::abs(data.train.x.at(i, 2)) < 10 * eps);
}

TEST_CASE("zca does not whiten rounding") {
  constexpr std::int64_t n = 40;
  Matrix noise(n, 2), sums(n, 3);
  for (std::int64_t i = 0; i < n; ++i) {
    const double a = std::sin(static_cast<double>(3 * i)), b = std::cos(static_cast<double>(i * i));
    noise(i, 0) = i % 2 == 0 ? 0.3 : 0.1 * 3;
    noise(i, 1) = 7 * (i % 3 == 0 ? 0.3 : 0.1 * 3);
    // The third is the sum of the others, which an offset has rounded to 1e-7.
    sums(i, 0) = 1e9 + a;
    sums(i, 1) = b;
    sums(i, 2) = sums(i, 0) + b;
  }
  for (const Matrix* x : {&noise, &sums}) {
    TrainTest data = some_data(x->clone(), Matrix(n, 1));
    CHECK(contains(error_of([&] { run(data, {step_of(PreprocessType::zca)}); }).what(),
                   "the covariance of the 40 training samples is singular"));
  }
  PreprocessStep step = step_of(PreprocessType::zca);
  step.regularization = 1e-3;
  TrainTest data = some_data(sums.clone(), Matrix(n, 1));
  run(data, {step});
  // The direction without variance, (1, 1, -1), keeps 1e-7 over the root of the ridge.
  for (std::int64_t i = 0; i < n; ++i)
    CHECK(std::abs(data.train.x.at(i, 0) + data.train.x.at(i, 1) - data.train.x.at(i, 2)) < 1e-4);
}

TEST_CASE("one_hot writes labels as one output a class, centered or not") {
  TrainTest data = with_test(some_data(Matrix(4, 1), {{0}, {3}, {1}, {2}}), Matrix(1, 1), {{2}});
  PreprocessStep step = step_of(PreprocessType::one_hot);
  const TargetTransform transform = run(data, {step});
  CHECK(transform.classes == 4);
  check_close(data.train.y, {{0.75, -0.25, -0.25, -0.25},
                             {-0.25, -0.25, -0.25, 0.75},
                             {-0.25, 0.75, -0.25, -0.25},
                             {-0.25, -0.25, 0.75, -0.25}});
  check_close(data.test->y, {{-0.25, -0.25, 0.75, -0.25}});
  data = some_data(Matrix(2, 1), {{0}, {1}});
  step.centered = false;
  step.classes = 3;
  run(data, {step});
  check_close(data.train.y, {{1, 0, 0}, {0, 1, 0}});
}

TEST_CASE("the classes are the labels of the training samples, with their names") {
  struct Case {
    Matrix labels;
    std::vector<std::string> names;
    std::vector<std::int64_t> samples;
  };
  for (const Case& c :
       {Case{{{1}, {2}, {3}, {2}}, {"1", "2", "3"}, {1, 2, 1}},
        Case{{{1}, {-1}, {-1}}, {"-1", "1"}, {2, 1}}, Case{{{5}, {3}}, {"3", "5"}, {1, 1}},
        Case{{{0}, {1e12}}, {"0", "1000000000000"}, {1, 1}}, Case{{{0}, {1}}, {}, {1, 1}}}) {
    TrainTest data = with_test(some_data(Matrix(c.labels.rows(), 1), c.labels.clone()),
                               Matrix(c.labels.rows(), 1), c.labels.clone());
    const TargetTransform transform = run(data, {step_of(PreprocessType::one_hot)});
    CHECK(data.train.y_names == c.names);
    CHECK(data.test->y_names == c.names);
    CHECK(transform.class_samples == c.samples);
    CHECK(transform.classes == std::ssize(c.samples));
    for (std::int64_t i = 0; i < data.test->y.size(); ++i)
      CHECK(data.test->y.data()[i] == data.train.y.data()[i]);
  }
  // A stated number of classes: 0 .. classes - 1, with some that nobody has.
  TrainTest data = some_data(Matrix(2, 1), {{1}, {3}});
  PreprocessStep step = step_of(PreprocessType::one_hot);
  step.classes = 4;
  CHECK(run(data, {step}).class_samples == std::vector<std::int64_t>{0, 1, 0, 1});
}

TEST_CASE("a test set without targets stays without") {
  TrainTest data = with_test(some_data(Matrix(2, 1), {{1}, {2}}), Matrix(3, 1), Matrix(3, 0));
  run(data, {step_of(PreprocessType::one_hot), step_of(PreprocessType::standardize_y)});
  CHECK_FALSE(data.test->has_targets());
  CHECK(data.test->x.count() == 3);
}

TEST_CASE("labels that are none are refused with the sample") {
  PreprocessStep step = step_of(PreprocessType::one_hot);
  const auto message = [&](Matrix y) {
    TrainTest data = some_data(Matrix(y.rows(), 1), std::move(y));
    const Error error = error_of([&] { run(data, {step}); });
    CHECK(error.code() == ErrorCode::usage);
    CHECK(contains(error.pointer(), "/preprocess/0"));
    return std::string(error.what());
  };
  CHECK(message({{0}, {1}, {0.5}}) ==
        "one_hot needs integers or words as labels; the target of training sample 2 (counted from "
        "0, after offset, limit and split) is 0.5");
  CHECK(contains(message({{0}, {1e300}}), "training sample 1 "));
  CHECK(contains(message({{0}, {0}}), "every training label is 0"));
  CHECK(message({{0, 1}, {1, 0}}) ==
        "one_hot needs one label a sample, the targets have 2 outputs");
  step.classes = 2;
  CHECK(message({{0}, {2}, {1}}) ==
        "the label of training sample 1 (counted from 0, after offset, limit and split) is 2; of 2 "
        "classes the labels are 0 to 1, or any 2; the training samples have 3 (0, 1, 2)");
  step.classes.reset();
  TrainTest data = with_test(some_data(Matrix(2, 1), {{0}, {1}}), Matrix(1, 1), {{2}});
  CHECK(std::string(error_of([&] { run(data, {step}); }).what()) ==
        "the label of test sample 0 (counted from 0, after offset, limit and split) is 2, which no "
        "training sample has; the labels are 0, 1; with \"classes\" they are 0 to classes - 1, "
        "and such samples count as wrong");
}

TEST_CASE("steps are fitted one after the other, in float64, and rounded once at the end") {
  // float32 samples near 1e7 lose their differences' digits unless statistics are in float64.
  TrainTest data;
  data.train.x = Samples(MatrixF{{10000000.0F}, {10000001.0F}, {10000003.0F}});
  data.train.y = Matrix(3, 1);
  PreprocessStep scale = step_of(PreprocessType::scale);
  scale.factor = 1.0 / 3;
  run(data, {scale, step_of(PreprocessType::standardize_x)}, Precision::float32);
  REQUIRE(data.train.x.precision() == Precision::float32);
  // 0, 1, 3: mean 4/3, variance 14/9.
  const double s = std::sqrt(14.0);
  const double expected[] = {-4 / s, -1 / s, 5 / s};
  for (std::int64_t i = 0; i < 3; ++i)  // 1e7 eps of the scaled numbers is far below float32's eps
    CHECK(std::abs(data.train.x.at(i, 0) - expected[i]) <= 0x1p-24 * std::abs(expected[i]) + 1e-8);
}

TEST_CASE("samples get the requested precision and keep their sites, with or without steps") {
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    TrainTest data;
    data.train.x = Samples(MatrixF{{1, 2, 3, 4}}, {2});
    data.train.y = Matrix(1, 1);
    run(data, {}, precision);
    CHECK(data.train.x.precision() == precision);
    CHECK(data.train.x.at(0, 3) == 4);
    run(data, {step_of(PreprocessType::unit_norm)}, precision);
    CHECK(data.train.x.precision() == precision);
    CHECK(data.train.x.shape().sites == std::vector<std::int64_t>{2});
    CHECK(data.train.x.shape().channels == 2);
  }
}

TEST_CASE("numbers that leave the range are refused, never infinite") {
  TrainTest data = some_data({{1e300, 1}, {1, 2}}, Matrix(2, 1));
  CHECK(contains(error_of([&] { run(data, {}, Precision::float32); }).what(),
                 "feature 0 of training sample 0 (counted from 0, after offset, limit and split) "
                 "does not fit float32"));
  data = some_data({{1e300, 1}, {-1e300, 2}}, Matrix(2, 1));
  CHECK(contains(error_of([&] { run(data, {step_of(PreprocessType::standardize_x)}); }).what(),
                 "the numbers of column 0 (counted from 0) are too large or too small"));
  data = some_data({{1e-300, 1}, {-1e-300, 2}}, Matrix(2, 1));
  CHECK(contains(error_of([&] { run(data, {step_of(PreprocessType::standardize_x)}); }).what(),
                 "the numbers of column 0 (counted from 0) are too large or too small"));
  data = some_data({{1e300, 1}, {-1e300, 2}}, Matrix(2, 1));
  CHECK(contains(error_of([&] { run(data, {step_of(PreprocessType::zca)}); }).what(),
                 "overflows float64"));
  data = some_data({{1e300, 1}}, Matrix(1, 1));
  PreprocessStep step = step_of(PreprocessType::scale);
  step.factor = 1e10;
  CHECK(contains(error_of([&] { run(data, {step}); }).what(), "does not fit float64"));
}
