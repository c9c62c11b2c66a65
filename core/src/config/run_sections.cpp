// The sections on kernels and finite networks.
#include "config/sections.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace widelimit::detail {

KernelChoice read_kernel(Reading& reading, Value& kernel, const std::string& pointer) {
  KernelChoice choice;
  choice.place = reading.place(kernel, pointer);
  if (!reading.conforms(own_schema("kernel"), kernel, pointer, {"kernel"})) return choice;
  const Value::Array& compute = *kernel.find("compute")->array();
  const auto count = [&](std::string_view name) {
    return std::count_if(compute.begin(), compute.end(),
                         [&](const Value& v) { return *v.string() == name; });
  };
  for (const Kernel k : all_kernels) choice.compute[k] = count(name_of(k)) > 0;
  if (choice.compute.count() < std::ssize(compute))
    reading.report.add(*kernel.find("compute"), child(pointer, "compute"),
                       "names a kernel twice; once is enough");
  if (const Value* from = value_or_null(kernel, "from"))
    choice.from = reading.path(*from, child(pointer, "from"), "the directory of an earlier run");
  const std::string& store = string_of(kernel, "store");
  choice.store = store == "auto"        ? StoreChoice::automatic
                 : store == "temporary" ? StoreChoice::temporary
                 : store == "keep"      ? StoreChoice::keep
                                        : StoreChoice::none;
  return choice;
}

FiniteSpec read_finite(Reading& reading, Value& finite, const std::string& pointer) {
  FiniteSpec spec;
  spec.place = reading.place(finite, pointer);
  const bool conforms = reading.conforms(own_schema("finite"), finite, pointer, {"finite"});
  if (Value* optimizer = finite.find("optimizer")) {
    name_to_object(*optimizer);
    if (reading.conforms(own_schema("optimizer"), *optimizer, child(pointer, "optimizer"),
                         {"the optimizer"})) {
      spec.options.learning_rate = number_of(*optimizer, "learning_rate");
      spec.options.momentum = number_of(*optimizer, "momentum");
    }
  }
  if (!conforms) return spec;
  spec.options.steps = integer_of(finite, "steps");
  if (const Value* batch = value_or_null(finite, "batch_size"))
    spec.options.batch_size = *batch->integer();
  spec.options.ensemble = integer_of(finite, "ensemble");
  spec.options.seed = static_cast<std::uint64_t>(integer_of(finite, "seed"));
  spec.options.record_all = string_of(finite, "record") == "all";
  return spec;
}

}  // namespace widelimit::detail
