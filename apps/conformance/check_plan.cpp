// Checks of plans: the same input gives the same plan, the scratch suffices, refusals have a
// reason.
#include "checks.hpp"
#include "kernel.hpp"
#include "plan_rules.hpp"

namespace widelimit::conformance {
namespace {

bool same_plan(const Plan& a, const Plan& b) {
  const auto& x = a.linear;
  const auto& y = b.linear;
  return a.nature == b.nature && a.traits == b.traits && a.max_window == b.max_window &&
         a.scratch_bytes == b.scratch_bytes && a.output.channels == b.output.channels &&
         a.output.n_spatial == b.output.n_spatial && a.output.flags == b.output.flags &&
         same_bits(a.flops_per_entry, b.flops_per_entry) &&
         (a.nature != WIDELIMIT_LINEAR ||
          (same_bits(x.scale, y.scale) && same_bits(x.bias, y.bias) &&
           same_bits(x.ntk_nngp, y.ntk_nngp) && same_bits(x.ntk_bias, y.ntk_bias)));
}

}  // namespace

void plan_plausible(Context& context) {
  for (const LayerType& type : context.plugin().layers()) {
    std::string refused;
    const auto all = subjects_of(context, type, {.draws = 6, .any_plan = true}, refused);
    if (all.empty() && type.table.create != nullptr && type.table.plan != nullptr)
      context.fail(type.name +
                   " accepts no input that was tried, so nothing else can be checked; " + refused +
                   "; name what it needs with --shape and --params");
    for (const Subject& s : all) {
      if (const std::string why = implausible(type, s.shapes, s.plan); !why.empty())
        context.fail(s.text() + " plans " + why);
      context.mark_examined();
    }
  }
}

void plan_deterministic(Context& context) {
  for (const Subject& s : subjects(context, {.draws = 3})) {
    context.set_activity("planning " + s.text() + " again");
    const Params params(s.json);
    const CreatedLayer again = create_layer(context.host(), *s.type, params.abi());
    for (const widelimit_layer* layer : {static_cast<const widelimit_layer*>(s.object.get()),
                                         static_cast<const widelimit_layer*>(again.object.get())})
      if (layer != nullptr && !same_plan(s.plan, plan(*s.type, layer, s.shapes)))
        context.fail(s.text() + ": the same request gave another plan");
    context.mark_examined();
  }
}

void refuses_with_reason(Context& context) {
  for (const Subject& s : subjects(context, {.draws = 1})) {
    widelimit_shape unknown = gaussian_shape(0), data = gaussian_shape(5), one = gaussian_shape(1);
    data.flags = 0;
    const widelimit_shape image = gaussian_shape(3, {4, 5}),
                          volume = gaussian_shape(2, {2, 3, 4, 5});
    const std::size_t n = s.shapes.size();
    std::vector<std::vector<widelimit_shape>> questions{{}, std::vector(n + 3, gaussian_shape(6))};
    for (const widelimit_shape& shape : {unknown, data, one, image, volume})
      questions.push_back(std::vector(n, shape));
    if (n > 1) {
      questions.push_back(std::vector(n, one));
      questions.back().back() = gaussian_shape(9);
      questions.push_back(std::vector(n, image));
      questions.back().back() = gaussian_shape(3, {5, 4});
    }
    for (const auto& shapes : questions) {
      context.set_activity("planning " + s.text() + " for " + std::to_string(shapes.size()) +
                           " unusual inputs");
      const Plan p = plan(*s.type, s.object.get(), shapes);
      context.mark_examined();
      if (p.answer.ok()) {
        if (const std::string why = implausible(*s.type, shapes, p); !why.empty())
          context.fail(s.text() + " plans " + why + ", for " + std::to_string(shapes.size()) +
                       " unusual inputs");
      } else if (p.answer.error.message[0] == '\0') {
        context.fail(s.text() + " refuses " + std::to_string(shapes.size()) +
                     " inputs without a reason: " + p.answer.text());
      }
    }
  }
}

void scratch_honest(Context& context) {
  for (const Subject& s : transforming_subjects(context)) {
    Random random = context.random();
    const Pairs pairs = draw_pairs(random, s.shapes.size(), 4, 32);
    context.set_activity("transforming with " + s.text() + ", its scratch of " +
                         std::to_string(s.plan.scratch_bytes) + " bytes ending at unmapped memory");
    const Transformed zeros = transform(s, pairs, {.scratch_fill = 0});
    const Transformed ones = transform(s, pairs, {.scratch_fill = 0xFF});
    if (!zeros.answer.ok()) {
      context.fail(s.text() + ": " + zeros.answer.text());
      continue;
    }
    if (!zeros.damage.empty()) context.fail(s.text() + " writes into " + zeros.damage);
    if (first_difference(zeros.nngp, ones.nngp) || first_difference(zeros.ntk, ones.ntk))
      context.fail(s.text() + ": what was in the scratch before the call changes the result");
    context.mark_examined();
  }
}

}  // namespace widelimit::conformance
