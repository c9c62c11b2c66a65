/* The smallest plugin in C: one pointwise layer that changes nothing. Definitions on the command
 * line (CMakeLists.txt) make it wrong in one place. */
#include <widelimit/abi.h>
#include <widelimit/draft/progress.h>

#ifndef ID
#define ID "org.example.plain"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef TYPE
#define TYPE "plain"
#endif
#ifndef SCHEMA
#define SCHEMA "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(widelimit_plugin)
#endif
#ifndef NEEDS_HOST
#define NEEDS_HOST 0
#endif
#ifndef OPEN
#define OPEN 0
#endif
#ifndef CLOSE
#define CLOSE 0
#endif
#ifndef LAYERS
#define LAYERS layers
#endif
#ifndef N_LAYERS
#define N_LAYERS 1
#endif
#ifndef ENTRY
#define ENTRY WIDELIMIT_ENTRY
#endif
#ifndef EXTRA /* numbers written past the end of a run */
#define EXTRA 0
#endif

struct widelimit_layer {
  int unused;
};
static struct widelimit_layer the_layer;

static widelimit_status create(const widelimit_host* host, const widelimit_params* params,
                               widelimit_layer** out, widelimit_error* error) {
  (void)host, (void)params, (void)error;
  *out = &the_layer;
  return WIDELIMIT_OK;
}

static void destroy(widelimit_layer* layer) { (void)layer; }

static widelimit_status plan(const widelimit_layer* layer, widelimit_plan* p,
                             widelimit_error* error) {
  (void)layer, (void)error;
  p->nature = WIDELIMIT_POINTWISE;
  p->traits = WIDELIMIT_TRAIT_TAKES_PENDING;
  p->flops_per_entry = 1;
  return WIDELIMIT_OK;
}

#define COPY(T)                                                                     \
  static void copy_##T(const widelimit_run* r, int64_t begin, int64_t end) {        \
    const widelimit_linear* m = r->pending == NULL ? NULL : r->pending[0];          \
    const T* k = (const T*)r->inputs[0]->nngp;                                      \
    const T* t = (const T*)r->inputs[0]->ntk;                                       \
    T *out_k = (T*)r->output->nngp, *out_t = (T*)r->output->ntk;                    \
    const T s = m == NULL ? 1 : (T)m->scale, b = m == NULL ? 0 : (T)m->bias;        \
    const T u = m == NULL ? 0 : (T)m->ntk_nngp, v = m == NULL ? 0 : (T)m->ntk_bias; \
    int64_t i;                                                                      \
    for (i = begin; i < end; ++i) {                                                 \
      const T in = k[i];                                                            \
      out_k[i] = s * in + b;                                                        \
      if (out_t != NULL) out_t[i] = u * in + s * t[i] + v;                          \
    }                                                                               \
  }
COPY(float)
COPY(double)

static widelimit_status transform(const widelimit_layer* layer, const widelimit_run* r,
                                  widelimit_error* error) {
  const widelimit_field* f = r->output;
  const int64_t row = f->lanes * (f->rank == 0 ? 1 : f->extent[f->rank - 1]);
  (void)layer, (void)error;
  if (f->dtype == WIDELIMIT_F32)
    copy_float(r, r->row_begin * row, r->row_end * row + EXTRA);
  else
    copy_double(r, r->row_begin * row, r->row_end * row + EXTRA);
  return WIDELIMIT_OK;
}

#ifdef REFUSE
static widelimit_status refuse(const widelimit_host* host, widelimit_error* error) {
  static const char why[] = "no licence for this machine";
  (void)host;
  memcpy(error->message, why, sizeof why);
  return WIDELIMIT_E_UNSUPPORTED;
}
#endif

#ifdef REPORTS
static widelimit_status reporting_open(const widelimit_host* host, widelimit_error* error) {
  const widelimit_progress* progress =
      (const widelimit_progress*)host->extension(host->ctx, WIDELIMIT_PROGRESS);
  (void)error;
  if (progress == NULL || !WIDELIMIT_HAS(progress, report)) return WIDELIMIT_E_UNSUPPORTED;
  progress->report(host->ctx, "open", 1, 2);
  progress->report(host->ctx, NULL, 2, 2);
  return WIDELIMIT_OK;
}
#endif

#ifdef LOGS
static const widelimit_host* lent;
static widelimit_status logging_open(const widelimit_host* host, widelimit_error* error) {
  (void)error;
  lent = host;
  host->log(host->ctx, 1, ID, "opened");
  return WIDELIMIT_OK;
}
static void logging_close(void) { lent->log(lent->ctx, 1, ID, "closed"); }
#endif

static const widelimit_infinite_face infinite = {
    sizeof(widelimit_infinite_face), transform, NULL, NULL, NULL, NULL, NULL};
static const widelimit_type_info info = {sizeof(widelimit_type_info), TYPE,     "1.0.0",
                                         "changes nothing",           "x -> x", SCHEMA};
static const widelimit_layer_type layer_type = {
    sizeof(widelimit_layer_type), 1, 1, &info, CREATE, destroy, plan, &infinite, NULL};
static const widelimit_layer_type* const layers[] = {&layer_type, &layer_type};
static const widelimit_layer_type* const null_layer[] = {NULL};
static const widelimit_plugin plugin = {PLUGIN_SIZE, WIDELIMIT_ABI_MINOR,
                                        NEEDS_HOST,  FLAGS,
                                        ID,          VERSION,
                                        "",          "",
                                        "",          "",
                                        N_LAYERS,    0,
                                        LAYERS,      NULL,
                                        OPEN,        CLOSE,
                                        NULL};

WIDELIMIT_EXPORT const widelimit_plugin* ENTRY(void);
const widelimit_plugin* ENTRY(void) {
  (void)null_layer, (void)layers, (void)create;
#ifdef RETURN_NULL
  return NULL;
#endif
#ifdef FRESH_COPY
  {
    static widelimit_plugin copies[64];
    static unsigned next;
    widelimit_plugin* copy = &copies[next++ % 64];
    memcpy(copy, &plugin, sizeof plugin);
    return copy;
  }
#endif
#ifdef CALL_UNDEFINED
  {
    extern const widelimit_plugin* a_function_that_nobody_defines(void);
    return a_function_that_nobody_defines();
  }
#endif
  return &plugin;
}

#ifdef SECOND_SYMBOL
WIDELIMIT_EXPORT int a_second_symbol(void);
int a_second_symbol(void) { return 1; }
#endif
