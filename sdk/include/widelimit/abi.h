/* widelimit/abi.h - everything that crosses between a host and a plugin. C99, no dependencies.
 *
 * This header is the specification of the boundary; it reads top to bottom. Authors of plugins in
 * C++ rarely see it: they write a small struct against <widelimit/sdk.hpp>. The ten rules it
 * follows are in sdk/docs/abi-rules.md. In short:
 *
 * - Every growable struct starts with `struct_size`, set by whoever allocated it, and grows at its
 *   tail only.
 * - Whoever receives a growable struct copies it with widelimit_copy into one of its own, or reads
 *   members through WIDELIMIT_HAS.
 * - The caller owns all memory it passes; what a plugin creates, that plugin destroys; strings in
 *   descriptors live as long as the library.
 * - Every function that can fail returns a widelimit_status; no exception, signal handler, exit or
 *   change of process state crosses.
 *
 * Thread tags, used on every function pointer below (sdk/docs/thread-contract.md):
 *
 * - [setup]: one call at a time per object, from any thread.
 * - [worker, concurrent]: many calls at once on the same const object; the only mutable memory is
 *   what the call was given.
 * - [any thread]: may also be called from inside a worker.
 *
 * Within one major version nothing is moved, removed or given another meaning: a plugin built with
 * any minor of it works with a host of any other, unless it asks for more (needs_host_minor).
 */
#ifndef WIDELIMIT_ABI_H
#define WIDELIMIT_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIDELIMIT_ABI_MAJOR \
  1 /* is also the number in the entry symbol's name and in the plugin directory's */
#define WIDELIMIT_ABI_MINOR 0 /* grows when a struct grows at its tail */
#define WIDELIMIT_ENTRY_SYMBOL "widelimit_plugin_v1"

#if defined(_WIN32)
#define WIDELIMIT_EXPORT __declspec(dllexport)
#else
#define WIDELIMIT_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status and error: the caller owns the memory, nobody frees anything ---- */

typedef int32_t widelimit_status;
enum {
  WIDELIMIT_OK = 0,
  WIDELIMIT_E_ARGUMENT = 1,    /* the caller broke a stated precondition */
  WIDELIMIT_E_PARAMS = 2,      /* the user's configuration is wrong; error.pointer says where */
  WIDELIMIT_E_UNSUPPORTED = 3, /* a face, dtype or shape this type does not implement */
  WIDELIMIT_E_NUMERIC = 4,     /* not positive definite, no convergence; error.index says where */
  WIDELIMIT_E_MEMORY = 5,
  WIDELIMIT_E_CANCELLED = 6,
  WIDELIMIT_E_INTERNAL = 7 /* a bug on the callee's side, e.g. an escaped exception */
};

/* Lent with struct_size and index set and all else 0. */
typedef struct widelimit_error {
  uint32_t struct_size;
  int32_t code;
  int64_t index;     /* e.g. the leading minor that failed, counted from 1; -1 when unused */
  char pointer[192]; /* JSON pointer relative to the object's own params */
  char message[512]; /* one sentence, UTF-8, no newline */
} widelimit_error;

/* ---- services the host lends to a plugin: valid from `open` or `create` until the library is
 * closed ---- */

typedef struct widelimit_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  const char *name, *version;
  void* ctx; /* pass back as first argument */
  /* [any thread] level: 0 debug, 1 information, 2 warning, 3 error */
  void (*log)(void* ctx, int32_t level, const char* component, const char* message);
  /* [any thread] aligned to 64; NULL when exhausted */
  void* (*alloc)(void* ctx, uint64_t bytes);
  void (*release)(void* ctx, void* p);
  /* [any thread] runs body(arg, begin, end) over pieces of [0, n) of at least `grain`; inline when
   * already on a worker */
  widelimit_status (*parallel_for)(void* ctx, int64_t n, int64_t grain,
                                   widelimit_status (*body)(void* arg, int64_t begin, int64_t end),
                                   void* arg);
  /* [any thread] counter-based N(0,1): numbers first .. first+n of a stream; the same for any
   * caller and any thread */
  widelimit_status (*normals)(void* ctx, uint64_t seed, uint64_t stream, uint64_t first, uint64_t n,
                              double* out);
  /* [any thread] non-zero when the user asked to stop */
  int32_t (*cancelled)(void* ctx);
  /* [any thread] later additions that not every host has; NULL when unknown */
  const void* (*extension)(void* ctx, const char* id);
} widelimit_host;

/* A validated configuration object with the schema's defaults filled in. Keys are JSON pointers
 * into it ("/scale", "/coef/3"). [any thread] A getter answers WIDELIMIT_E_PARAMS where the key is
 * missing or of another type, and leaves *out alone. A null value counts as missing. */
typedef struct widelimit_params {
  uint32_t struct_size;
  const void* ctx;
  widelimit_status (*number)(const void* ctx, const char* pointer, double* out);
  widelimit_status (*integer)(const void* ctx, const char* pointer, int64_t* out);
  widelimit_status (*boolean)(const void* ctx, const char* pointer, int32_t* out);
  widelimit_status (*string)(const void* ctx, const char* pointer, const char** out,
                             uint64_t* length);
  widelimit_status (*length)(const void* ctx, const char* pointer,
                             uint64_t* out);              /* of an array or object */
  const char* (*json)(const void* ctx, uint64_t* length); /* the object as text */
} widelimit_params;

/* ---- what a type says about itself: `widelimit describe NAME` prints it ---- */

typedef struct widelimit_type_info {
  uint32_t struct_size;
  const char* name;    /* what users write in "type": lower-case letters, digits and underscores */
  const char* version; /* of this type's meaning, semver */
  const char* summary; /* one line */
  const char* doc;     /* Markdown: the formula and its reference */
  const char* params_schema; /* JSON Schema, the subset in sdk/docs/schema-subset.md */
} widelimit_type_info;

/* ---- layers ---- */

typedef struct widelimit_layer widelimit_layer; /* defined by the plugin; immutable once created */

typedef struct widelimit_shape {
  uint32_t struct_size;
  uint32_t flags;     /* WIDELIMIT_SHAPE_* */
  int64_t channels;   /* of the finite network; 0: not given (only kernels are asked for) */
  int32_t n_spatial;  /* 0 to 4 */
  int64_t spatial[4]; /* 1 beyond n_spatial */
} widelimit_shape;
enum {
  WIDELIMIT_SHAPE_GAUSSIAN = 1u, /* the activation is a Gaussian process in the limit */
  WIDELIMIT_SHAPE_INDEPENDENT =
      2u /* input of a combining layer: its branch has random weights of its own */
};

/* ---- infinite width: what a kernel transform sees ---- */

enum { WIDELIMIT_F32 = 1, WIDELIMIT_F64 = 2 };

/* Covariances of one bundle of pairs at ONE displacement d, over every site p where p and p + d
 * exist: contiguous [site][lane]. Borrowed for one call. A lane is one pair of samples; the lanes
 * of a bundle share the first sample. A tile of a network without spatial axes crosses as a field
 * of rank 1 whose sites are the tile's samples of x1 and whose lanes are its samples of x2: only
 * maps of window 1 ever apply to such a field. */
typedef struct widelimit_field {
  uint32_t struct_size, dtype; /* WIDELIMIT_F32 or _F64, of everything the pointers lead to */
  int32_t rank;                /* axes of the field, 0 to 4 */
  uint32_t wrapped; /* bit a: p and p + d are taken modulo the image along axis a, and the field
                       goes past its ends as far as the window of a circular map reaches; found
                       under pending circular maps only */
  int64_t lanes;    /* pairs side by side, a multiple of 16; 16 in fields of images */
  int64_t extent[4], origin[4],
      displacement[4]; /* per axis: sites held, first p, d; 1, 0, 0 beyond rank */
  void* nngp;          /* 64-byte aligned */
  void* ntk;           /* NULL: NNGP alone, and the variances' own runs */
} widelimit_field;

/* What normalises a field: the variance of the first sample at p and of the second at p + d.
 * Whole-image arrays, never copied per displacement. */
typedef struct widelimit_variances {
  uint32_t struct_size;
  uint32_t first_lanes;       /* 1: one number a site, broadcast; lanes: an (x, x) bundle */
  const void *first, *second; /* [image site][first_lanes], [image site][lane]; the field's dtype */
  const int32_t *first_at, *second_at; /* [site of the output field]: image site of p, of p + d;
                                          with WIDELIMIT_TRAIT_NEEDS_SITE_MEAN all 0 */
  uint32_t site_terms;                 /* 0: variances. n: what `site_terms` made of them, [image
                                     site][n][first_lanes] and                 [image site][n][lane] */
} widelimit_variances;

/* A linear layer as data. With A the weighted mean over the window (zero padding unless circular):
 *   K' = scale A K + bias,   Theta' = ntk_nngp A K + scale A Theta + ntk_bias.
 * Site p of the output reads the sites p stride + tap dilation - pad_low of the input, of both
 * samples at once: output displacement d is made from input displacement stride d. What lies
 * outside the input field (its origin and extent) counts as zero.
 * "ntk" parameterization: ntk_nngp = scale, ntk_bias = bias. "standard": fan-in, and 1 if a bias
 * exists. Frozen or fixed: 0, 0.
 * Variances and covariances go through different loops and are to agree to the bit: uniform taps
 * are summed over all axes but the last (in C order), then along the last, each sum from its first
 * tap on; K' is that sum times (scale / number of taps), a coefficient rounded to the field's dtype
 * once, plus bias: never a fused multiply-add. */
typedef struct widelimit_linear {
  uint32_t struct_size;
  int32_t rank;
  uint32_t circular; /* bit per axis */
  int32_t window[4], stride[4], dilation[4], pad_low[4], pad_high[4];
  const double* weight[4]; /* a tap's share of the variance; NULL: 1/window each */
  double scale, bias, ntk_nngp, ntk_bias;
} widelimit_linear;

/* Shape inference and requirements: core fills inputs, the layer the rest. No data, called once per
 * place in a network. */
typedef struct widelimit_plan {
  uint32_t struct_size;
  uint32_t n_inputs;
  const widelimit_shape* const* inputs;
  widelimit_shape*
      output;      /* core's memory, preset to input 0; write members, never the whole struct */
  int32_t nature;  /* WIDELIMIT_LINEAR, _POINTWISE, _STENCIL, _GATHERING */
  uint64_t traits; /* WIDELIMIT_TRAIT_* */
  widelimit_linear* linear; /* core's memory, preset to the identity; filled in where nature is
                               LINEAR, and that is all there is */
  uint64_t scratch_bytes;   /* per worker, lent to every call */
  double flops_per_entry;   /* for forecasts: NNGP and NTK together */
  uint32_t site_terms; /* numbers that `site_terms` makes of each variance, or 0. Runs with windows
                     come with site_terms, others with site_terms or variances */
} widelimit_plan;
enum {
  WIDELIMIT_LINEAR = 1, /* dense, convolution, scaling: data only, no kernel code in the plugin */
  WIDELIMIT_POINTWISE = 2, /* nonlinearities, layer norm, sums and products of branches */
  WIDELIMIT_STENCIL = 3,   /* other linear maps of one displacement */
  WIDELIMIT_GATHERING = 4  /* pooling, flatten, attention */
};
enum {
  WIDELIMIT_TRAIT_NEEDS_VARIANCES = 1u,
  WIDELIMIT_TRAIT_NEEDS_SITE_MEAN = 2u, /* variances averaged over sites: one number a sample */
  WIDELIMIT_TRAIT_NEEDS_GAUSSIAN = 4u,  /* core refuses a non-Gaussian input, with the remedy */
  WIDELIMIT_TRAIT_TAKES_PENDING = 8u,   /* transform applies the pending maps it is handed */
  WIDELIMIT_TRAIT_HAS_WEIGHTS = 16u,    /* random weights of its own: makes a branch independent */
  WIDELIMIT_TRAIT_FLATTENS = 32u, /* mean over sites of displacement 0: first in a network it folds
                               into the Gram product */
  WIDELIMIT_TRAIT_NEEDS_INDEPENDENT =
      64u, /* at most one input may be without random weights of its own */
  WIDELIMIT_TRAIT_TAKES_WINDOWS = 128u /* with TAKES_PENDING: pending maps of runs with sites may
                                    also have windows of 3 along the last axis, and 3 or 1 along the
                                    one before it: stride and dilation 1, uniform taps, ntk_nngp =
                                    scale and ntk_bias = bias. Other pending maps have window 1 */
};

/* POINTWISE and STENCIL: a run of rows of one output field. A row is all sites of the last axis;
 * rows count the other axes, flattened. Entries are independent of one another: the bits of one
 * depend neither on the bundle's size nor on where in it the entry stands. POINTWISE: output->nngp
 * and ntk may be those of inputs[0] (in place); the same holds for every field with a pending map
 * of window 1. */
typedef struct widelimit_run {
  uint32_t struct_size, n_inputs;
  const widelimit_field* const* inputs; /* whole fields; a window may read any row */
  const widelimit_linear* const*
      pending; /* [n_inputs]; NULL entries: materialised. NULL itself: none */
  const widelimit_variances*
      variances; /* of input 0 after its pending map; NULL unless asked for */
  int64_t row_begin, row_end;
  widelimit_field* output;
  void* scratch;                          /* this thread's own, 64-byte aligned */
  const widelimit_shape* const* in_shape; /* [n_inputs], as in the plan: concat weighs its inputs
                                             by their channels */
} widelimit_run;

/* GATHERING, one bundle: begin, accumulate each field once in core's fixed order, finish. Several
 * gathering layers may be under way at once; each has scratch of its own from begin to finish. */
typedef struct widelimit_gather {
  uint32_t struct_size;
  int32_t n_outputs;
  widelimit_field* const* outputs; /* zeroed by core before begin. In begin and finish: all of them;
                                      in accumulate: those that `reads` makes from the input */
  const widelimit_field* input;    /* accumulate: of any displacement that was asked for, whole */
  const widelimit_variances* variances; /* NULL in minor 0 */
  const widelimit_shape* in_shape;
  void* scratch;
} widelimit_gather;

/* Which input displacements one output displacement is made from; core leaves out those that do not
 * exist and what is told twice. A stencil reads at most one; if none, its input has no sites. */
typedef struct widelimit_reads {
  uint32_t struct_size;
  const widelimit_shape* in_shape;
  int64_t output[4];
  int64_t capacity, count; /* count is set always; the list is filled up to capacity */
  int64_t (*inputs)[4];
} widelimit_reads;

/* Of each variance what the transform wants to know of it, computed once for thousands of entries.
 */
typedef struct widelimit_site_terms {
  uint32_t struct_size, dtype;
  int64_t sites, lanes; /* lanes a multiple of 16 */
  const void* variance; /* [site][lane] */
  void* out;            /* [site][site_terms of the plan][lane] */
} widelimit_site_terms;

typedef struct widelimit_infinite_face {
  uint32_t struct_size;
  widelimit_status (*transform)(const widelimit_layer*, const widelimit_run*,
                                widelimit_error*); /* [worker, concurrent] pointwise, stencil */
  widelimit_status (*reads)(const widelimit_layer*, widelimit_reads*,
                            widelimit_error*); /* [setup] stencil, gathering */
  widelimit_status (*begin)(const widelimit_layer*, const widelimit_gather*,
                            widelimit_error*); /* [worker, concurrent] gathering */
  widelimit_status (*accumulate)(const widelimit_layer*, const widelimit_gather*,
                                 widelimit_error*); /* [worker, concurrent] gathering */
  widelimit_status (*finish)(const widelimit_layer*, const widelimit_gather*,
                             widelimit_error*); /* [worker, concurrent] gathering */
  widelimit_status (*site_terms)(
      const widelimit_layer*, const widelimit_site_terms*,
      widelimit_error*); /* [worker, concurrent] where the plan has site_terms */
} widelimit_infinite_face;

/* One batch through a layer of finite width, arrays [sample, site..., channel] in C order; pointers
 * a call does not use are NULL.
 * - forward reads theta, x; writes y.
 * - jvp reads theta, theta_dot (NULL: zero), x, x_dot; writes y_dot.
 * - vjp reads theta, x, y_bar; adds to theta_bar (NULL: not wanted) and to x_bar[i] (NULL: not
 *   wanted).
 */
typedef struct widelimit_pass {
  uint32_t struct_size, n_inputs;
  const widelimit_shape* const* in_shape; /* [n_inputs], widths all given */
  const widelimit_shape* out_shape;
  int64_t batch, theta_size;
  const double *theta, *theta_dot, *y_bar;
  const double *const *x, *const *x_dot; /* [n_inputs] */
  double *y, *y_dot, *theta_bar;
  double* const* x_bar;
  void* scratch;
} widelimit_pass;

typedef struct widelimit_finite_face {
  uint32_t struct_size;
  widelimit_status (*theta_size)(const widelimit_layer*, const widelimit_shape* in, int64_t* out,
                                 widelimit_error*); /* [setup] */
  widelimit_status (*init)(const widelimit_layer*, const widelimit_shape* in, uint64_t seed,
                           double* theta, widelimit_error*); /* [worker, concurrent] */
  widelimit_status (*forward)(const widelimit_layer*, const widelimit_pass*,
                              widelimit_error*); /* [worker, concurrent] */
  widelimit_status (*jvp)(const widelimit_layer*, const widelimit_pass*,
                          widelimit_error*); /* [worker, concurrent] */
  widelimit_status (*vjp)(const widelimit_layer*, const widelimit_pass*,
                          widelimit_error*); /* [worker, concurrent] */
} widelimit_finite_face;

typedef struct widelimit_layer_type {
  uint32_t struct_size;
  uint32_t min_inputs, max_inputs; /* 1, 1 for an ordinary layer; max 0: no limit */
  const widelimit_type_info* info;
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_layer** out,
                             widelimit_error*);                                        /* [setup] */
  void (*destroy)(widelimit_layer*);                                                   /* [setup] */
  widelimit_status (*plan)(const widelimit_layer*, widelimit_plan*, widelimit_error*); /* [setup] */
  const widelimit_infinite_face*
      infinite;                        /* NULL: not offered, or nature LINEAR, which needs none */
  const widelimit_finite_face* finite; /* NULL: not offered */
} widelimit_layer_type;

/* ---- solvers ---- */

typedef struct widelimit_solver widelimit_solver; /* configuration, immutable */
typedef struct widelimit_factor widelimit_factor; /* one factorised matrix, immutable */

typedef struct widelimit_matrix { /* frozen: will never grow. Row-major: entry (i, j) is data[i * ld
                                     + j] */
  double* data;
  int64_t rows, cols, ld;
} widelimit_matrix;

typedef struct widelimit_operator {
  uint32_t struct_size;
  int64_t n;
  void* ctx;
  widelimit_status (*apply)(void* ctx, widelimit_matrix x, widelimit_matrix y); /* y = A x */
  widelimit_status (*diagonal)(void* ctx, double* out);                         /* may be NULL */
} widelimit_operator;

typedef struct widelimit_solve_info {
  uint32_t struct_size;
  int32_t iterations;
  double jitter;
  double rcond;    /* reciprocal condition number in the 1-norm, estimated; NaN: not known */
  double residual; /* max |A x - b| / (|A| |x|), where it was asked for; NaN: not known */
} widelimit_solve_info;

typedef struct widelimit_solver_type {
  uint32_t struct_size;
  const widelimit_type_info* info;
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_solver** out,
                             widelimit_error*); /* [setup] */
  void (*destroy)(widelimit_solver*);           /* [setup] */
  /* [setup] a is symmetric, both triangles given; it is consumed: the factor may keep using that
   * memory until factor_destroy. Not positive definite: WIDELIMIT_E_NUMERIC with error.index = the
   * leading minor that failed, from 1 */
  widelimit_status (*factorise)(const widelimit_solver*, widelimit_matrix a, widelimit_factor** out,
                                widelimit_solve_info*, widelimit_error*);
  void (*factor_destroy)(widelimit_factor*); /* [setup] */
  /* [worker, concurrent] b becomes A^-1 b; b is [n, right-hand sides], row-major */
  widelimit_status (*solve)(const widelimit_factor*, widelimit_matrix b, widelimit_solve_info*,
                            widelimit_error*);
  widelimit_status (*logdet)(const widelimit_factor*, double* out,
                             widelimit_error*); /* [worker, concurrent] */
  /* [setup] the same for a matrix known only by its products (CG and friends); NULL: not offered */
  widelimit_status (*factorise_operator)(const widelimit_solver*, const widelimit_operator*,
                                         widelimit_factor** out, widelimit_solve_info*,
                                         widelimit_error*);
  /* [setup] a = sum of values[k] v_k v_k', ascending; ROW k of `vectors` is v_k; vectors.data ==
   * NULL: values alone. a is destroyed; vectors may be a itself. NULL: not offered */
  widelimit_status (*eigen)(const widelimit_solver*, widelimit_matrix a, double* values,
                            widelimit_matrix vectors, widelimit_error*);
  /* [setup] factorise, of half of the matrix: n (n + 1) / 2 numbers in rectangular full packed
   * format (Gustavson et al., ACM TOMS 37 (2010), 18; in LAPACK's words TRANSR = 'N', UPLO = 'L',
   * column-major). With k = n / 2 rounded up and s = 1 where n is even, else 0, number c (n + s) +
   * r is a(c, r - s) where r >= c + s, else a(c + k - 1 + s, k + r); c from 0 to k - 1. NULL: not
   * offered */
  widelimit_status (*factorise_packed)(const widelimit_solver*, double* a, int64_t n,
                                       widelimit_factor** out, widelimit_solve_info*,
                                       widelimit_error*);
} widelimit_solver_type;

/* ---- the plugin ---- */

typedef struct widelimit_plugin { /* the descriptor: pure data, readable before anything runs */
  uint32_t struct_size;
  uint32_t abi_minor;        /* WIDELIMIT_ABI_MINOR of the headers it was built with */
  uint32_t needs_host_minor; /* oldest host it accepts */
  uint32_t flags;            /* WIDELIMIT_PLUGIN_* */
  const char* id;            /* reversed domain, e.g. "com.example.erf" */
  const char *version, *vendor, *license, *summary, *build;
  uint32_t n_layers, n_solvers;
  const widelimit_layer_type* const* layers; /* arrays of pointers, never arrays of structs */
  const widelimit_solver_type* const* solvers;
  widelimit_status (*open)(
      const widelimit_host*,
      widelimit_error*);                    /* [setup] may be NULL; once, before the first create */
  void (*close)(void);                      /* [setup] may be NULL; after the last destroy */
  const void* (*extension)(const char* id); /* [any thread] may be NULL */
} widelimit_plugin;
enum { WIDELIMIT_PLUGIN_RESIDENT = 1u /* never unload this library */ };

/* The one symbol a plugin exports. Cheap, idempotent, thread-safe; NULL: cannot run on this CPU. */
WIDELIMIT_EXPORT const widelimit_plugin* widelimit_plugin_v1(void);

/* Is a member inside the struct the other side handed over, and set? */
#define WIDELIMIT_HAS(p, member) \
  (offsetof(__typeof__(*(p)), member) + sizeof((p)->member) <= (p)->struct_size && (p)->member)

/* Copy a growable struct that another binary filled in, or will read: never use plain `=`. */
static inline void widelimit_copy(void* to, uint32_t to_size, const void* from,
                                  uint32_t from_size) {
  uint32_t n = to_size < from_size ? to_size : from_size;
  memset(to, 0, to_size);
  memcpy(to, from, n);
  memcpy(to, &to_size, sizeof to_size); /* struct_size is always the first member */
}

#ifdef __cplusplus
}
#endif
#endif
