// Filling in the struct of each call.
#include "finite.hpp"

#include "guarded.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::conformance {
namespace {

std::vector<const widelimit_shape*> pointers(const std::vector<widelimit_shape>& shapes) {
  std::vector<const widelimit_shape*> list;
  for (const widelimit_shape& shape : shapes) list.push_back(&shape);
  return list;
}
std::vector<const double*> pointers(const std::vector<std::vector<double>>& arrays) {
  std::vector<const double*> list;
  for (const auto& array : arrays) list.push_back(array.data());
  return list;
}

}  // namespace

Batch::Batch(const Subject& subject, std::int64_t samples) : subject_(&subject), samples_(samples) {
  const auto shapes = pointers(subject.shapes);
  const Answer answer = call([&](widelimit_error* e) {
    return subject.type->finite.theta_size(subject.object.get(),
                                           static_cast<std::uint32_t>(shapes.size()), shapes.data(),
                                           &theta_size_, e);
  });
  if (!answer.ok()) throw std::runtime_error("theta_size answered " + answer.text());
  constexpr std::int64_t most = std::int64_t{1} << 26;
  if (theta_size_ < 0 || theta_size_ > most)
    throw std::runtime_error("theta_size of " + std::to_string(theta_size_) + " for " +
                             std::to_string(subject.shapes[0].channels) + " channels in and " +
                             std::to_string(subject.plan.output.channels) + " out");
}

void Batch::run(const char* what,
                widelimit_status (*function)(const widelimit_layer*, const widelimit_pass*,
                                             widelimit_error*),
                widelimit_pass& pass) const {
  if (function == nullptr) throw std::runtime_error(std::string("the finite face has no ") + what);
  const auto shapes = pointers(subject_->shapes);
  GuardedBytes scratch((subject_->plan.scratch_bytes + 63) / 64 * 64);
  pass.struct_size = sizeof pass;
  pass.n_inputs = static_cast<std::uint32_t>(shapes.size());
  pass.in_shape = shapes.data();
  pass.out_shape = &subject_->plan.output;
  pass.batch = samples_;
  pass.theta_size = theta_size_;
  pass.scratch = subject_->plan.scratch_bytes != 0 ? scratch.data() : nullptr;
  const Answer answer =
      call([&](widelimit_error* e) { return function(subject_->object.get(), &pass, e); });
  if (!answer.ok()) throw std::runtime_error(std::string(what) + " answered " + answer.text());
}

Batch::Vector Batch::init(std::uint64_t seed) const {
  Vector theta(static_cast<std::size_t>(theta_size_));
  if (theta.empty()) return theta;
  if (subject_->type->finite.init == nullptr)
    throw std::runtime_error("there are weights, but no init to draw them");
  const auto shapes = pointers(subject_->shapes);
  widelimit_init draw{};
  draw.struct_size = sizeof draw;
  draw.n_inputs = static_cast<std::uint32_t>(shapes.size());
  draw.in_shape = shapes.data();
  draw.seed = seed;
  draw.theta_size = theta_size_;
  draw.theta = theta.data();
  const Answer answer = call([&](widelimit_error* e) {
    return subject_->type->finite.init(subject_->object.get(), &draw, e);
  });
  if (!answer.ok()) throw std::runtime_error("init answered " + answer.text());
  return theta;
}

Batch::Vector Batch::forward(const Vector& theta, const Vectors& x) const {
  Vector y(static_cast<std::size_t>(out_size()));
  const auto inputs = pointers(x);
  widelimit_pass pass{};
  pass.theta = theta.data();
  pass.x = inputs.data();
  pass.y = y.data();
  run("forward", subject_->type->finite.forward, pass);
  return y;
}

Batch::Vector Batch::jvp(const Vector& theta, const Vector& theta_dot, const Vectors& x,
                         const Vectors& x_dot) const {
  Vector y_dot(static_cast<std::size_t>(out_size()));
  const auto inputs = pointers(x);
  const auto tangents = pointers(x_dot);
  widelimit_pass pass{};
  pass.theta = theta.data();
  pass.theta_dot = theta_dot.empty() ? nullptr : theta_dot.data();
  pass.x = inputs.data();
  pass.x_dot = tangents.data();
  pass.y_dot = y_dot.data();
  run("jvp", subject_->type->finite.jvp, pass);
  return y_dot;
}

void Batch::vjp(const Vector& theta, const Vectors& x, const Vector& y_bar, Vector* theta_bar,
                Vectors* x_bar) const {
  const auto inputs = pointers(x);
  std::vector<double*> cotangents(x.size(), nullptr);
  if (x_bar != nullptr)
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!(*x_bar)[i].empty()) cotangents[i] = (*x_bar)[i].data();
  widelimit_pass pass{};
  pass.theta = theta.data();
  pass.x = inputs.data();
  pass.y_bar = y_bar.data();
  pass.theta_bar = theta_bar != nullptr ? theta_bar->data() : nullptr;
  pass.x_bar = cotangents.data();
  run("vjp", subject_->type->finite.vjp, pass);
}

Batch::Vectors Batch::draw_inputs(Random& random, double away_from_zero) const {
  Vectors x;
  for (std::size_t i = 0; i < subject_->shapes.size(); ++i) {
    x.push_back(random.normals(in_size(i)));
    for (double& v : x.back()) v += std::copysign(away_from_zero, v);
  }
  return x;
}

bool is_elementwise(const Subject& subject) {
  if (!subject.has_finite() || subject.shapes.size() != 1 ||
      (subject.plan.traits & WIDELIMIT_TRAIT_NEEDS_VARIANCES) == 0 ||
      subject.plan.output.channels != subject.shapes[0].channels)
    return false;
  const Batch one(subject, 1);
  if (one.theta_size() != 0) return false;
  Random random(7, 0);
  Batch::Vectors x = one.draw_inputs(random);
  const auto before = one.forward({}, x);
  // Changing one channel changes only that channel, and the same value in another channel gives the
  // same result there.
  const double there = x[0][1];
  x[0][0] = there;
  const auto after = one.forward({}, x);
  return same_bits(after[0], before[1]) &&
         std::equal(before.begin() + 1, before.end(), after.begin() + 1, same_bits);
}

Curve curve_of(const Subject& subject) {
  return [&subject](const std::vector<double>& x, std::vector<double>& value,
                    std::vector<double>& slope) {
    const auto channels = static_cast<std::size_t>(subject.shapes[0].channels);
    const std::size_t samples = (x.size() + channels - 1) / channels;
    const Batch batch(subject, static_cast<std::int64_t>(samples));
    Batch::Vectors points{x};
    points[0].resize(samples * channels, 1.0);
    value = batch.forward({}, points);
    slope = batch.jvp({}, {}, points, {Batch::Vector(points[0].size(), 1.0)});
    value.resize(x.size());
    slope.resize(x.size());
  };
}

}  // namespace widelimit::conformance
