// Checks of the boundary's rules: sizes are respected, and whatever fails comes back as a status.
#include "checks.hpp"
#include "common/sizes.hpp"
#include "finite.hpp"
#include "guarded.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace widelimit::conformance {
namespace {

/// Fills the memory after a struct whose size ends within its alignment.
constexpr unsigned char tail_byte = 0xA5;

/// Parameters that cannot be read.
widelimit_params refusing_params() {
  widelimit_params p{};
  p.struct_size = sizeof p;
  p.number = [](const void*, const char*, double*) -> widelimit_status {
    return WIDELIMIT_E_PARAMS;
  };
  p.integer = [](const void*, const char*, std::int64_t*) -> widelimit_status {
    return WIDELIMIT_E_PARAMS;
  };
  p.boolean = [](const void*, const char*, std::int32_t*) -> widelimit_status {
    return WIDELIMIT_E_PARAMS;
  };
  p.string = [](const void*, const char*, const char**, std::uint64_t*) -> widelimit_status {
    return WIDELIMIT_E_PARAMS;
  };
  p.length = [](const void*, const char*, std::uint64_t*) -> widelimit_status {
    return WIDELIMIT_E_PARAMS;
  };
  p.json = [](const void*, std::uint64_t* length) -> const char* {
    *length = 2;
    return "{}";
  };
  return p;
}

/// A struct in memory that ends where the struct ends, or with garbage after it.
template <class T>
class GuardedStruct {
 public:
  enum class End { page, garbage };
  GuardedStruct(const T& value, End end)
      : bytes_(end == End::page ? sizeof(T) : sizeof(T) + tail, "a struct of an older host") {
    std::memset(bytes_.data(), tail_byte, bytes_.size());
    std::memcpy(bytes_.data(), &value, sizeof value);
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &size, sizeof size);
  }
  [[nodiscard]] T* get() const noexcept { return reinterpret_cast<T*>(bytes_.data()); }

 private:
  static constexpr std::size_t tail = 192;
  GuardedBytes bytes_;
};

/// Creates a layer of every type with this host and calls `each` with it.
template <class F>
void exercise(Context& context, const widelimit_host& host, const std::string& how,
              GuardedStruct<widelimit_params>::End end, F&& each) {
  for (const LayerType& type : context.plugin().layers()) {
    for (const std::string& json : parameter_sets(context, type, 2)) {
      context.set_activity("creating " + type.name + " " + json + " " + how);
      const Params params(json);
      const GuardedStruct<widelimit_params> lent(*params.abi(), end);
      const CreatedLayer made = create_layer(host, type, lent.get());
      context.mark_examined();
      each(type, json, made);
    }
  }
}

}  // namespace

void small_error_struct_respected(Context& context) {
  // Refusals fill in the error: parameters that cannot be read, and shapes that no layer takes.
  const widelimit_params nothing = refusing_params();
  for (const LayerType& type : context.plugin().layers()) {
    const std::vector<std::string> sets = parameter_sets(context, type, 1);
    const std::string json = sets.empty() ? "{}" : sets.front();
    const Params params(json);
    const CreatedLayer made = create_layer(context.host(), type, params.abi());
    for (const std::size_t size :
         {std::size_t{4}, offsetof(widelimit_error, index), offsetof(widelimit_error, pointer),
          offsetof(widelimit_error, message), offsetof(widelimit_error, message) + 40}) {
      // The struct is aligned, as the boundary promises; what is left of its last 8 bytes is known.
      constexpr std::size_t alignment = alignof(widelimit_error);
      const GuardedBytes memory((size + alignment - 1) / alignment * alignment, "an error struct");
      std::memset(memory.data(), tail_byte, memory.size());
      std::memset(memory.data(), 0, size);
      const auto struct_size = static_cast<std::uint32_t>(size);
      std::memcpy(memory.data(), &struct_size, sizeof struct_size);
      auto* const error = reinterpret_cast<widelimit_error*>(memory.data());
      context.set_activity(type.name + " reporting a failure into an error struct of " +
                           std::to_string(size) + " bytes");
      widelimit_layer* raw = nullptr;
      if (contained([&] { return type.table.create(&context.host(), &nothing, &raw, error); }) ==
              WIDELIMIT_OK &&
          raw != nullptr)
        type.table.destroy(raw);
      if (made.object) {
        widelimit_shape output = gaussian_shape(1);
        widelimit_linear linear{};
        linear.struct_size = sizeof linear;
        widelimit_plan request{};
        request.struct_size = sizeof request;
        request.output = &output;
        request.linear = &linear;
        static_cast<void>(
            contained([&] { return type.table.plan(made.object.get(), &request, error); }));
      }
      if (!memory.margin_intact())
        context.fail(type.name + " writes before the beginning of a small error struct");
      if (std::any_of(memory.data() + size, memory.data() + memory.size(),
                      [](std::byte b) { return b != std::byte{tail_byte}; }))
        context.fail(type.name + " writes beyond an error struct of " + std::to_string(size) +
                     " bytes: obey its struct_size");
      context.mark_examined();
    }
  }
}

void older_host(Context& context) {
  using End = GuardedStruct<widelimit_params>::End;
  // The oldest host there is has ABI minor 0: its structs end where minor 0 ended.
  widelimit_host old = context.host();
  old.abi_minor = 0;
  const GuardedStruct<widelimit_host> host(old, GuardedStruct<widelimit_host>::End::page);
  exercise(context, *host.get(), "with an old host", End::page,
           [&](const LayerType& type, const std::string& json, const CreatedLayer& made) {
             if (!made.object)
               context.fail(type.name + " " + json +
                            ": an older host is refused: " + made.answer.text());
           });
}

void newer_host_tail_garbage(Context& context) {
  using End = GuardedStruct<widelimit_params>::End;
  widelimit_host newer = context.host();
  newer.abi_minor = 9;
  const GuardedStruct<widelimit_host> host(newer, GuardedStruct<widelimit_host>::End::garbage);
  exercise(context, *host.get(), "with a newer host", End::garbage,
           [&](const LayerType& type, const std::string& json, const CreatedLayer& made) {
             if (!made.object)
               return context.fail(type.name + " " + json +
                                   ": a newer host is refused: " + made.answer.text());
             const std::vector<widelimit_shape> shapes(
                 std::max<std::size_t>(type.table.min_inputs, 1), gaussian_shape(12));
             const Plan plain = plan(type, made.object.get(), shapes);
             const Params params(json);
             const CreatedLayer other = create_layer(context.host(), type, params.abi());
             if (!other.object) return;
             const Plan expected = plan(type, other.object.get(), shapes);
             if (plain.nature != expected.nature || plain.traits != expected.traits ||
                 plain.max_window != expected.max_window ||
                 !same_bits(plain.linear.scale, expected.linear.scale))
               context.fail(type.name + " " + json +
                            ": garbage after the structs of a newer host changes its plan");
           });
}

void no_exception_escapes(Context& context) {
  static_cast<void>(context.plugin());
  widelimit_host poor = context.host();
  poor.alloc = [](void*, std::uint64_t) -> void* { return nullptr; };
  poor.normals = [](void*, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                    double*) -> widelimit_status { return WIDELIMIT_E_INTERNAL; };
  poor.parallel_for = [](void*, std::int64_t, std::int64_t,
                         widelimit_status (*)(void*, std::int64_t, std::int64_t),
                         void*) -> widelimit_status { return WIDELIMIT_E_CANCELLED; };
  const widelimit_params nothing = refusing_params();
  for (const LayerType& type : context.plugin().layers()) {
    context.set_activity("creating " + type.name + " from parameters that cannot be read");
    const CreatedLayer refused = create_layer(poor, type, &nothing);
    if (!refused.answer.ok() && refused.answer.error.message[0] == '\0')
      context.fail(type.name + " fails without a message: " + refused.answer.text());
    context.mark_examined();
  }
  exercise(
      context, poor, "with a host whose services fail", GuardedStruct<widelimit_params>::End::page,
      [&](const LayerType& type, const std::string& json, const CreatedLayer& made) {
        if (!made.object || type.finite.init == nullptr) return;
        const std::vector<widelimit_shape> shapes(std::max<std::size_t>(type.table.min_inputs, 1),
                                                  gaussian_shape(12));
        std::vector<const widelimit_shape*> pointers;
        for (const widelimit_shape& shape : shapes) pointers.push_back(&shape);
        std::int64_t size = 0;
        const Answer sized = call([&](widelimit_error* e) {
          return type.finite.theta_size(made.object.get(),
                                        static_cast<std::uint32_t>(pointers.size()),
                                        pointers.data(), &size, e);
        });
        if (!sized.ok() || size <= 0 || size > (std::int64_t{1} << 24)) return;
        std::vector<double> theta(to_size(size));
        widelimit_init draw{};
        draw.struct_size = sizeof draw;
        draw.n_inputs = static_cast<std::uint32_t>(pointers.size());
        draw.in_shape = pointers.data();
        draw.seed = 1;
        draw.theta_size = size;
        draw.theta = theta.data();
        context.set_activity("initialising " + type.name + " " + json + " without random numbers");
        const Answer drawn =
            call([&](widelimit_error* e) { return type.finite.init(made.object.get(), &draw, e); });
        if (drawn.ok()) context.warn(type.name + ": init ignores that the host's normals() failed");
      });
  for (const SolverType& type : context.plugin().solvers()) {
    context.set_activity("creating " + type.name + " from parameters that cannot be read");
    widelimit_solver* raw = nullptr;
    const Answer answer =
        call([&](widelimit_error* e) { return type.table.create(&poor, &nothing, &raw, e); });
    if (raw != nullptr) type.table.destroy(raw);
    if (!answer.ok() && answer.error.message[0] == '\0')
      context.fail(type.name + " fails without a message: " + answer.text());
    context.mark_examined();
  }
}

void prints_nothing(Context& context) {
  // Whatever a plugin prints while this or any other check runs is found by who runs the checks.
  for (const Subject& s : subjects(context)) {
    Random random = context.random();
    if (s.transforms()) {
      context.set_activity("transforming with " + s.text());
      static_cast<void>(transform(s, draw_pairs(random, s.shapes.size(), 1, 16), {}));
    }
    context.mark_examined();
  }
  for (const Subject& s : finite_subjects(context)) {
    context.set_activity("running the finite layer of " + s.text());
    Random random = context.random();
    const Batch batch(s, 2);
    static_cast<void>(batch.forward(batch.init(1), batch.draw_inputs(random)));
  }
  if (!context.plugin().solvers().empty()) context.mark_examined();
}

}  // namespace widelimit::conformance
