// Checks of creation: valid parameters give an object, all others a reason.
#include "checks.hpp"
#include "layers.hpp"

#include <malloc.h>

#include <functional>

namespace widelimit::conformance {
namespace {

/// f(info, "layer type relu", maker) for every type that can be created at all.
template <class F>
void for_each_maker(Context& context, F&& f) {
  const Plugin& plugin = context.plugin();
  const widelimit_host& host = context.host();
  for (const LayerType& t : plugin.layers()) {
    if (t.table.create == nullptr || t.table.destroy == nullptr) continue;
    f(t.info, "layer type " + t.name, [&](const widelimit_params* params) {
      const CreatedLayer made = create_layer(host, t, params);
      Answer answer = made.answer;
      if (answer.ok() && !made.object) answer.status = WIDELIMIT_E_INTERNAL;
      return answer;
    });
  }
  for (const SolverType& t : plugin.solvers()) {
    if (t.table.create == nullptr || t.table.destroy == nullptr) continue;
    f(t.info, "solver type " + t.name, [&](const widelimit_params* params) {
      widelimit_solver* raw = nullptr;
      Answer answer =
          call([&](widelimit_error* e) { return t.table.create(&host, params, &raw, e); });
      if (answer.ok() && raw == nullptr) answer.status = WIDELIMIT_E_INTERNAL;
      if (raw != nullptr) t.table.destroy(raw);
      return answer;
    });
  }
}

}  // namespace

void create_defaults(Context& context) {
  for_each_maker(context,
                 [&](const widelimit_type_info& info, const std::string& whose, const Maker& make) {
                   const ValidatedParams defaults = validate_params(schema_of(info), "{}");
                   if (!defaults.problems.empty())
                     return context.skip(whose + " has parameters without a default");
                   context.set_activity("creating " + whose + " " + defaults.json);
                   const Params params(defaults.json);
                   const Answer answer = make(params.abi());
                   if (!answer.ok())
                     context.fail(whose + " refuses its defaults: " + answer.text());
                   context.mark_examined();
                 });
}

void create_random_valid(Context& context) {
  constexpr std::uint64_t draws = 20;
  for_each_maker(
      context, [&](const widelimit_type_info& info, const std::string& whose, const Maker& make) {
        for (std::uint64_t i = 0; i < draws; ++i) {
          const std::string json = draw_valid_params(schema_of(info), context.seed() * 1000 + i);
          const ValidatedParams validated = validate_params(schema_of(info), json);
          context.set_activity("creating " + whose + " " + validated.json);
          const Params params(validated.json);
          const Answer answer = make(params.abi());
          // Parameters may exclude each other, which a schema cannot express: a refusal needs a
          // reason.
          if (answer.status == WIDELIMIT_E_PARAMS && answer.error.message[0] != '\0')
            context.note(whose + " refuses some combinations: " + answer.text());
          else if (!answer.ok())
            context.fail(whose + " " + validated.json + ": " + answer.text() +
                         "; its schema allows these parameters");
          context.mark_examined();
        }
        AcceptedParameters accepted(context, info, whose, make);
        if (accepted.next().empty())
          context.fail(whose +
                       " accepts none of the parameters that were tried, so nothing else can be "
                       "checked: name some with --type and --params; " +
                       accepted.refused());
      });
}

void invalid_gives_pointer(Context& context) {
  for_each_maker(
      context, [&](const widelimit_type_info& info, const std::string& whose, const Maker& make) {
        const auto all = draw_invalid_params(schema_of(info), context.seed());
        if (all.empty()) context.skip(whose + " has no parameters");
        for (const InvalidParams& wrong : all) {
          context.set_activity("creating " + whose + " from the wrong " + wrong.json);
          if (validate_params(schema_of(info), wrong.json).problems.empty())
            context.fail(whose + ": its schema accepts " + wrong.json);
          const Params params(wrong.json);
          const Answer answer = make(params.abi());
          context.mark_examined();
          // A host validates first; a plugin that validates again must name the wrong value.
          if (answer.ok()) continue;
          if (answer.status != WIDELIMIT_E_PARAMS || answer.error.pointer[0] != '/')
            context.fail(whose + " refuses " + wrong.json + " with " + answer.text() +
                         ": answer WIDELIMIT_E_PARAMS with the pointer " + wrong.pointer);
        }
      });
}

void thousand_create_destroy(Context& context) {
  for_each_maker(context, [&](const widelimit_type_info& info, const std::string& whose,
                              const Maker& make) {
    const std::string json =
        validate_params(schema_of(info), draw_valid_params(schema_of(info), context.seed())).json;
    context.set_activity("creating and destroying " + whose + " " + json);
    const Params params(json);
    const auto round = [&](int times) {
      for (int i = 0; i < times; ++i) static_cast<void>(make(params.abi()));
      return static_cast<std::int64_t>(::mallinfo2().uordblks);
    };
    const std::int64_t before = round(20), after = round(1000);
    // The smallest allocation is 24 bytes with its header; a few one-off allocations are fine.
    if (after - before > 1000 * 16)
      context.fail(whose + ": a thousand objects leaked " + std::to_string(after - before) +
                   " bytes: does destroy free everything that create allocates?");
    context.mark_examined();
  });
}

}  // namespace widelimit::conformance
