// Plugins whose code misbehaves before or while it is asked for its descriptor. BEHAVIOUR is what
// happens; IN_INIT: already in a static initialiser; IN_CREATE: when a layer is made.
#include <widelimit/abi.h>

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace {

enum Behaviour { throws, crashes, hangs, exits };

int misbehave() {
  switch (BEHAVIOUR) {
    case throws:
      throw std::runtime_error("thrown on purpose");
    case crashes:
      std::raise(SIGSEGV);
      break;
    case hangs:
      for (;;) pause();
    case exits:
      std::_Exit(0);  // says that all went well, and took the host with it
  }
  return 0;
}

widelimit_status create(const widelimit_host*, const widelimit_params*, widelimit_layer**,
                        widelimit_error*) {
  misbehave();
  return WIDELIMIT_OK;
}
void destroy(widelimit_layer*) {}
widelimit_status plan(const widelimit_layer*, widelimit_plan*, widelimit_error*) {
  return WIDELIMIT_E_UNSUPPORTED;
}

constexpr widelimit_type_info info{
    sizeof(widelimit_type_info),
    "misbehaves",
    "1.0.0",
    "misbehaves",
    "misbehaves",
    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"};
constexpr widelimit_layer_type layer{
    sizeof(widelimit_layer_type), 1, 1, &info, create, destroy, plan, nullptr, nullptr};
constexpr const widelimit_layer_type* layers[] = {&layer};
constexpr widelimit_plugin plugin{sizeof(widelimit_plugin),
                                  WIDELIMIT_ABI_MINOR,
                                  0,
                                  0,
                                  "org.example.misbehaves",
                                  "1.0.0",
                                  "",
                                  "",
                                  "",
                                  "",
                                  1,
                                  0,
                                  layers,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr};

#ifdef IN_INIT
const int before_anything = misbehave();
#endif

}  // namespace

extern "C" const widelimit_plugin* widelimit_plugin_v0(void) {
#if !defined(IN_INIT) && !defined(IN_CREATE)
  misbehave();
#endif
  return &plugin;
}
