// Plugins whose code misbehaves at one moment and is right otherwise. BEHAVIOUR is what happens,
// MOMENT when.
#include <widelimit/abi.h>

#include "plugin_descriptor.hpp"

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace {

enum Behaviour { throws, crashes, hangs, exits, ends };
enum Moment { in_init, in_entry, in_open, in_create, in_plan, in_transform, in_destroy, in_close };

/// A type whose code is in this library alone.
struct OnPurpose : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int misbehave(Moment now) {
  if (now != MOMENT) return 0;
  switch (BEHAVIOUR) {
    case throws:
      throw OnPurpose("thrown on purpose");
    case crashes:
      std::raise(SIGSEGV);
      break;
    case hangs:
      for (;;) pause();
    case exits:
      std::_Exit(0);  // says that all went well, and took the host with it
    case ends:
      std::exit(0);  // the same, and the host's handlers run
  }
  return 0;
}

char object;

widelimit_status open(const widelimit_host*, widelimit_error*) {
  misbehave(in_open);
  return WIDELIMIT_OK;
}
void close() { misbehave(in_close); }
widelimit_status create(const widelimit_host*, const widelimit_params*, widelimit_layer** out,
                        widelimit_error*) {
  misbehave(in_create);
  *out = reinterpret_cast<widelimit_layer*>(&object);
  return WIDELIMIT_OK;
}
void destroy(widelimit_layer*) { misbehave(in_destroy); }
widelimit_status plan(const widelimit_layer*, widelimit_plan* p, widelimit_error*) {
  misbehave(in_plan);
  p->nature = WIDELIMIT_POINTWISE;
  p->traits = WIDELIMIT_TRAIT_TAKES_PENDING;
  return WIDELIMIT_OK;
}
widelimit_status transform(const widelimit_layer*, const widelimit_run*, widelimit_error*) {
  misbehave(in_transform);
  return WIDELIMIT_E_UNSUPPORTED;
}

constexpr widelimit_type_info info{
    sizeof(widelimit_type_info),
    "misbehaves",
    "1.0.0",
    "misbehaves",
    "misbehaves",
    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"};
constexpr widelimit_infinite_face infinite{
    sizeof(widelimit_infinite_face), transform, nullptr, nullptr, nullptr, nullptr};
constexpr widelimit_layer_type layer{
    sizeof(widelimit_layer_type), 1, 1, &info, create, destroy, plan, &infinite, nullptr};
constexpr const widelimit_layer_type* layers[] = {&layer};
constexpr widelimit_plugin plugin =
    widelimit::test::descriptor_of("org.example.misbehaves", "1.0.0", layers, open, close);

const int before_anything = misbehave(in_init);

}  // namespace

extern "C" const widelimit_plugin* WIDELIMIT_ENTRY(void) {
  misbehave(in_entry);
  return &plugin;
}
