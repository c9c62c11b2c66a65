// Checks of the finite face: its derivatives are derivatives, and its weights come from the seed.
#include "checks.hpp"
#include "finite.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

namespace widelimit::conformance {
namespace {

double inner(const Batch::Vector& a, const Batch::Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double norm(const Batch::Vector& a) { return std::sqrt(inner(a, a)); }

Batch::Vector moved(const Batch::Vector& x, const Batch::Vector& by, double step) {
  Batch::Vector y = x;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += step * by[i];
  return y;
}
Batch::Vectors moved(const Batch::Vectors& x, const Batch::Vectors& by, double step) {
  Batch::Vectors y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(moved(x[i], by[i], step));
  return y;
}

/// A random point and directions there.
struct Setting {
  Batch batch;
  Batch::Vector theta, theta_dot, y_bar;
  Batch::Vectors x, x_dot;

  Setting(const Subject& s, Random random) : batch(s, 5) {
    theta = batch.init(random.bits());
    theta_dot = random.normals(batch.theta_size());
    // Away from zero, where nonlinearities have their kinks, by more than the steps taken.
    x = batch.draw_inputs(random, 0.05);
    x_dot = batch.draw_inputs(random);
    y_bar = random.normals(batch.out_size());
    if (frozen()) std::fill(theta_dot.begin(), theta_dot.end(), 0.0);
  }

 private:
  /// Weights that are not trained have no derivative, neither forward nor backward. (Whether the
  /// NTK agrees is checked by ntk-matches-finite.)
  [[nodiscard]] bool frozen() const {
    Batch::Vectors nowhere;
    for (const auto& v : x) nowhere.emplace_back(v.size(), 0.0);
    Batch::Vector theta_bar(theta.size(), 0.0);
    batch.vjp(theta, x, y_bar, &theta_bar, nullptr);
    return norm(theta_bar) == 0 && norm(batch.jvp(theta, theta_dot, x, nowhere)) == 0;
  }
};

}  // namespace

void stays_inside_arrays(Context& context) {
  for (const Subject& s : finite_subjects(context, {.draws = 2})) {
    context.set_activity("running the finite layer of " + s.text());
    const Setting at(s, context.random());
    const Batch::Vector y = at.batch.forward(at.theta, at.x);
    for (const double before : {0.0, 1e3, -1e3})
      if (first_difference(y, at.batch.forward(at.theta, at.x, before)))
        context.fail(s.text() + ": what is in y before the call changes what forward writes");
    static_cast<void>(at.batch.jvp(at.theta, at.theta_dot, at.x, at.x_dot));
    static_cast<void>(at.batch.jvp(at.theta, {}, at.x, at.x_dot));
    Batch::Vectors x_bar;
    for (const auto& x : at.x) x_bar.emplace_back(x.size(), 0.0);
    Batch::Vector theta_bar(at.theta.size(), 0.0);
    at.batch.vjp(at.theta, at.x, at.y_bar, &theta_bar, nullptr);
    at.batch.vjp(at.theta, at.x, at.y_bar, nullptr, &x_bar);
    context.mark_examined();
  }
}

void jvp_vs_differences(Context& context) {
  for (const Subject& s : finite_subjects(context, {.draws = 2})) {
    context.set_activity("differentiating " + s.text());
    const Setting at(s, context.random());
    const double step = 1e-5;
    const auto forward = [&](double h) {
      return at.batch.forward(moved(at.theta, at.theta_dot, h), moved(at.x, at.x_dot, h));
    };
    const Batch::Vector up = forward(step), down = forward(-step);
    const Batch::Vector jvp = at.batch.jvp(at.theta, at.theta_dot, at.x, at.x_dot);
    Batch::Vector difference(up.size());
    for (std::size_t i = 0; i < up.size(); ++i) difference[i] = (up[i] - down[i]) / (2 * step);
    context.mark_examined();
    // Truncation h^2 f''' / 6 and rounding eps |f| / h are both near 1e-10 of the outputs.
    const double off = norm(moved(jvp, difference, -1));
    const double size = norm(difference) + norm(up);
    if (!(off <= 1e-6 * size)) {
      std::size_t at_entry = 0;
      for (std::size_t i = 0; i < jvp.size(); ++i)
        if (std::abs(jvp[i] - difference[i]) > std::abs(jvp[at_entry] - difference[at_entry]))
          at_entry = i;
      context.fail(s.text() + ": jvp says " + number(jvp[at_entry], 9) +
                   " where differences of forward give " + number(difference[at_entry], 9) +
                   (difference[at_entry] != 0
                        ? " (ratio " + number(jvp[at_entry] / difference[at_entry], 4) + ")"
                        : "") +
                   ": is slope the derivative of value?");
    }
  }
}

void vjp_is_adjoint(Context& context) {
  for (const Subject& s : finite_subjects(context, {.draws = 2})) {
    context.set_activity("transposing the derivative of " + s.text());
    const Setting at(s, context.random());
    const Batch::Vector jvp = at.batch.jvp(at.theta, at.theta_dot, at.x, at.x_dot);
    Batch::Vector theta_bar(at.theta.size(), 0.0);
    Batch::Vectors x_bar;
    for (const auto& x : at.x) x_bar.emplace_back(x.size(), 0.0);
    at.batch.vjp(at.theta, at.x, at.y_bar, &theta_bar, &x_bar);
    double backward = inner(theta_bar, at.theta_dot);
    double size = norm(theta_bar) * norm(at.theta_dot) + norm(jvp) * norm(at.y_bar);
    for (std::size_t i = 0; i < x_bar.size(); ++i) {
      backward += inner(x_bar[i], at.x_dot[i]);
      size += norm(x_bar[i]) * norm(at.x_dot[i]);
    }
    const double forward = inner(at.y_bar, jvp);
    context.mark_examined();
    if (!(std::abs(forward - backward) <= 1e-11 * size))
      context.fail(s.text() + ": <y_bar, jvp> is " + number(forward, 9) +
                   ", <vjp, directions> is " + number(backward, 9) +
                   "; both must be the same number");
  }
}

void init_same_seed_same_theta(Context& context) {
  for (const Subject& s : finite_subjects(context)) {
    const Batch batch(s, 1);
    if (batch.theta_size() == 0) {
      context.skip(s.type->name + " has no weights");
      continue;
    }
    context.set_activity("initialising " + s.text());
    const Batch::Vector once = batch.init(42), other = batch.init(43);
    Batch::Vector again;
    std::string thrown;
    std::jthread([&] {
      try {
        again = batch.init(42);
      } catch (const std::exception& e) {
        thrown = e.what();
      }
    }).join();
    if (!thrown.empty()) throw EscapedException(thrown);
    if (first_difference(once, again))
      context.fail(s.text() + ": the same seed gives other weights on another thread");
    if (std::all_of(once.begin(), once.end(), [](double w) { return w == 0; }))
      context.warn(s.text() + ": all initial weights are zero");
    else if (once == other)
      context.fail(s.text() + ": two seeds give the same weights");
    if (!std::all_of(once.begin(), once.end(), [](double w) { return std::isfinite(w); }))
      context.fail(s.text() + ": an initial weight is not finite");
    context.mark_examined();
  }
}

void vjp_accumulates(Context& context) {
  for (const Subject& s : finite_subjects(context)) {
    context.set_activity("adding gradients of " + s.text());
    const Setting at(s, context.random());
    Batch::Vector plain(at.theta.size(), 0.0), onto(at.theta.size(), 3.0);
    Batch::Vectors x_plain, x_onto;
    for (const auto& x : at.x) {
      x_plain.emplace_back(x.size(), 0.0);
      x_onto.emplace_back(x.size(), -2.0);
    }
    at.batch.vjp(at.theta, at.x, at.y_bar, &plain, &x_plain);
    at.batch.vjp(at.theta, at.x, at.y_bar, &onto, &x_onto);
    at.batch.vjp(at.theta, at.x, at.y_bar, nullptr, nullptr);
    context.mark_examined();
    const auto added = [&](const Batch::Vector& sum, const Batch::Vector& part, double start) {
      for (std::size_t i = 0; i < sum.size(); ++i)
        if (!(std::abs(sum[i] - part[i] - start) <= 1e-12 * (std::abs(part[i]) + 10))) return false;
      return true;
    };
    if (!added(onto, plain, 3))
      context.fail(s.text() + ": vjp overwrites theta_bar; it must add to it");
    for (std::size_t i = 0; i < x_plain.size(); ++i)
      if (!added(x_onto[i], x_plain[i], -2))
        context.fail(s.text() + ": vjp overwrites x_bar of input " + std::to_string(i) +
                     "; it must add to it");
  }
}

}  // namespace widelimit::conformance
