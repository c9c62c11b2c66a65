// See checked_spec.hpp. Layers that are equal are validated once: `repeat` makes thousands.
#include "runtime/checked_spec.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/params.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

class Checking {
 public:
  explicit Checking(const Catalogue& catalogue) : catalogue_(catalogue) {}

  void network(NetworkSpec& layers) {
    for (LayerSpec& layer : layers) {
      parameters(TypeKind::layer, layer.type, layer.place, layer.params);
      for (NetworkSpec& input : layer.inputs) network(input);
    }
  }

  void parameters(TypeKind kind, const std::string& type, const Place& place, std::string& params) {
    const TypeInfo* const info = catalogue_.find(kind, type);
    if (info == nullptr) return;  // creating it says what is wrong
    if (params.empty()) params = "{}";
    auto [known, is_new] = validated_.try_emplace({info, params});
    if (is_new) known->second = validate_params(info->params_schema, params);
    for (const Problem& problem : known->second.problems)
      problems_.push_back({.line = place.line,
                           .column = place.column,
                           .pointer = place.pointer + problem.pointer,
                           .message = problem.message + "   (\"" + type + "\")"});
    if (known->second.problems.empty()) params = known->second.json;
  }

  void finish() {
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
  }

 private:
  const Catalogue& catalogue_;
  std::map<std::pair<const TypeInfo*, std::string>, ValidatedParams> validated_;
  std::vector<Problem> problems_;
};

}  // namespace

NetworkSpec checked(NetworkSpec spec, const Catalogue& catalogue) {
  Checking checking(catalogue);
  checking.network(spec);
  checking.finish();
  return spec;
}

SolverSpec checked(SolverSpec spec, const Catalogue& catalogue) {
  Checking checking(catalogue);
  checking.parameters(TypeKind::solver, spec.type, spec.place, spec.params);
  checking.finish();
  return spec;
}

}  // namespace widelimit::detail
