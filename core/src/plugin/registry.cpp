// Types by name; layers and solvers from specifications.
#include "plugin/registry.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/params.hpp>

#include "base/sizes.hpp"
#include "boundary/abi_error.hpp"

#include <utility>

namespace widelimit::detail {

namespace {

TypeInfo describe(TypeKind kind, const Library& library, const widelimit_type_info& info) {
  TypeInfo t;
  t.kind = kind;
  t.name = info.name;
  t.plugin_id = library.plugin().id;
  t.plugin_version = library.plugin().version;
  t.qualified = t.plugin_id + "/" + t.name;
  t.version = info.version;
  t.summary = info.summary;
  t.doc = info.doc;
  t.params_schema = info.params_schema;
  t.file = library.file().string();
  return t;
}

const char* or_empty(const char* s) { return s == nullptr ? "" : s; }

}  // namespace

Registry::Registry(std::vector<std::shared_ptr<Library>> libraries, std::shared_ptr<HostState> host)
    : host_(std::move(host)) {
  std::vector<TypeInfo> types;
  for (auto& library : libraries) {
    const widelimit_plugin& p = library->plugin();
    PluginInfo info{p.id,
                    p.version,
                    or_empty(p.vendor),
                    or_empty(p.license),
                    or_empty(p.summary),
                    or_empty(p.build),
                    library->file().string(),
                    {},
                    {}};
    for (std::size_t i = 0; i < library->layers().size(); ++i) {
      TypeInfo t = describe(TypeKind::layer, *library, library->layer_infos()[i]);
      const widelimit_layer_type& table = library->layers()[i];
      t.min_inputs = table.min_inputs;
      t.max_inputs = table.max_inputs;
      t.infinite = true;
      t.finite = table.finite != nullptr;
      info.layers.push_back(t.name);
      types.push_back(std::move(t));
      entries_.push_back({library, i});
    }
    for (std::size_t i = 0; i < library->solvers().size(); ++i) {
      TypeInfo t = describe(TypeKind::solver, *library, library->solver_infos()[i]);
      t.eigen = library->solvers()[i].eigen != nullptr;
      info.solvers.push_back(t.name);
      types.push_back(std::move(t));
      entries_.push_back({library, i});
    }
    plugins_.push_back(std::move(info));
  }
  catalogue_ = Catalogue(std::move(types));
}

const Registry::Entry& Registry::entry(TypeKind kind, const std::string& type,
                                       const Place& place) const {
  bool ambiguous = false;
  const TypeInfo* found = catalogue_.find(kind, type, &ambiguous);
  const auto refuse = [&](const std::string& message) {
    throw Error(ErrorCode::usage, {Problem{{}, place.line, place.column, place.pointer, message}});
  };
  if (ambiguous) {
    std::string offers;
    for (const TypeInfo& t : catalogue_.types())
      if (t.kind == kind && t.name == type)
        offers += (offers.empty() ? "\"" : ", \"") + t.qualified + "\" of " +
                  (t.file.empty() ? "a plugin of the program" : t.file);
    refuse("more than one plugin offers a type \"" + type + "\": write one of " + offers);
  }
  if (found == nullptr) refuse("no type \"" + type + "\"; `widelimit plugins` shows what is there");
  return entries_[to_size(found - catalogue_.types().data())];
}

void Registry::create_into(const NetworkSpec& spec, std::vector<Layer>& out,
                           std::vector<Problem>& problems) const {
  for (const LayerSpec& s : spec) {
    Layer layer;
    layer.place = s.place;
    layer.type = s.type;
    layer.name = s.name;
    try {
      const Entry& e = entry(TypeKind::layer, s.type, s.place);
      layer.table = &e.library->layers()[e.index];
      const Params params(s.params);
      widelimit_layer* raw = nullptr;
      call_plugin(layer.callee(), [&](widelimit_error* error) {
        return layer.table->create(&host_->table, params.abi(), &raw, error);
      });
      if (raw == nullptr)
        throw Error(ErrorCode::internal,
                    "layer type \"" + s.type + "\" reported success and created nothing",
                    s.place.pointer);
      // The deleter holds the host and the library, and releases them after it has destroyed the
      // object.
      layer.object = {raw,
                      [host = host_, library = e.library, table = layer.table](widelimit_layer* l) {
                        call_quietly({"layer", table->info->name}, [&] { table->destroy(l); });
                      }};
    } catch (const Error& e) {
      for (Problem p : e.problems()) {
        p.line = s.place.line;
        p.column = s.place.column;
        problems.push_back(std::move(p));
      }
    }
    layer.inputs.resize(s.inputs.size());
    for (std::size_t b = 0; b < s.inputs.size(); ++b)
      create_into(s.inputs[b], layer.inputs[b], problems);
    out.push_back(std::move(layer));
  }
}

std::vector<Layer> Registry::create(const NetworkSpec& spec) const {
  std::vector<Layer> layers;
  std::vector<Problem> problems;
  create_into(spec, layers, problems);
  if (!problems.empty()) throw Error(ErrorCode::usage, std::move(problems));
  return layers;
}

Solver Registry::solver(const SolverSpec& spec) const {
  const Entry& e = entry(TypeKind::solver, spec.type, spec.place);
  const Params params(spec.params);
  struct Keep {
    std::shared_ptr<HostState> host;
    std::shared_ptr<Library> library;
  };
  return Solver(std::make_shared<Keep>(Keep{host_, e.library}), e.library->solvers()[e.index],
                host_->table, params.abi(), executor()->threads());
}

}  // namespace widelimit::detail
