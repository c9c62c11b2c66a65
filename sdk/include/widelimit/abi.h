/* widelimit/abi.h - everything that crosses between a host and a plugin. C99, no dependencies.
 *
 * This header is the specification of the boundary; it reads from top to bottom. Authors of plugins
 * in C++ rarely see it: they write a small struct against <widelimit/sdk.hpp>. The ten rules it
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
 * - [worker, concurrent]: many calls at once on the same const object; a call changes no memory but
 *   what it was given.
 * - [any thread]: may also be called from inside a worker.
 *
 * Versions. While WIDELIMIT_ABI_MAJOR is 0 the boundary is a draft: anything may change, every
 * change of layout raises WIDELIMIT_ABI_DRAFT, and a host loads only plugins of its own draft. From
 * major 1 on nothing is moved, removed or given another meaning within one major: a plugin built
 * with any minor of it works with a host of any other, unless it asks for more (needs_host_minor).
 * The number a host insists on is in the name of the symbol that a plugin exports: of a draft N
 * widelimit_plugin_draftN, of a major N widelimit_plugin_vN. What not every host has arrives as an
 * extension (sdk/docs/extensions.md).
 */
#ifndef WIDELIMIT_ABI_H
#define WIDELIMIT_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Also the number of the directory that plugins are installed into, plugins-0. */
#define WIDELIMIT_ABI_MAJOR 0
/* Rises when a struct grows at its tail. */
#define WIDELIMIT_ABI_MINOR 0
/* Rises with every change of layout while the major is 0; from major 1 on it is 0. The three lines
 * change together. */
#define WIDELIMIT_ABI_DRAFT 2
#define WIDELIMIT_ENTRY widelimit_plugin_draft2
#define WIDELIMIT_ENTRY_SYMBOL "widelimit_plugin_draft2"

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
  /* The caller broke a stated precondition. */
  WIDELIMIT_E_ARGUMENT = 1,
  /* The user's configuration is wrong; error.pointer says where. */
  WIDELIMIT_E_PARAMS = 2,
  /* A face, dtype or shape that this type does not implement. */
  WIDELIMIT_E_UNSUPPORTED = 3,
  /* Not positive definite, no convergence; error.index says where. */
  WIDELIMIT_E_NUMERIC = 4,
  WIDELIMIT_E_MEMORY = 5,
  WIDELIMIT_E_CANCELLED = 6,
  /* A bug of the function that was called, for example an escaped exception. */
  WIDELIMIT_E_INTERNAL = 7
};

/* The caller sets struct_size, and index to -1; all else is 0. */
typedef struct widelimit_error {
  uint32_t struct_size;
  int32_t code;
  /* For example the leading minor that failed, counted from 1; -1: not used. */
  int64_t index;
  /* JSON pointer relative to the object's own parameters. */
  char pointer[192];
  /* One sentence, UTF-8, no newline. */
  char message[512];
} widelimit_error;

/* ---- services that the host lends to a plugin: valid from `open` or `create` until the library
 * is closed ---- */

typedef struct widelimit_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  const char *name, *version;
  /* The first argument of every function below. */
  void* ctx;
  /* [any thread] level: 0 debug, 1 information, 2 warning, 3 error. */
  void (*log)(void* ctx, int32_t level, const char* component, const char* message);
  /* [any thread] Aligned to 64 bytes; NULL when memory is exhausted. */
  void* (*alloc)(void* ctx, uint64_t bytes);
  void (*release)(void* ctx, void* p);
  /* [any thread] Runs body(arg, begin, end) over pieces of [0, n) of at least `grain`; in the
   * calling thread where that is a worker already. */
  widelimit_status (*parallel_for)(void* ctx, int64_t n, int64_t grain,
                                   widelimit_status (*body)(void* arg, int64_t begin, int64_t end),
                                   void* arg);
  /* [any thread] Numbers first to first + n - 1 of a stream of N(0, 1), made from a counter: the
   * same for any caller and any thread. */
  widelimit_status (*normals)(void* ctx, uint64_t seed, uint64_t stream, uint64_t first, uint64_t n,
                              double* out);
  /* [any thread] Not zero when the user asked to stop. */
  int32_t (*cancelled)(void* ctx);
  /* [any thread] What the host offers under this id (sdk/docs/extensions.md), valid as long as the
   * host; NULL: not offered. */
  const void* (*extension)(void* ctx, const char* id);
} widelimit_host;

/* A validated configuration object with the schema's defaults filled in. Keys are JSON pointers
 * into it ("/scale", "/coef/3"). All functions are [any thread]. A getter answers
 * WIDELIMIT_E_PARAMS where the key is missing or of another type, and leaves *out alone. A null
 * value counts as missing. */
typedef struct widelimit_params {
  uint32_t struct_size;
  const void* ctx;
  widelimit_status (*number)(const void* ctx, const char* pointer, double* out);
  widelimit_status (*integer)(const void* ctx, const char* pointer, int64_t* out);
  widelimit_status (*boolean)(const void* ctx, const char* pointer, int32_t* out);
  widelimit_status (*string)(const void* ctx, const char* pointer, const char** out,
                             uint64_t* length);
  /* Of an array or object. */
  widelimit_status (*length)(const void* ctx, const char* pointer, uint64_t* out);
  /* The object as text. */
  const char* (*json)(const void* ctx, uint64_t* length);
} widelimit_params;

/* ---- what a type says about itself: `widelimit describe NAME` prints it ---- */

typedef struct widelimit_type_info {
  uint32_t struct_size;
  /* What users write in "type": lower-case letters, digits and underscores. */
  const char* name;
  /* Of this type's meaning, as in semantic versioning. */
  const char* version;
  /* One line. */
  const char* summary;
  /* Markdown: the formula and its reference. */
  const char* doc;
  /* JSON Schema, the subset in sdk/docs/schema-subset.md. */
  const char* params_schema;
} widelimit_type_info;

/* ---- layers ---- */

/* Defined by the plugin; immutable once created. */
typedef struct widelimit_layer widelimit_layer;

typedef struct widelimit_shape {
  uint32_t struct_size;
  /* WIDELIMIT_SHAPE_* */
  uint32_t flags;
  /* Of the finite network; 0: not given, because only kernels are computed. */
  int64_t channels;
  /* 0 to 4. */
  int32_t n_spatial;
  /* 1 beyond n_spatial. */
  int64_t spatial[4];
} widelimit_shape;
enum {
  /* The activation is a Gaussian process in the limit. */
  WIDELIMIT_SHAPE_GAUSSIAN = 1u,
  /* Input of a combining layer: its branch has random weights of its own. */
  WIDELIMIT_SHAPE_INDEPENDENT = 2u
};

/* ---- infinite width: what a kernel transform sees ---- */

enum { WIDELIMIT_F32 = 1, WIDELIMIT_F64 = 2 };

/* Covariances of one bundle of pairs at ONE displacement d, over every site p where p and p + d
 * exist: contiguous [site][lane]. Borrowed for one call. A lane is one pair of samples; the lanes
 * of a bundle share the first sample. A tile of a network without spatial axes crosses as a field
 * of rank 1 whose sites are the tile's samples of x1 and whose lanes are its samples of x2: only
 * maps of window 1 ever apply to such a field. */
typedef struct widelimit_field {
  uint32_t struct_size;
  /* WIDELIMIT_F32 or _F64, of everything that the pointers lead to. */
  uint32_t dtype;
  /* Axes of the field, 0 to 4. */
  int32_t rank;
  /* Bit a: p and p + d are taken modulo the image along axis a, and the field goes past its ends as
   * far as the window of a circular map reaches. Only in front of pending circular maps. */
  uint32_t wrapped;
  /* Pairs side by side, a multiple of 16; 16 in fields of images. */
  int64_t lanes;
  /* For each axis: sites held, first p, d; 1, 0, 0 beyond rank. */
  int64_t extent[4], origin[4], displacement[4];
  /* Aligned to 64 bytes. */
  void* nngp;
  /* NULL: only the NNGP is computed, as for the variances themselves. */
  void* ntk;
} widelimit_field;

/* What normalises a field: the variance of the first sample at p and of the second at p + d. Arrays
 * of the whole image, never copied for a displacement. */
typedef struct widelimit_variances {
  uint32_t struct_size;
  /* 1: one number for each site, the same for all lanes; lanes: a bundle of samples with
   * themselves. */
  uint32_t first_lanes;
  /* [image site][first_lanes] and [image site][lane], in the field's dtype. */
  const void *first, *second;
  /* [site of the output field]: the image site of p, of p + d. All 0 with
   * WIDELIMIT_TRAIT_NEEDS_SITE_MEAN. */
  const int32_t *first_at, *second_at;
  /* 0: first and second hold variances. n: they hold the n terms of each, [image site][n]
   * [first_lanes] and [image site][n][lane], as the layer's function `site_terms` made them. */
  uint32_t site_terms;
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
  /* Bit a: axis a. */
  uint32_t circular;
  int32_t window[4], stride[4], dilation[4], pad_low[4], pad_high[4];
  /* For each axis the share of the variance of each tap; NULL: 1/window each. */
  const double* weight[4];
  double scale, bias, ntk_nngp, ntk_bias;
} widelimit_linear;

/* Shape inference and requirements: the host sets the inputs, the layer the rest. No data; called
 * once for every use of the layer in a network. */
typedef struct widelimit_plan {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs] */
  const widelimit_shape* const* inputs;
  /* The host's memory, preset to input 0: write members, never the whole struct. */
  widelimit_shape* output;
  /* WIDELIMIT_LINEAR, _POINTWISE, _STENCIL, _GATHERING. */
  int32_t nature;
  /* Numbers that the function `site_terms` makes of each variance, or 0. Runs with a window come
   * with these terms, other runs with terms or variances. */
  uint32_t site_terms;
  /* WIDELIMIT_TRAIT_* */
  uint64_t traits;
  /* For each axis of the image, the largest window of a pending map that the transform applies;
   * preset to 1. With TRAIT_TAKES_PENDING, POINTWISE and sites. A pending map then has window 1
   * along every axis; or it has the window stated here along the last axis, and along each other
   * axis the window stated here or 1, stride and dilation 1, uniform taps, no circular axis, at
   * most window - 1 sites of padding on the low end, ntk_nngp = scale and ntk_bias = bias. The host
   * applies all other maps itself. */
  int32_t max_window[4];
  /* The host's memory, preset to the identity. The layer fills it in where nature is LINEAR, and
   * writes nothing else then. */
  widelimit_linear* linear;
  /* For each worker, lent to every call. */
  uint64_t scratch_bytes;
  /* For forecasts: NNGP and NTK together. */
  double flops_per_entry;
} widelimit_plan;
enum {
  /* Dense, convolution, scaling: data only, no kernel code in the plugin. */
  WIDELIMIT_LINEAR = 1,
  /* Nonlinearities, layer norm, sums and products of branches. */
  WIDELIMIT_POINTWISE = 2,
  /* Other linear maps that make one displacement from given ones. */
  WIDELIMIT_STENCIL = 3,
  /* Pooling, flatten, attention. */
  WIDELIMIT_GATHERING = 4
};
enum {
  WIDELIMIT_TRAIT_NEEDS_VARIANCES = 1u,
  /* Variances averaged over sites: one number for each sample. */
  WIDELIMIT_TRAIT_NEEDS_SITE_MEAN = 2u,
  /* The host refuses an input that is not Gaussian, and says what to do. */
  WIDELIMIT_TRAIT_NEEDS_GAUSSIAN = 4u,
  /* The transform applies the pending maps it is given. */
  WIDELIMIT_TRAIT_TAKES_PENDING = 8u,
  /* Random weights of its own: they make a branch independent. */
  WIDELIMIT_TRAIT_HAS_WEIGHTS = 16u,
  /* Mean over sites of displacement 0: first in a network it becomes part of the Gram product. */
  WIDELIMIT_TRAIT_FLATTENS = 32u,
  /* At most one input may be without random weights of its own. */
  WIDELIMIT_TRAIT_NEEDS_INDEPENDENT = 64u
};

/* POINTWISE and STENCIL: a run of rows of one output field. A row is all sites of the last axis;
 * rows count the other axes, flattened. Entries are independent of one another: the bits of one
 * depend neither on the bundle's size nor on its position in it. POINTWISE: output->nngp and ntk
 * may be those of inputs[0] (in place); the same holds for every field with a pending map of window
 * 1. */
typedef struct widelimit_run {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* Fields in `inputs`. POINTWISE: one of each input. STENCIL: the displacements that `reads` lists
   * and that exist, of input 0 in that order, then of the next inputs; of an input of which none
   * exists, one field without sites. */
  uint32_t n_fields;
  /* [n_fields] Whole fields: a window may read any row. */
  const widelimit_field* const* inputs;
  /* [n_fields] Which input each field belongs to; NULL: field i to input i. */
  const uint32_t* input_of;
  /* [n_fields] NULL entries: nothing is pending. NULL itself: nothing at all. */
  const widelimit_linear* const* pending;
  /* Of input 0 after its pending map; NULL unless the plan needs them. */
  const widelimit_variances* variances;
  int64_t row_begin, row_end;
  widelimit_field* output;
  /* This thread's own, aligned to 64 bytes. */
  void* scratch;
  /* [n_inputs] As in the plan: concat weighs its inputs by their channels. */
  const widelimit_shape* const* in_shape;
} widelimit_run;

/* GATHERING, one bundle: begin, accumulate each field once in the host's fixed order, finish.
 * Several gathering layers may be under way at once; each has scratch of its own from begin to
 * finish. */
typedef struct widelimit_gather {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* [n_inputs] As in the plan. */
  const widelimit_shape* const* in_shape;
  /* Zeroed by the host before begin. In begin and finish all of them; in accumulate those that
   * `reads` makes from this field. */
  widelimit_field* const* outputs;
  int32_t n_outputs;
  /* accumulate: the input that the field belongs to. */
  uint32_t input_index;
  /* accumulate: a whole field, of any displacement that `reads` listed. Else NULL. */
  const widelimit_field* input;
  /* Of that input; NULL unless the plan needs them. */
  const widelimit_variances* variances;
  void* scratch;
} widelimit_gather;

/* Which displacements of one input a displacement of the output is made from. The host asks about
 * each input, and leaves out displacements that do not exist or are listed twice. */
typedef struct widelimit_reads {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* [n_inputs] As in the plan. */
  const widelimit_shape* const* in_shape;
  /* The displacement of the output. */
  int64_t output[4];
  /* The input that is asked about. */
  uint32_t input_index;
  /* `count` is always set; the list is filled up to `capacity`. */
  int64_t capacity, count;
  int64_t (*displacements)[4];
} widelimit_reads;

/* What follows from each variance alone: computed once, used for thousands of entries. */
typedef struct widelimit_site_terms {
  uint32_t struct_size;
  uint32_t dtype;
  /* lanes is a multiple of 16. */
  int64_t sites, lanes;
  /* [site][lane] */
  const void* variance;
  /* [site][site_terms of the plan][lane] */
  void* out;
} widelimit_site_terms;

typedef struct widelimit_infinite_face {
  uint32_t struct_size;
  /* [worker, concurrent] POINTWISE, STENCIL. */
  widelimit_status (*transform)(const widelimit_layer*, const widelimit_run*, widelimit_error*);
  /* [setup] STENCIL, GATHERING. */
  widelimit_status (*reads)(const widelimit_layer*, widelimit_reads*, widelimit_error*);
  /* [worker, concurrent] GATHERING, the next two as well. */
  widelimit_status (*begin)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  widelimit_status (*accumulate)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  widelimit_status (*finish)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  /* [worker, concurrent] Where site_terms of the plan is not 0. */
  widelimit_status (*site_terms)(const widelimit_layer*, const widelimit_site_terms*,
                                 widelimit_error*);
} widelimit_infinite_face;

/* ---- finite width ---- */

/* The weights of a layer whose inputs have these shapes, drawn from N(0, 1) streams of the host
 * with this seed. */
typedef struct widelimit_init {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs], widths all given */
  const widelimit_shape* const* in_shape;
  uint64_t seed;
  /* What the layer's function `theta_size` answered. */
  int64_t theta_size;
  /* [theta_size], to be written. */
  double* theta;
} widelimit_init;

/* One batch through a layer of finite width, arrays [sample, site..., channel] in C order; pointers
 * that a call does not use are NULL.
 * - forward reads theta, x; writes y.
 * - jvp reads theta, theta_dot (NULL: zero), x, x_dot; writes y_dot.
 * - vjp reads theta, x, y_bar; adds to theta_bar (NULL: not wanted) and to x_bar[i] (NULL: not
 *   wanted).
 */
typedef struct widelimit_pass {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs], widths all given */
  const widelimit_shape* const* in_shape;
  const widelimit_shape* out_shape;
  int64_t batch, theta_size;
  const double *theta, *theta_dot, *y_bar;
  /* [n_inputs] */
  const double *const *x, *const *x_dot;
  double *y, *y_dot, *theta_bar;
  /* [n_inputs] */
  double* const* x_bar;
  void* scratch;
} widelimit_pass;

typedef struct widelimit_finite_face {
  uint32_t struct_size;
  /* [setup] How many weights the layer has for inputs of these shapes, [n_inputs], widths all
   * given. */
  widelimit_status (*theta_size)(const widelimit_layer*, uint32_t n_inputs,
                                 const widelimit_shape* const* in_shape, int64_t* out,
                                 widelimit_error*);
  /* [worker, concurrent], and the next three */
  widelimit_status (*init)(const widelimit_layer*, const widelimit_init*, widelimit_error*);
  widelimit_status (*forward)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
  widelimit_status (*jvp)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
  widelimit_status (*vjp)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
} widelimit_finite_face;

typedef struct widelimit_layer_type {
  uint32_t struct_size;
  /* 1, 1 for an ordinary layer; max 0: no limit. */
  uint32_t min_inputs, max_inputs;
  const widelimit_type_info* info;
  /* [setup], and the next two */
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_layer** out,
                             widelimit_error*);
  void (*destroy)(widelimit_layer*);
  widelimit_status (*plan)(const widelimit_layer*, widelimit_plan*, widelimit_error*);
  /* NULL: not offered, or nature LINEAR, which needs none. */
  const widelimit_infinite_face* infinite;
  /* NULL: not offered. */
  const widelimit_finite_face* finite;
} widelimit_layer_type;

/* ---- solvers ---- */

/* Configuration, immutable. */
typedef struct widelimit_solver widelimit_solver;
/* One factorised matrix, immutable. */
typedef struct widelimit_factor widelimit_factor;

/* Will never grow. Row-major: entry (i, j) is data[i * ld + j]. */
typedef struct widelimit_matrix {
  double* data;
  int64_t rows, cols, ld;
} widelimit_matrix;

typedef struct widelimit_operator {
  uint32_t struct_size;
  int64_t n;
  void* ctx;
  /* y = A x */
  widelimit_status (*apply)(void* ctx, widelimit_matrix x, widelimit_matrix y);
  /* NULL: not known. */
  widelimit_status (*diagonal)(void* ctx, double* out);
} widelimit_operator;

typedef struct widelimit_solve_info {
  uint32_t struct_size;
  int32_t iterations;
  double jitter;
  /* Reciprocal condition number in the 1-norm, estimated; NaN: not known. */
  double rcond;
  /* max |A x - b| / (|A| |x|), where the caller wants it; NaN: not known. */
  double residual;
} widelimit_solve_info;

typedef struct widelimit_solver_type {
  uint32_t struct_size;
  const widelimit_type_info* info;
  /* [setup], and the next three */
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_solver** out,
                             widelimit_error*);
  void (*destroy)(widelimit_solver*);
  /* a is symmetric, both triangles given; it is consumed: the factor may keep using that memory
   * until factor_destroy. Not positive definite: WIDELIMIT_E_NUMERIC with error.index = the leading
   * minor that failed, from 1. */
  widelimit_status (*factorise)(const widelimit_solver*, widelimit_matrix a, widelimit_factor** out,
                                widelimit_solve_info*, widelimit_error*);
  void (*factor_destroy)(widelimit_factor*);
  /* [worker, concurrent] b becomes A^-1 b; b is [n, right-hand sides], row-major. */
  widelimit_status (*solve)(const widelimit_factor*, widelimit_matrix b, widelimit_solve_info*,
                            widelimit_error*);
  /* [worker, concurrent] */
  widelimit_status (*logdet)(const widelimit_factor*, double* out, widelimit_error*);
  /* [setup] factorise, of a matrix known only by its products (CG and friends). NULL: not
   * offered. */
  widelimit_status (*factorise_operator)(const widelimit_solver*, const widelimit_operator*,
                                         widelimit_factor** out, widelimit_solve_info*,
                                         widelimit_error*);
  /* [setup] a = sum of values[k] v_k v_k', ascending; ROW k of `vectors` is v_k; vectors.data ==
   * NULL: values alone. a is destroyed; vectors may be a itself. NULL: not offered. */
  widelimit_status (*eigen)(const widelimit_solver*, widelimit_matrix a, double* values,
                            widelimit_matrix vectors, widelimit_error*);
  /* [setup] factorise, of half of the matrix: n (n + 1) / 2 numbers in rectangular full packed
   * format (Gustavson et al., ACM TOMS 37 (2010), 18; in LAPACK's words TRANSR = 'N', UPLO = 'L',
   * column-major). With k = n / 2 rounded up and s = 1 where n is even, else 0, number c (n + s) +
   * r is a(c, r - s) where r >= c + s, else a(c + k - 1 + s, k + r); c from 0 to k - 1. NULL: not
   * offered. */
  widelimit_status (*factorise_packed)(const widelimit_solver*, double* a, int64_t n,
                                       widelimit_factor** out, widelimit_solve_info*,
                                       widelimit_error*);
} widelimit_solver_type;

/* ---- the plugin ---- */

/* The descriptor: pure data, readable before anything runs. */
typedef struct widelimit_plugin {
  uint32_t struct_size;
  /* WIDELIMIT_ABI_MINOR of the headers it was built with. */
  uint32_t abi_minor;
  /* Oldest host it accepts. */
  uint32_t needs_host_minor;
  /* WIDELIMIT_PLUGIN_* */
  uint32_t flags;
  /* A domain in reverse, for example "com.example.erf". */
  const char* id;
  const char *version, *vendor, *license, *summary, *build;
  uint32_t n_layers, n_solvers;
  /* Arrays of pointers, never arrays of structs. */
  const widelimit_layer_type* const* layers;
  const widelimit_solver_type* const* solvers;
  /* [setup] Once, before the first create; may be NULL. */
  widelimit_status (*open)(const widelimit_host*, widelimit_error*);
  /* [setup] After the last destroy; may be NULL. */
  void (*close)(void);
  /* [any thread] What the plugin offers under this id (sdk/docs/extensions.md), valid as long as
   * the library; NULL: not offered. May be NULL itself. */
  const void* (*extension)(const char* id);
} widelimit_plugin;
enum {
  /* Never unload this library. */
  WIDELIMIT_PLUGIN_RESIDENT = 1u
};

/* The one symbol a plugin exports. Cheap, idempotent, thread-safe; NULL: cannot run on this CPU. */
WIDELIMIT_EXPORT const widelimit_plugin* WIDELIMIT_ENTRY(void);

/* The function with the same meaning of a plugin NAME that is linked into the host's program
 * (widelimit_add_static_plugin in WidelimitAddPlugin.cmake). The host declares it:
 *   const widelimit_plugin* WIDELIMIT_STATIC_PLUGIN(NAME)(void);   (in C++ with extern "C") */
#define WIDELIMIT_STATIC_PLUGIN(name) widelimit_static_plugin_##name

/* Is a member inside the struct that the other binary handed over, and set? */
#define WIDELIMIT_HAS(p, member) \
  (offsetof(__typeof__(*(p)), member) + sizeof((p)->member) <= (p)->struct_size && (p)->member)

/* Copies a growable struct that another binary filled in, or will read: never use plain `=`. */
static inline void widelimit_copy(void* to, uint32_t to_size, const void* from,
                                  uint32_t from_size) {
  uint32_t n = to_size < from_size ? to_size : from_size;
  memset(to, 0, to_size);
  memcpy(to, from, n);
  /* struct_size is always the first member. */
  memcpy(to, &to_size, sizeof to_size);
}

#ifdef __cplusplus
}
#endif
#endif
