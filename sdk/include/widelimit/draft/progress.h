/* Extension widelimit.progress/1, offered by hosts: a plugin says how far long work has come, for
 * example the factorisation of a large matrix, and the host shows it. A draft (extensions.md).
 *
 *   const widelimit_progress* progress = host->extension(host->ctx, WIDELIMIT_PROGRESS);
 *   if (progress != NULL) progress->report(host->ctx, "factorise", columns_done, columns);
 */
#ifndef WIDELIMIT_DRAFT_PROGRESS_H
#define WIDELIMIT_DRAFT_PROGRESS_H

#include <widelimit/abi.h>

#define WIDELIMIT_PROGRESS "widelimit.progress/1"

typedef struct widelimit_progress {
  uint32_t struct_size;
  /* [any thread] `phase` names the work in one or two words. `total` counts units of equal work, of
   * which `done` are done. A call costs about a microsecond: make some hundred of them at most. */
  void (*report)(void* ctx, const char* phase, int64_t done, int64_t total);
} widelimit_progress;

#endif
