// The finite faces that the SDK writes: against differences and against each other.
#include "copies.hpp"
#include "types.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::LayerObject;
using Vector = std::vector<double>;

/// y = W x with W [out, in] of N(0, 1): a layer with weights, all of its faces by its author.
struct Weights {
  static constexpr auto name = "weights", version = "1.0.0", doc = "y = W x";
  static constexpr std::int64_t width = 3;

  sdk::Linear linear(const sdk::Shape&) const {
    return {.map = sdk::LinearMap::ntk(1, 0), .channels = width, .weights = true};
  }
  std::int64_t theta_size(const sdk::Shape& in) const { return in.channels() * width; }
  void init(const sdk::Shape&, const sdk::Random& random, std::span<double> theta) const {
    random.normals(5, theta);
  }
  static void product(std::span<const double> w, std::span<const double> x, std::span<double> y,
                      std::int64_t batch, bool add) {
    const auto in = static_cast<std::int64_t>(x.size()) / batch;
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::int64_t o = 0; o < width; ++o) {
        double sum = add ? y[static_cast<std::size_t>(b * width + o)] : 0;
        for (std::int64_t i = 0; i < in; ++i)
          sum += w[static_cast<std::size_t>(o * in + i)] * x[static_cast<std::size_t>(b * in + i)];
        y[static_cast<std::size_t>(b * width + o)] = sum;
      }
  }
  void forward(const sdk::Pass& pass) const {
    product(pass.theta(), pass.x(), pass.y(), pass.batch(), false);
  }
  void jvp(const sdk::Pass& pass) const {
    product(pass.theta(), pass.x_dot(), pass.y_dot(), pass.batch(), false);
    if (!pass.theta_dot().empty())
      product(pass.theta_dot(), pass.x(), pass.y_dot(), pass.batch(), true);
  }
  void vjp(const sdk::Pass& pass) const {
    const auto in = static_cast<std::size_t>(pass.in().channels());
    for (std::size_t b = 0; b < static_cast<std::size_t>(pass.batch()); ++b)
      for (std::size_t o = 0; o < 3; ++o)
        for (std::size_t i = 0; i < in; ++i) {
          const double bar = pass.y_bar()[b * 3 + o];
          if (!pass.theta_bar().empty()) pass.theta_bar()[o * in + i] += bar * pass.x()[b * in + i];
          if (!pass.x_bar().empty()) pass.x_bar()[b * in + i] += bar * pass.theta()[o * in + i];
        }
  }
};

/// A weight for every pair of channels of two inputs, of N(0, 1/4).
struct Bilinear {
  static constexpr auto name = "bilinear", version = "1.0.0", doc = "y = x1' W x2";
  static constexpr unsigned min_inputs = 2, max_inputs = 2;

  void plan(sdk::Plan& plan) const { plan.set_nature(WIDELIMIT_POINTWISE); }
  std::int64_t theta_size(const sdk::Shapes& in) const {
    return in[0].channels() * in[1].channels();
  }
  void init(const sdk::Shapes& in, const sdk::Random& random, std::span<double> theta) const {
    random.normals(0, theta);
    for (double& w : theta) w /= static_cast<double>(in.size());
  }
  void forward(const sdk::Pass&) const {}
};

struct Identity {
  static constexpr auto name = "identity", version = "1.0.0", doc = "y = x";
  sdk::Linear linear(const sdk::Shape& in) const { return {.channels = in.channels()}; }
  void forward(const sdk::Pass& pass) const {
    std::copy(pass.x().begin(), pass.x().end(), pass.y().begin());
  }
  void vjp(const sdk::Pass& pass) const {
    for (std::size_t i = 0; i < pass.x_bar().size(); ++i) pass.x_bar()[i] += pass.y_bar()[i];
  }
};

std::vector<const widelimit_shape*> pointers(const std::vector<widelimit_shape>& shapes) {
  std::vector<const widelimit_shape*> list;
  for (const widelimit_shape& s : shapes) list.push_back(&s);
  return list;
}

/// The weights of a layer by seed 7.
widelimit_status draw(const LayerObject& layer, const std::vector<widelimit_shape>& in,
                      Vector& theta, widelimit_error& error) {
  const auto shapes = pointers(in);
  widelimit_init init{};
  init.struct_size = sizeof init;
  init.n_inputs = static_cast<std::uint32_t>(in.size());
  init.in_shape = shapes.data();
  init.seed = 7;
  init.theta_size = static_cast<std::int64_t>(theta.size());
  init.theta = theta.data();
  return layer.type().finite->init(layer.get(), &init, &error);
}

/// A layer, its widths, and calls with memory of their own.
struct Finite {
  const LayerObject& layer;
  std::vector<widelimit_shape> in;
  widelimit_shape out;
  std::int64_t batch = 2, theta_size = 0;

  Finite(const LayerObject& l, std::size_t inputs, std::int64_t channels, std::int64_t width)
      : layer(l), in(inputs, widelimit::test::shape(channels)), out(widelimit::test::shape(width)) {
    widelimit_error error = widelimit::test::empty_error();
    const auto shapes = pointers(in);
    REQUIRE(layer.type().finite->theta_size(layer.get(), static_cast<std::uint32_t>(in.size()),
                                            shapes.data(), &theta_size, &error) == WIDELIMIT_OK);
  }

  using Function = widelimit_status (*)(const widelimit_layer*, const widelimit_pass*,
                                        widelimit_error*);
  void call(Function f, const Vector& theta, const std::vector<Vector>& x,
            const std::vector<Vector>* x_dot, const Vector* theta_dot, const Vector* y_bar,
            Vector* y, Vector* y_dot, Vector* theta_bar, std::vector<Vector>* x_bar) const {
    const auto shapes = pointers(in);
    std::vector<const double*> xs, x_dots;
    std::vector<double*> x_bars;
    for (std::size_t i = 0; i < in.size(); ++i) {
      xs.push_back(x[i].data());
      x_dots.push_back(x_dot != nullptr ? (*x_dot)[i].data() : nullptr);
      x_bars.push_back(x_bar != nullptr ? (*x_bar)[i].data() : nullptr);
    }
    widelimit_pass pass{};
    pass.struct_size = sizeof pass;
    pass.n_inputs = static_cast<std::uint32_t>(in.size());
    pass.in_shape = shapes.data();
    pass.out_shape = &out;
    pass.batch = batch;
    pass.theta_size = theta_size;
    pass.theta = theta.data();
    pass.x = xs.data();
    pass.x_dot = x_dots.data();
    pass.theta_dot = theta_dot != nullptr ? theta_dot->data() : nullptr;
    pass.y_bar = y_bar != nullptr ? y_bar->data() : nullptr;
    pass.y = y != nullptr ? y->data() : nullptr;
    pass.y_dot = y_dot != nullptr ? y_dot->data() : nullptr;
    pass.theta_bar = theta_bar != nullptr ? theta_bar->data() : nullptr;
    pass.x_bar = x_bars.data();
    widelimit_error error = widelimit::test::empty_error();
    REQUIRE_MESSAGE(f(layer.get(), &pass, &error) == WIDELIMIT_OK, error.message);
  }
  [[nodiscard]] Vector forward(const Vector& theta, const std::vector<Vector>& x) const {
    Vector y(static_cast<std::size_t>(batch * out.channels), 99);
    call(layer.type().finite->forward, theta, x, nullptr, nullptr, nullptr, &y, nullptr, nullptr,
         nullptr);
    return y;
  }
};

Vector normals(std::size_t n, std::mt19937_64& engine) {
  std::normal_distribution<double> normal;
  Vector v(n);
  for (double& x : v) x = normal(engine);
  return v;
}

Vector moved(const Vector& x, double h, const Vector& direction) {
  Vector y = x;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += h * direction[i];
  return y;
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// jvp against central differences; vjp as the adjoint of jvp; vjp adds.
void check_derivatives(const Finite& f, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto theta_size = static_cast<std::size_t>(f.theta_size);
  const auto x_size = static_cast<std::size_t>(f.batch * f.in[0].channels);
  const auto y_size = static_cast<std::size_t>(f.batch * f.out.channels);
  const Vector theta = normals(theta_size, engine), theta_dot = normals(theta_size, engine);
  std::vector<Vector> x, x_dot;
  for (std::size_t i = 0; i < f.in.size(); ++i) {
    x.push_back(normals(x_size, engine));
    x_dot.push_back(normals(x_size, engine));
  }
  Vector y_dot(y_size, 99);
  f.call(f.layer.type().finite->jvp, theta, x, &x_dot, &theta_dot, nullptr, nullptr, &y_dot,
         nullptr, nullptr);

  const double h = 1e-5;
  const auto at = [&](double t) {
    std::vector<Vector> xs;
    for (std::size_t i = 0; i < x.size(); ++i) xs.push_back(moved(x[i], t, x_dot[i]));
    return f.forward(moved(theta, t, theta_dot), xs);
  };
  const Vector up = at(h), down = at(-h);
  // Rounding of the difference is eps / h = 2e-11, its curvature h^2 = 1e-10 times a few.
  for (std::size_t i = 0; i < y_size; ++i)
    CHECK(std::abs(y_dot[i] - (up[i] - down[i]) / (2 * h)) <= 5e-9 * (1 + std::abs(y_dot[i])));

  const Vector y_bar = normals(y_size, engine);
  Vector theta_bar(theta_size, 0.5);
  std::vector<Vector> x_bar(x.size(), Vector(x_size, 0.25));
  f.call(f.layer.type().finite->vjp, theta, x, nullptr, nullptr, &y_bar, nullptr, nullptr,
         &theta_bar, &x_bar);
  double right = dot(moved(theta_bar, -0.5, Vector(theta_size, 1)), theta_dot);
  for (std::size_t i = 0; i < x.size(); ++i)
    right += dot(moved(x_bar[i], -0.25, Vector(x_size, 1)), x_dot[i]);
  CHECK(dot(y_bar, y_dot) == doctest::Approx(right).epsilon(1e-12));

  // Nothing is wanted, so nothing is written.
  f.call(f.layer.type().finite->vjp, theta, x, nullptr, nullptr, &y_bar, nullptr, nullptr, nullptr,
         nullptr);
}

}  // namespace

TEST_CASE("a nonlinearity is applied to every number, and its derivatives are right") {
  for (const auto& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const LayerObject layer(widelimit::test::layer_type(*copy.plugin(), "erf"));
    const Finite f(layer, 1, 4, 4);
    CHECK(f.theta_size == 0);
    const Vector y = f.forward({}, {{-2, -1, -0.5, 0, 0.25, 0.5, 1, 3}});
    CHECK(y[1] == std::erf(-1.0));
    CHECK(y[7] == std::erf(3.0));
    check_derivatives(f, 1);
  }
}

TEST_CASE("a sum of inputs, whose jvp the SDK takes from its forward, has the right derivatives") {
  const LayerObject layer(
      widelimit::test::layer_type(*widelimit::test::copies()[0].plugin(), "sum"));
  check_derivatives(Finite(layer, 3, 4, 4), 2);
}

TEST_CASE("a layer with weights has the right derivatives") {
  const LayerObject layer(widelimit::test::layer_type<Weights>());
  const Finite f(layer, 1, 4, 3);
  CHECK(f.theta_size == 12);
  check_derivatives(f, 3);
}

TEST_CASE("a linear layer without weights has its forward as jvp") {
  const LayerObject layer(widelimit::test::layer_type<Identity>());
  check_derivatives(Finite(layer, 1, 4, 4), 4);
}

TEST_CASE("weights come from the host's numbers, by seed and stream") {
  widelimit_host host{};
  host.struct_size = sizeof host;
  host.normals = [](void*, std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                    std::uint64_t n, double* out) -> widelimit_status {
    for (std::uint64_t i = 0; i < n; ++i)
      out[i] = static_cast<double>(1000 * seed + 100 * stream + first + i);
    return WIDELIMIT_OK;
  };
  const LayerObject layer(widelimit::test::layer_type<Weights>(), nullptr, &host);
  const widelimit_shape in = widelimit::test::shape(2);
  Vector theta(6);
  widelimit_error error = widelimit::test::empty_error();
  REQUIRE(draw(layer, {in}, theta, error) == WIDELIMIT_OK);
  CHECK(theta == Vector{7500, 7501, 7502, 7503, 7504, 7505});
}

TEST_CASE("a layer of several inputs has weights that depend on all their shapes") {
  widelimit_host host{};
  host.struct_size = sizeof host;
  host.normals = [](void*, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t n,
                    double* out) -> widelimit_status {
    std::fill_n(out, n, 1);
    return WIDELIMIT_OK;
  };
  const LayerObject layer(widelimit::test::layer_type<Bilinear>(), nullptr, &host);
  const std::vector<widelimit_shape> in{widelimit::test::shape(2), widelimit::test::shape(3)};
  const auto shapes = pointers(in);
  std::int64_t size = 0;
  widelimit_error error = widelimit::test::empty_error();
  REQUIRE(layer.type().finite->theta_size(layer.get(), 2, shapes.data(), &size, &error) ==
          WIDELIMIT_OK);
  CHECK(size == 6);
  Vector theta(6);
  REQUIRE(draw(layer, in, theta, error) == WIDELIMIT_OK);
  CHECK(theta == Vector(6, 0.5));
}

TEST_CASE("without a host's numbers a layer with weights says what is missing") {
  const LayerObject layer(widelimit::test::layer_type<Weights>());
  const widelimit_shape in = widelimit::test::shape(2);
  Vector theta(6);
  widelimit_error error = widelimit::test::empty_error();
  CHECK(draw(layer, {in}, theta, error) == WIDELIMIT_E_UNSUPPORTED);
  CHECK(std::string(error.message) == "this host offers no random numbers");
}
