// Checks of the descriptor, which hosts and people read before anything is created.
#include "checks.hpp"
#include "parameters.hpp"

#include <widelimit/examine/params.hpp>

#include <cstddef>
#include <regex>
#include <set>

namespace widelimit::conformance {
namespace {

/// f(info, "layer type relu") for every type.
template <class F>
void for_each_info(const Plugin& plugin, F&& f) {
  for (const LayerType& t : plugin.layers()) f(t.info, "layer type " + t.name);
  for (const SolverType& t : plugin.solvers()) f(t.info, "solver type " + t.name);
}

bool filled(const char* text) { return text != nullptr && *text != '\0'; }

}  // namespace

void fields_present(Context& context) {
  const Plugin& plugin = context.plugin();
  context.mark_examined();
  const auto demand = [&](bool present, const std::string& whose, const char* what) {
    if (!present) context.fail(whose + " lacks its " + what);
  };
  const widelimit_plugin& p = plugin.table();
  demand(filled(p.id), "the plugin", "id");
  demand(filled(p.version), "the plugin", "version");
  if (plugin.layers().empty() && plugin.solvers().empty())
    context.fail("the plugin offers neither a layer nor a solver");
  for_each_info(plugin, [&](const widelimit_type_info& info, const std::string& whose) {
    demand(filled(info.name), whose, "name");
    demand(filled(info.version), whose, "version");
    demand(filled(info.summary), whose, "summary (one line)");
    demand(filled(info.params_schema), whose, "params_schema");
    if (!filled(info.doc)) context.warn(whose + " has no doc: say its formula and its source");
  });
  for (const LayerType& t : plugin.layers()) {
    demand(t.table.create != nullptr, t.name, "create");
    demand(t.table.destroy != nullptr, t.name, "destroy");
    demand(t.table.plan != nullptr, t.name, "plan");
    if (t.table.max_inputs != 0 && t.table.min_inputs > t.table.max_inputs)
      context.fail(t.name + " wants at least " + std::to_string(t.table.min_inputs) +
                   " inputs and at most " + std::to_string(t.table.max_inputs));
  }
  for (const SolverType& t : plugin.solvers()) {
    demand(t.table.create != nullptr, t.name, "create");
    demand(t.table.destroy != nullptr, t.name, "destroy");
    demand(t.table.factorise != nullptr || t.table.factorise_operator != nullptr, t.name,
           "factorise or factorise_operator");
    demand(t.table.factor_destroy != nullptr, t.name, "factor_destroy");
    demand(t.table.solve != nullptr, t.name, "solve");
  }
}

void names_well_formed(Context& context) {
  const Plugin& plugin = context.plugin();
  context.mark_examined();
  static const std::regex id(R"([a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+)");
  static const std::regex semver(R"([0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)*)");
  static const std::regex word(R"([a-z][a-z0-9_]*)");
  const auto matches = [](const char* text, const std::regex& form) {
    return text == nullptr || std::regex_match(text, form);
  };
  const widelimit_plugin& p = plugin.table();
  if (!matches(p.id, id))
    context.fail("the id \"" + std::string(p.id) +
                 "\" is not a reversed domain in lower case, like com.example.erf");
  if (!matches(p.version, semver))
    context.fail("the version \"" + std::string(p.version) + "\" is not of the form 1.2.3");
  std::set<std::string> names;
  for_each_info(plugin, [&](const widelimit_type_info& info, const std::string& whose) {
    if (!matches(info.name, word))
      context.fail(whose + ": a type's name is lower-case letters, digits and underscores");
    if (!matches(info.version, semver))
      context.fail(whose + ": the version \"" + info.version + "\" is not of the form 1.2.3");
    if (info.name != nullptr && !names.insert(whose).second)
      context.fail(whose + " is offered twice");
  });
}

void schema_in_subset(Context& context) {
  const Plugin& plugin = context.plugin();
  for_each_info(plugin, [&](const widelimit_type_info& info, const std::string& whose) {
    context.set_activity("reading the schema of " + whose);
    for (const Problem& p : check_schema(schema_of(info))) context.fail(whose + ": " + p.text());
    context.mark_examined();
  });
}

void defaults_satisfy_schema(Context& context) {
  const Plugin& plugin = context.plugin();
  for_each_info(plugin, [&](const widelimit_type_info& info, const std::string& whose) {
    context.set_activity("filling in the defaults of " + whose);
    const std::string schema = schema_of(info);
    // Where some parameters have no default, a draw supplies them.
    ValidatedParams filled_in = validate_params(schema, "{}");
    if (!filled_in.problems.empty())
      filled_in = validate_params(schema, draw_valid_params(schema, context.seed()));
    for (const Problem& p : validate_params(schema, filled_in.json).problems)
      context.fail(whose + ": its own schema refuses a default: " + p.text());
    context.mark_examined();
  });
}

void sizes_plausible(Context& context) {
  const Plugin& plugin = context.plugin();
  context.mark_examined();
  constexpr std::uint32_t largest = 65536;
  const auto size = [&](std::uint32_t has, std::size_t least, const std::string& whose) {
    if (has < least || has > largest || has % 4 != 0)
      context.fail(whose + ": struct_size is " + std::to_string(has) + ", expected at least " +
                   std::to_string(least) + ": set it to sizeof of the struct");
  };
  const widelimit_plugin& p = *plugin.raw();
  size(p.struct_size, offsetof(widelimit_plugin, open), "the plugin");
  const widelimit_plugin& table = plugin.table();
  if (table.abi_minor > 1000) context.fail("abi_minor is " + std::to_string(table.abi_minor));
  if (table.needs_host_minor > table.abi_minor)
    context.fail("it needs a host of minor " + std::to_string(table.needs_host_minor) +
                 ", newer than the headers it was built with (" + std::to_string(table.abi_minor) +
                 ")");
  if ((table.flags & ~std::uint32_t{WIDELIMIT_PLUGIN_RESIDENT}) != 0)
    context.fail("flags " + std::to_string(table.flags) + " have bits without a meaning");
  for (const LayerType& t : plugin.layers()) {
    if (t.raw == nullptr) continue;
    size(t.raw->struct_size, offsetof(widelimit_layer_type, infinite), t.name);
    if (t.raw->info != nullptr)
      size(t.raw->info->struct_size, offsetof(widelimit_type_info, doc), t.name + "'s info");
    if (t.table.infinite != nullptr)
      size(t.table.infinite->struct_size, offsetof(widelimit_infinite_face, reads),
           t.name + "'s infinite face");
    if (t.table.finite != nullptr)
      size(t.table.finite->struct_size, offsetof(widelimit_finite_face, jvp),
           t.name + "'s finite face");
  }
  for (const SolverType& t : plugin.solvers()) {
    if (t.raw == nullptr) continue;
    size(t.raw->struct_size, offsetof(widelimit_solver_type, logdet), t.name);
    if (t.raw->info != nullptr)
      size(t.raw->info->struct_size, offsetof(widelimit_type_info, doc), t.name + "'s info");
  }
}

}  // namespace widelimit::conformance
