// Memory of a host: samples any distance apart, and results with any leading dimension.
#include <widelimit/error.hpp>
#include <widelimit/network.hpp>

#include "static_layers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;

namespace {

// Numbers of no sample and of no kernel.
template <class T>
constexpr T gap = T{-12345};

// The rows of a matrix, `stride` numbers apart.
template <class T>
std::vector<T> spread(const BasicMatrix<T>& x, std::int64_t stride) {
  std::vector<T> numbers(static_cast<std::size_t>(x.rows() * stride), gap<T>);
  for (std::int64_t i = 0; i < x.rows(); ++i)
    std::copy_n(x.row(i).data(), x.cols(), numbers.data() + i * stride);
  return numbers;
}

template <class T>
BasicMatrix<T> in_precision(const Matrix& x) {
  if constexpr (precision_of<T> == Precision::float64)
    return x.clone();
  else
    return to_float(x);
}

template <class T>
bool same_bits(const BasicMatrix<T>& a, const BasicMatrix<T>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(a.flat().begin(), a.flat().end(), b.flat().begin());
}

template <class T>
void check_strides(const Network& net, const SampleShape& shape, std::int64_t n) {
  const PlannedNetwork plan = net.plan(shape);
  const BasicMatrix<T> x = in_precision<T>(random_matrix(n, shape.features(), 70)),
                       y = in_precision<T>(random_matrix(n / 3, shape.features(), 71));
  const SamplesView x_alone(x.data(), x.rows(), shape), y_alone(y.data(), y.rows(), shape);
  const PerKernel<BasicMatrix<T>> square = plan.kernels<T>(x_alone),
                                  cross = plan.kernels<T>(x_alone, y_alone);
  const PerKernel<std::vector<double>> diagonals = plan.diagonals(x_alone, precision_of<T>);
  const std::vector<LayerStatistics> statistics = plan.statistics(x_alone);
  for (const std::int64_t more : {1, 13, 64}) {
    CAPTURE(more);
    const std::int64_t stride = shape.features() + more;
    const std::vector<T> x_numbers = spread(x, stride), y_numbers = spread(y, stride + 5);
    const SamplesView apart(x_numbers.data(), x.rows(), shape, stride),
        others(y_numbers.data(), y.rows(), shape, stride + 5);
    const PerKernel<BasicMatrix<T>> k = plan.kernels<T>(apart), c = plan.kernels<T>(apart, others);
    CHECK(same_bits(k.nngp, square.nngp));
    CHECK(same_bits(k.ntk, square.ntk));
    CHECK(same_bits(c.nngp, cross.nngp));
    CHECK(same_bits(c.ntk, cross.ntk));
    CHECK(same_bits(plan.kernels<T>(apart, apart).ntk, square.ntk));
    const PerKernel<std::vector<double>> d = plan.diagonals(apart, precision_of<T>);
    CHECK(d.nngp == diagonals.nngp);
    CHECK(d.ntk == diagonals.ntk);
    const std::vector<LayerStatistics> s = plan.statistics(apart);
    REQUIRE(s.size() == statistics.size());
    for (std::size_t i = 0; i < s.size(); ++i) {
      CHECK(s[i].mean_variance == statistics[i].mean_variance);
      CHECK(s[i].mean_correlation == statistics[i].mean_correlation);
    }
  }
}

// What a view of such memory is refused with.
std::string refusal(const double* numbers, std::int64_t count, const SampleShape& shape,
                    std::int64_t stride) {
  try {
    const SamplesView view(numbers, count, shape, stride);
  } catch (const Error& e) {
    return e.code() == ErrorCode::usage ? e.what() : "another error";
  }
  return "accepted";
}

std::vector<Layer> deep() {
  return {dense(1.3, 0.2), relu(), dense(1.1, 0.1), relu(), dense(1, 0)};
}

std::vector<Layer> with_sites() {
  return {dense(1.4, 0.3), relu(), dense(1.2, 0.1), relu(), mean_over_pairs()};
}

}  // namespace

TEST_CASE("samples that are apart give the bits of samples side by side") {
  const Network net = network(deep());
  // Products at the edge are padded with 5 features, and cut with 600.
  for (const std::int64_t features : {5, 600}) {
    CAPTURE(features);
    check_strides<double>(net, {{}, features}, 300);
    check_strides<float>(net, {{}, features}, 300);
  }
  const Network images = network(with_sites());
  check_strides<double>(images, {{4}, 3}, 40);
  check_strides<float>(images, {{4}, 3}, 40);
}

TEST_CASE("a view in the other precision gives what converted samples give") {
  const PlannedNetwork plan = network(deep()).plan({{}, 7});
  const MatrixF x = to_float(random_matrix(30, 7, 72));
  const std::vector<float> numbers = spread(x, 11);
  const SamplesView view(numbers.data(), 30, {{}, 7}, 11);
  const Samples converted = Samples(x.clone()).converted(Precision::float64);
  CHECK(same_bits(plan.kernels<double>(view).ntk, plan.kernels<double>(converted).ntk));
}

TEST_CASE("a part of a view is those rows") {
  const Matrix x = random_matrix(9, 4, 73);
  const std::vector<double> numbers = spread(x, 6);
  const SamplesView part = SamplesView(numbers.data(), 9, {{}, 4}, 6).part(2, 5);
  CHECK(part.count() == 5);
  const Samples copy = part.converted(Precision::float64, 1, 3);
  CHECK(copy.at(0, 0) == x(3, 0));
  CHECK(copy.at(1, 3) == x(4, 3));
  CHECK(part.part(5, 0).count() == 0);
}

TEST_CASE("rows that a view does not have, and sites that no row has, are refused") {
  const Matrix x = random_matrix(9, 4, 73);
  const SamplesView view(x);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const auto& rows :
       {std::pair<std::int64_t, std::int64_t>{-1, 2}, {2, -1}, {8, 2}, {10, 0}, {1, most}}) {
    CAPTURE(rows.first);
    CAPTURE(rows.second);
    CHECK_THROWS_AS(static_cast<void>(view.part(rows.first, rows.second)), Error);
  }
  CHECK_THROWS_AS(static_cast<void>(view.converted(Precision::float32, 3, 10)), Error);
  CHECK_THROWS_AS(static_cast<void>(view.converted(Precision::float64, 4, 3)), Error);
  // Their product is a multiple of 2^64.
  constexpr std::int64_t many = std::int64_t{1} << 32;
  CHECK_THROWS_WITH_AS(static_cast<void>(Samples(x.clone(), {many, many})),
                       doctest::Contains("do not divide"), Error);
}

TEST_CASE("a leading dimension leaves what lies between the rows alone") {
  const Network net = network(deep());
  // 2000 rows of doubles are stored past the caches.
  for (const std::int64_t n : {50, 2000}) {
    const Matrix x = random_matrix(n, 6, 74), y = random_matrix(33, 6, 75);
    const PlannedNetwork plan = net.plan({{}, 6});
    const auto check = [&](const std::optional<SamplesView>& other, std::int64_t cols) {
      const PerKernel<Matrix> expected = plan.kernels<double>(x, other);
      for (const std::int64_t more : {0, 1, 8, 11}) {
        CAPTURE(more);
        const std::int64_t ld = cols + more;
        std::vector<double> nngp(static_cast<std::size_t>(n * ld), gap<double>), ntk = nngp;
        plan.kernels_into<double>(x, other, {nngp.data(), ntk.data()}, ld);
        CHECK(nngp == spread(expected.nngp, ld));
        CHECK(ntk == spread(expected.ntk, ld));
      }
    };
    check({}, n);
    check(y, 33);
  }
}

TEST_CASE("a leading dimension in float32, of one kernel") {
  const PlannedNetwork plan = network(deep()).plan({{}, 6});
  const MatrixF x = to_float(random_matrix(70, 6, 76));
  std::vector<float> ntk(70 * 80, gap<float>);
  plan.kernels_into<float>(x, {}, {nullptr, ntk.data()}, 80);
  CHECK(ntk == spread(plan.kernels<float>(x).ntk, 80));
}

TEST_CASE("strides, memory and leading dimensions that cannot be are refused with a message") {
  const Matrix x = random_matrix(4, 6, 77);
  const auto says = [](const std::string& message, const char* text) {
    CAPTURE(message);
    CHECK(message.find(text) != std::string::npos);
  };
  says(refusal(x.data(), 4, {{}, 6}, 5), "the stride must be at least 6");
  says(refusal(x.data(), 4, {{2}, 3}, -6),
       "samples of 2 x 3 numbers cannot begin -6 numbers apart");
  says(refusal(nullptr, 4, {{}, 6}, 6), "needs memory");
  says(refusal(x.data(), -1, {{}, 6}, 6), "-1 samples");
  says(refusal(x.data(), 4, {{}, 0}, 6), "every axis needs at least one");
  CHECK(refusal(x.data(), 4, {{}, 6}, 6) == "accepted");
  CHECK(refusal(x.data(), 1, {{}, 6}, 0) == "accepted");
  CHECK(refusal(nullptr, 0, {{}, 6}, 6) == "accepted");

  const PlannedNetwork plan = network(deep()).plan({{}, 6});
  Matrix nngp(4, 4);
  CHECK_THROWS_WITH_AS((plan.kernels_into<double>(x, {}, {nngp.data(), nullptr}, 3)),
                       doctest::Contains("a leading dimension of 3 is too small"), Error);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(plan.kernels<double>(random_matrix(4, 5, 78))),
      doctest::Contains("planned for samples of 6 numbers, but these samples are of 5"), Error);
}

TEST_CASE("a plan is shared by threads that compute at the same time") {
  const Network net = network(with_sites(), 2);
  const Matrix x = random_matrix(20, 12, 79);
  const SamplesView view(x.data(), 20, {{4}, 3});
  const Matrix expected = network(with_sites()).ntk(view);
  std::vector<Matrix> found(4);
  {
    std::vector<std::jthread> threads;
    for (Matrix& k : found) threads.emplace_back([&] { k = net.ntk(view); });
  }
  for (const Matrix& k : found) CHECK(same_bits(k, expected));
}
