// Filling in the struct of each call.
#include "finite.hpp"

#include "common/sizes.hpp"
#include "guarded.hpp"
#include "in_function.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>

namespace widelimit::conformance {
namespace {

std::vector<const widelimit_shape*> pointers(const std::vector<widelimit_shape>& shapes) {
  std::vector<const widelimit_shape*> list;
  for (const widelimit_shape& shape : shapes) list.push_back(&shape);
  return list;
}
}  // namespace

/// One array in guarded memory, lent to a plugin.
class LentDoubles {
 public:
  LentDoubles(const char* name, const std::vector<double>& values)
      : name_(name), bytes_(values.size() * sizeof(double), name), before_(values) {
    if (!values.empty()) std::memcpy(bytes_.data(), values.data(), bytes_.size());
  }
  [[nodiscard]] const char* name() const noexcept { return name_; }
  /// NULL where there are no numbers.
  [[nodiscard]] double* data() const noexcept {
    return before_.empty() ? nullptr : reinterpret_cast<double*>(bytes_.data());
  }
  [[nodiscard]] std::vector<double> get() const {
    std::vector<double> values(before_.size());
    if (!values.empty()) std::memcpy(values.data(), bytes_.data(), bytes_.size());
    return values;
  }
  [[nodiscard]] bool margin_intact() const noexcept { return bytes_.margin_intact(); }
  [[nodiscard]] bool intact() const {
    return before_.empty() || std::memcmp(bytes_.data(), before_.data(), bytes_.size()) == 0;
  }

 private:
  const char* name_;
  GuardedBytes bytes_;
  std::vector<double> before_;
};

/// The arrays that a call may only read, and those that it may write.
class Batch::Arrays {
 public:
  widelimit_pass pass{};

  const double* read(const char* name, const Vector& values) {
    return inputs_.emplace_back(name, values).data();
  }
  const double* const* read(const char* name, const Vectors& values,
                            std::vector<const double*>& list) {
    for (const Vector& v : values) list.push_back(read(name, v));
    return list.data();
  }
  LentDoubles& write(const char* name, const Vector& values) {
    return outputs_.emplace_back(name, values);
  }
  /// Throws Finding.
  void check(const std::string& what) const {
    for (const LentDoubles& array : inputs_)
      if (!array.intact()) throw Finding(what + " writes into " + array.name());
    for (const auto* list : {&inputs_, &outputs_})
      for (const LentDoubles& array : *list)
        if (!array.margin_intact())
          throw Finding(what + " writes before the beginning of " + array.name());
  }

  std::vector<const double*> x, x_dot;

 private:
  std::deque<LentDoubles> inputs_, outputs_;
};

Batch::Batch(const Subject& subject, std::int64_t samples) : subject_(&subject), samples_(samples) {
  const auto shapes = pointers(subject.shapes);
  const InFunction now("theta_size");
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

void Batch::run(const char* what, Function function, Arrays& arrays) const {
  if (function == nullptr) throw std::runtime_error(std::string("the finite face has no ") + what);
  const auto shapes = pointers(subject_->shapes);
  GuardedBytes scratch((subject_->plan.scratch_bytes + 63) / 64 * 64, "its scratch");
  // NaN at the beginning, and beyond it whatever a call before left there.
  constexpr std::size_t beginning = std::size_t{1} << 16;
  std::memset(scratch.data(), 0xFF, std::min(scratch.size(), beginning));
  widelimit_pass& pass = arrays.pass;
  pass.struct_size = sizeof pass;
  pass.n_inputs = static_cast<std::uint32_t>(shapes.size());
  pass.in_shape = shapes.data();
  pass.out_shape = &subject_->plan.output;
  pass.batch = samples_;
  pass.theta_size = theta_size_;
  pass.scratch = subject_->plan.scratch_bytes != 0 ? scratch.data() : nullptr;
  const InFunction now(what);
  const Answer answer =
      call([&](widelimit_error* e) { return function(subject_->object.get(), &pass, e); });
  if (!answer.ok()) throw std::runtime_error(std::string(what) + " answered " + answer.text());
  const std::string whose = subject_->text() + ": " + what;
  arrays.check(whose);
  if (!scratch.margin_intact())
    throw Finding(whose + " writes before the beginning of its scratch");
}

template <class F>
Batch::Vector Batch::written(const char* what, const char* output, double before, F call) const {
  Vector seen = call(before);
  if (!std::isnan(before)) return seen;
  const auto at =
      to_size(std::find_if(seen.begin(), seen.end(), [](double y) { return std::isnan(y); }) -
              seen.begin());
  if (at == seen.size()) return seen;
  // NaN may be what the layer computes.
  const double onto_zero = call(0.0)[at], onto_one = call(1.0)[at];
  if (std::isnan(onto_zero)) return seen;
  throw Finding(subject_->text() + ": " + what +
                (onto_zero == 0 && onto_one == 1
                     ? " does not write " + std::string(output) + "[" + std::to_string(at) +
                           "]; it must write every number"
                     : " depends on what is in " + std::string(output) +
                           " before the call: it adds to it without clearing it"));
}

Batch::Vector Batch::init(std::uint64_t seed) const {
  Vector theta(to_size(theta_size_), poison);
  if (theta.empty()) return theta;
  if (subject_->type->finite.init == nullptr)
    throw std::runtime_error("there are weights, but no init to draw them");
  const InFunction now("init");
  const LentDoubles lent("theta", theta);
  const auto shapes = pointers(subject_->shapes);
  widelimit_init draw{};
  draw.struct_size = sizeof draw;
  draw.n_inputs = static_cast<std::uint32_t>(shapes.size());
  draw.in_shape = shapes.data();
  draw.seed = seed;
  draw.theta_size = theta_size_;
  draw.theta = lent.data();
  const Answer answer = call([&](widelimit_error* e) {
    return subject_->type->finite.init(subject_->object.get(), &draw, e);
  });
  if (!answer.ok()) throw std::runtime_error("init answered " + answer.text());
  if (!lent.margin_intact())
    throw Finding(subject_->text() + ": init writes before the beginning of theta");
  theta = lent.get();
  for (std::size_t i = 0; i < theta.size(); ++i)
    if (std::isnan(theta[i]))
      throw Finding(subject_->text() + ": init leaves theta[" + std::to_string(i) + "] of " +
                    std::to_string(theta.size()) + " as it was, or NaN");
  return theta;
}

Batch::Vector Batch::forward(const Vector& theta, const Vectors& x, double before) const {
  return written("forward", "y", before, [&](double fill) {
    Arrays arrays;
    const LentDoubles& y = arrays.write("y", Vector(to_size(out_size()), fill));
    arrays.pass.theta = arrays.read("theta", theta);
    arrays.pass.x = arrays.read("x", x, arrays.x);
    arrays.pass.y = y.data();
    run("forward", subject_->type->finite.forward, arrays);
    return y.get();
  });
}

Batch::Vector Batch::jvp(const Vector& theta, const Vector& theta_dot, const Vectors& x,
                         const Vectors& x_dot) const {
  return written("jvp", "y_dot", poison, [&](double fill) {
    Arrays arrays;
    const LentDoubles& y_dot = arrays.write("y_dot", Vector(to_size(out_size()), fill));
    arrays.pass.theta = arrays.read("theta", theta);
    if (!theta_dot.empty()) arrays.pass.theta_dot = arrays.read("theta_dot", theta_dot);
    arrays.pass.x = arrays.read("x", x, arrays.x);
    arrays.pass.x_dot = arrays.read("x_dot", x_dot, arrays.x_dot);
    arrays.pass.y_dot = y_dot.data();
    run("jvp", subject_->type->finite.jvp, arrays);
    return y_dot.get();
  });
}

void Batch::vjp(const Vector& theta, const Vectors& x, const Vector& y_bar, Vector* theta_bar,
                Vectors* x_bar) const {
  Arrays arrays;
  const LentDoubles* of_theta = nullptr;
  std::vector<const LentDoubles*> of_x(x.size(), nullptr);
  std::vector<double*> cotangents(x.size(), nullptr);
  if (theta_bar != nullptr) of_theta = &arrays.write("theta_bar", *theta_bar);
  if (x_bar != nullptr)
    for (std::size_t i = 0; i < x.size(); ++i) {
      of_x[i] = &arrays.write("x_bar", (*x_bar)[i]);
      cotangents[i] = of_x[i]->data();
    }
  arrays.pass.theta = arrays.read("theta", theta);
  arrays.pass.x = arrays.read("x", x, arrays.x);
  arrays.pass.y_bar = arrays.read("y_bar", y_bar);
  arrays.pass.theta_bar = of_theta != nullptr ? of_theta->data() : nullptr;
  arrays.pass.x_bar = cotangents.data();
  run("vjp", subject_->type->finite.vjp, arrays);
  if (of_theta != nullptr) *theta_bar = of_theta->get();
  for (std::size_t i = 0; i < of_x.size(); ++i)
    if (of_x[i] != nullptr) (*x_bar)[i] = of_x[i]->get();
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
    const auto numbers = to_size(numbers_in(subject.shapes[0]));
    const std::size_t samples = (x.size() + numbers - 1) / numbers;
    const Batch batch(subject, static_cast<std::int64_t>(samples));
    Batch::Vectors points{x};
    points[0].resize(samples * numbers, 1.0);
    value = batch.forward({}, points);
    slope = batch.jvp({}, {}, points, {Batch::Vector(points[0].size(), 1.0)});
    value.resize(x.size());
    slope.resize(x.size());
  };
}

}  // namespace widelimit::conformance
