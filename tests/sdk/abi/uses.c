/* A plugin in C, as short as it can be, and what a host does with it: compiled in every dialect
 * that abi.h promises, C and C++.
 */
#include <widelimit/abi.h>

static widelimit_status open_it(const widelimit_host* host, widelimit_error* error) {
  (void)error;
  return WIDELIMIT_HAS(host, log) ? WIDELIMIT_OK : WIDELIMIT_E_UNSUPPORTED;
}

const widelimit_plugin* WIDELIMIT_ENTRY(void) {
  static widelimit_plugin plugin;
  plugin.struct_size = sizeof plugin;
  plugin.abi_minor = WIDELIMIT_ABI_MINOR;
  plugin.id = "org.widelimit.empty";
  plugin.version = "1.0.0";
  plugin.open = open_it;
  return &plugin;
}

uint32_t size_after_copy(void);
uint32_t size_after_copy(void) {
  widelimit_plugin own;
  const widelimit_plugin* theirs = WIDELIMIT_ENTRY();
  widelimit_copy(&own, sizeof own, theirs, theirs->struct_size);
  return own.struct_size;
}
