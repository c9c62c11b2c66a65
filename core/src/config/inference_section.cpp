// The section on inferences and their solvers.
#include "config/network_section.hpp"
#include "config/sections.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace widelimit {

InferenceOptions InferenceSpec::options_on(DrivingKernel kernel, bool has_test) const {
  InferenceOptions on = options;
  on.kernel = kernel;
  on.predictions = on.predictions && has_test;
  const bool none = on.method == Method::gradient_descent_mse ||
                    (on.method == Method::gp_inference && !on.predictions);
  if (none)
    on.covariance = Covariance::none;
  else if (!on.predictions && on.covariance == Covariance::full)
    on.covariance = Covariance::diagonal;
  return on;
}

namespace detail {

namespace {

Method method_of(const std::string& name) {
  if (name == "gp_inference") return Method::gp_inference;
  return name == "gradient_descent_mse" ? Method::gradient_descent_mse
                                        : Method::gradient_descent_mse_ensemble;
}

DrivingKernel kernel_of(const std::string& name) {
  if (name == "nngp") return DrivingKernel::nngp;
  return name == "ntk" ? DrivingKernel::ntk : DrivingKernel::ntkgp;
}

Covariance covariance_of(const std::string& name) {
  if (name == "none") return Covariance::none;
  return name == "diagonal" ? Covariance::diagonal : Covariance::full;
}

class Entry {
 public:
  Entry(Reading& reading, Value& value, std::string pointer)
      : reading_(reading), value_(value), pointer_(std::move(pointer)) {}

  InferenceSpec read() {
    spec_.place = reading_.place(value_, pointer_);
    const std::string* method = method_name();
    if (method == nullptr) return std::move(spec_);
    const std::string name = *method;
    options().method = method_of(name);
    options().losses = options().method != Method::gp_inference;
    refuse_times_of_gp();
    const bool conforms =
        reading_.conforms(*inference_methods().schemas->find(name), value_, pointer_, {name});
    const Value* kernels = value_.find("kernels");
    if (kernels != nullptr) refuse_repetition(*kernels, child(pointer_, "kernels"));
    if (Value* times = value_.find("times")) {
      Times read = read_times(reading_, *times, child(pointer_, "times"));
      options().times = std::move(read.values);
      options().predictions = !read.are_range;
    }
    if (Value* ridge = value_.find("diag_reg")) diag_reg(*ridge);
    solver();
    if (conforms) members(name);
    return std::move(spec_);
  }

 private:
  InferenceOptions& options() { return spec_.options; }
  [[nodiscard]] const InferenceOptions& options() const { return spec_.options; }

  const std::string* method_name() {
    const Value* method = value_.find("method");
    if (method != nullptr && method->string() != nullptr &&
        *method->string() == "gradient_descent") {
      reading_.report.add(*method, child(pointer_, "method"),
                          "gradient_descent, for any loss, is not part of this release; for the "
                          "mean squared error use \"gradient_descent_mse\"");
      return nullptr;
    }
    return reading_.variant(inference_methods(), value_, pointer_) == nullptr
               ? nullptr
               : value_.find("method")->string();
  }

  void refuse_times_of_gp() {
    const Value* times = value_.find("times");
    if (options().method != Method::gp_inference || times == nullptr) return;
    reading_.report.add(*times, child(pointer_, "times"),
                        "gp_inference takes no times: its answer is the one at \"inf\"; remove "
                        "them, or use gradient_descent_mse_ensemble");
    std::erase_if(*value_.object(), [](const Member& m) { return m.key == "times"; });
  }

  void refuse_repetition(const Value& list, const std::string& pointer) {
    if (list.array() == nullptr) return;
    const Value::Array& items = *list.array();
    for (std::size_t i = 1; i < items.size(); ++i)
      if (std::any_of(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i),
                      [&](const Value& earlier) { return same(earlier, items[i]); }))
        reading_.report.add(items[i], child(pointer, i), short_json(items[i]) + " is given twice");
  }

  void diag_reg(Value& value) {
    const std::string at = child(pointer_, "diag_reg");
    DiagReg read = read_diag_reg(reading_, value, at);
    options().diag_reg = read.one;
    options().diag_reg_path = std::move(read.path);
    if (options().method != Method::gp_inference && !options().diag_reg_path.empty())
      reading_.report.add(value, at,
                          "must be a number: several ridges are served by gp_inference, whose "
                          "answer is the one at the time \"inf\"");
  }

  [[nodiscard]] bool needs_eigen() const {
    return any_finite_time() || !options().diag_reg_path.empty();
  }

  [[nodiscard]] bool any_finite_time() const {
    return std::any_of(options().times.begin(), options().times.end(),
                       [](double t) { return std::isfinite(t); });
  }

  /// The solver as written, or the default: cholesky if there are only infinite times and one
  /// ridge.
  void solver() {
    const bool written = value_.find("solver") != nullptr;
    const std::string chosen = needs_eigen() ? "eigh" : "cholesky";
    if (!written) {
      bool ambiguous = false;
      if (reading_.catalogue().find(TypeKind::solver, chosen, &ambiguous) == nullptr &&
          !ambiguous) {
        reading_.report.add(value_, child(pointer_, "solver"),
                            "the solver used by default here, " + in_quotes(chosen) +
                                ", is not among the loaded plugins; load it or name another");
        return;
      }
      set_member(value_, "solver", {.data = chosen, .origin = value_.origin});
    }
    const CheckedSolver checked =
        check_solver(reading_, *value_.find("solver"), child(pointer_, "solver"));
    spec_.solver = checked.spec;
    if (checked.type != nullptr && needs_eigen() && !checked.type->eigen)
      reading_.report.add(
          *value_.find("solver"), child(pointer_, "solver"),
          in_quotes(checked.type->name) +
              (any_finite_time() ? " serves the time \"inf\" only; finite times need the "
                                   "eigendecomposition that \"eigh\" offers"
                                 : " serves one diag_reg; several need the eigendecomposition "
                                   "that \"eigh\" offers") +
              offering_eigen());
  }

  /// "   (solvers that do: eigh)"
  [[nodiscard]] std::string offering_eigen() const {
    std::vector<std::string> names;
    for (const TypeInfo& type : reading_.catalogue().types())
      if (type.kind == TypeKind::solver && type.eigen) names.push_back(type.name);
    return names.empty() ? "" : "   (loaded solvers that do: " + list_text(names) + ")";
  }

  void members(const std::string& method) {
    if (value_.find("name") == nullptr)
      set_member(value_, "name", {.data = method, .origin = value_.origin});
    else
      static_cast<void>(reading_.usable_name(*value_.find("name"), child(pointer_, "name")));
    spec_.name = string_of(value_, "name");
    for (const Value& kernel : *value_.find("kernels")->array())
      spec_.kernels.push_back(kernel_of(*kernel.string()));
    options().learning_rate = number_of(value_, "learning_rate");
    if (const Value* left_out = value_or_null(value_, "leave_one_out"))
      options().leave_one_out = *left_out->boolean();
    else
      options().leave_one_out = !options().diag_reg_path.empty();
    options().diag_reg_absolute_scale = boolean_of(value_, "diag_reg_absolute_scale");
    options().covariance = covariance_of(string_of(value_, "covariance"));
    if (options().method == Method::gradient_descent_mse &&
        options().covariance != Covariance::none)
      reading_.report.add(*value_.find("covariance"), child(pointer_, "covariance"),
                          "must be \"none\": gradient_descent_mse is about one network; the spread "
                          "of many is what gradient_descent_mse_ensemble gives");
    for (const auto& [key, path] : {std::pair{"initial_train", &spec_.initial_train},
                                    std::pair{"initial_test", &spec_.initial_test}})
      if (const Value* file = value_or_null(value_, key))
        *path = reading_.path(*file, child(pointer_, key), "the path of a file");
  }

  Reading& reading_;
  Value& value_;
  std::string pointer_;
  InferenceSpec spec_;
};

}  // namespace

std::vector<InferenceSpec> read_inference(Reading& reading, Value& entries,
                                          const std::string& pointer) {
  std::vector<InferenceSpec> all;
  if (entries.array() == nullptr) {
    reading.report.add(entries, pointer,
                       "must be a list of inferences, got " + short_json(entries));
    return all;
  }
  std::map<std::string, std::string> names;
  for (std::size_t i = 0; i < entries.array()->size(); ++i) {
    Value& value = (*entries.array())[i];
    const std::string at = child(pointer, i);
    const bool named = value.find("name") != nullptr;
    all.push_back(Entry(reading, value, at).read());
    const std::string& name = all.back().name;
    if (name.empty()) continue;
    const auto [taken, is_new] = names.emplace(name, at);
    if (!is_new)
      reading.report.add(named ? *value.find("name") : value, child(at, "name"),
                         in_quotes(name) + " is what " + taken->second +
                             " is called already, and results are filed by this name; give one of "
                             "them another \"name\"");
  }
  return all;
}

}  // namespace detail

}  // namespace widelimit
