/* widelimit/abi.h - everything that crosses between a host and a plugin. C99, no dependencies.
 *
 * This header is the specification of the boundary; read it from top to bottom. Authors of plugins
 * in C++ rarely need it: they write a small struct with the help of <widelimit/sdk.hpp>. The header
 * follows ten rules, which sdk/docs/abi-rules.md states. In short:
 *
 * - A struct that a later version may extend (a growable struct) starts with `struct_size`. Whoever
 *   allocates the struct sets it. New members come after all others.
 * - The receiver of a growable struct copies it with widelimit_copy into a struct of its own, or
 *   tests members with WIDELIMIT_HAS before it reads them.
 * - The caller owns all memory it passes. A plugin destroys the objects it creates. Strings in
 *   descriptors are valid while the library is loaded.
 * - Every function that can fail returns a widelimit_status. No function throws, exits, or changes
 *   the state of the process, such as signal handlers or the locale.
 *
 * Thread tags, used on every function pointer below (sdk/docs/thread-contract.md):
 *
 * - [setup]: one call at a time per object, from any thread.
 * - [worker, concurrent]: many calls at once on the same const object; a call writes only to the
 *   memory that it receives for its results.
 * - [any thread]: at any time, also from inside a worker call.
 *
 * Versions. While WIDELIMIT_ABI_MAJOR is 0, the boundary is a draft: anything may change, every
 * change of layout raises WIDELIMIT_ABI_DRAFT, and a host loads only plugins built for its own
 * draft. From major 1 on, no member moves, disappears or changes its meaning within one major. A
 * plugin built with one minor then works with a host of any other minor, unless needs_host_minor
 * says that it needs a newer host. The symbol that a plugin exports carries the number that a host
 * checks: widelimit_plugin_draftN for draft N, widelimit_plugin_vN for major N. A capability that
 * not every host or plugin has is an extension (sdk/docs/extensions.md).
 */
#ifndef WIDELIMIT_ABI_H
#define WIDELIMIT_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Also part of the name of the directory that plugins are installed into, plugins-0. */
#define WIDELIMIT_ABI_MAJOR 0
/* Rises when a struct grows at its tail. */
#define WIDELIMIT_ABI_MINOR 0
/* Rises with every change of layout while the major is 0; from major 1 on it is 0. The next three
 * lines change together. */
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

/* ---- status and error ---- */

typedef int32_t widelimit_status;
enum {
  WIDELIMIT_OK = 0,
  /* The caller broke a stated precondition. */
  WIDELIMIT_E_ARGUMENT = 1,
  /* The user's configuration is wrong; error.pointer says where. */
  WIDELIMIT_E_PARAMS = 2,
  /* The type does not implement this table of functions, dtype or shape. */
  WIDELIMIT_E_UNSUPPORTED = 3,
  /* Not positive definite, no convergence; error.index says where. */
  WIDELIMIT_E_NUMERIC = 4,
  WIDELIMIT_E_MEMORY = 5,
  WIDELIMIT_E_CANCELLED = 6,
  /* A bug in the function that was called, for example an exception that it did not catch. */
  WIDELIMIT_E_INTERNAL = 7
};

/* The caller allocates it, sets struct_size, sets index to -1 and all other members to 0. */
typedef struct widelimit_error {
  uint32_t struct_size;
  int32_t code;
  /* For example the order of the leading minor that is not positive, from 1; -1: no index. */
  int64_t index;
  /* JSON pointer relative to the object's own parameters. */
  char pointer[192];
  /* One sentence, UTF-8, no newline. */
  char message[512];
} widelimit_error;

/* ---- services that the host provides to a plugin: valid from `open` or `create` until the library
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
  /* [any thread] Divides [0, n) into pieces of at least `grain` and calls body(arg, begin, end) for
   * each piece, in several threads. In a worker call, the calling thread runs all pieces. */
  widelimit_status (*parallel_for)(void* ctx, int64_t n, int64_t grain,
                                   widelimit_status (*body)(void* arg, int64_t begin, int64_t end),
                                   void* arg);
  /* [any thread] Writes random numbers `first` to `first + n - 1` of a stream of N(0, 1). The
   * generator is counter-based: the same arguments give the same numbers in every thread. */
  widelimit_status (*normals)(void* ctx, uint64_t seed, uint64_t stream, uint64_t first, uint64_t n,
                              double* out);
  /* [any thread] Not zero if the user wants to stop. */
  int32_t (*cancelled)(void* ctx);
  /* [any thread] The extension with this id (sdk/docs/extensions.md), valid as long as the host;
   * NULL: not offered. */
  const void* (*extension)(void* ctx, const char* id);
} widelimit_host;

/* The parameters of an object, validated, with the schema's defaults filled in. Keys are JSON
 * pointers ("/scale", "/coef/3"). All functions are [any thread]. If the key is missing or its
 * value has another type, a getter returns WIDELIMIT_E_PARAMS and does not write to *out. A null
 * value counts as missing. */
typedef struct widelimit_params {
  uint32_t struct_size;
  const void* ctx;
  widelimit_status (*number)(const void* ctx, const char* pointer, double* out);
  widelimit_status (*integer)(const void* ctx, const char* pointer, int64_t* out);
  widelimit_status (*boolean)(const void* ctx, const char* pointer, int32_t* out);
  widelimit_status (*string)(const void* ctx, const char* pointer, const char** out,
                             uint64_t* length);
  /* The number of items of an array, or of members of an object. */
  widelimit_status (*length)(const void* ctx, const char* pointer, uint64_t* out);
  /* The whole object as JSON text. */
  const char* (*json)(const void* ctx, uint64_t* length);
} widelimit_params;

/* ---- the description of a type, which `widelimit describe NAME` prints ---- */

typedef struct widelimit_type_info {
  uint32_t struct_size;
  /* What users write in "type": lower-case letters, digits and underscores. */
  const char* name;
  /* The version of what the type computes, as in semantic versioning. */
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
  /* Numbers per site at finite width; 0: not given, because only kernels are computed. */
  int64_t channels;
  /* Spatial axes, 0 to 4. */
  int32_t n_spatial;
  /* Sites along each axis; 1 beyond n_spatial. */
  int64_t spatial[4];
} widelimit_shape;
enum {
  /* The activation is a Gaussian process in the limit. */
  WIDELIMIT_SHAPE_GAUSSIAN = 1u,
  /* For an input of a layer with several inputs: its branch has random weights of its own. */
  WIDELIMIT_SHAPE_INDEPENDENT = 2u
};

/* ---- infinite width: the arguments and functions of kernel transforms ---- */

enum { WIDELIMIT_F32 = 1, WIDELIMIT_F64 = 2 };

/* The covariances of one bundle of pairs of samples at ONE displacement d, for all sites p where p
 * and p + d exist: contiguous [site][lane]. Valid during one call. A lane is one pair of samples;
 * the pairs of a bundle share the first sample. In a network without spatial axes, a tile of the
 * kernel is a field of rank 1: its sites are samples of x1 and its lanes are samples of x2. Pending
 * maps of such a field have window 1. */
typedef struct widelimit_field {
  uint32_t struct_size;
  /* WIDELIMIT_F32 or _F64, the type of the numbers in nngp and ntk. */
  uint32_t dtype;
  /* Axes of the field, 0 to 4. */
  int32_t rank;
  /* Bit a: along axis a, p and p + d are taken modulo the image, and the field also contains the
   * sites beyond the ends that the window of a pending circular map reads. 0 in this version,
   * because hosts apply circular maps themselves. */
  uint32_t wrapped;
  /* The number of lanes, a multiple of 16; 16 if the network has spatial axes. */
  int64_t lanes;
  /* For each axis: the number of sites, the first p, and d. Beyond rank: 1, 0, 0. */
  int64_t extent[4], origin[4], displacement[4];
  /* Aligned to 64 bytes. */
  void* nngp;
  /* NULL: only the NNGP kernel is computed, for example for variances. */
  void* ntk;
} widelimit_field;

/* The variances that belong to the entries of a field: of the first sample at p, and of the second
 * at p + d. The arrays cover the whole image and serve all displacements. */
typedef struct widelimit_variances {
  uint32_t struct_size;
  /* Numbers per site in `first`. 1: all lanes share the first sample. Otherwise the field's number
   * of lanes: each lane is a sample paired with itself. */
  uint32_t first_lanes;
  /* [image site][first_lanes] and [image site][lane], in the field's dtype. */
  const void *first, *second;
  /* For each site of the output field, the image site of p and of p + d: indices into `first` and
   * `second`. All 0 with WIDELIMIT_TRAIT_NEEDS_SITE_MEAN. */
  const int32_t *first_at, *second_at;
  /* 0: first and second contain variances. n: they contain n terms of each variance, which the
   * layer's function `site_terms` has computed: [image site][n][first_lanes] in `first`,
   * [image site][n][lane] in `second`. */
  uint32_t n_site_terms;
} widelimit_variances;

/* A linear layer as data. With A the weighted mean over the window (zero padding unless circular):
 *   K' = scale A K + bias,   Theta' = ntk_nngp A K + scale A Theta + ntk_bias.
 * Site p of the output reads the sites p stride + tap dilation - pad_low of the input, with the
 * same tap in both samples, so output displacement d depends on input displacement stride d. Sites
 * outside the input field (its origin and extent) count as zero. A window spans at most
 * widelimit_longest_reach(sites) sites.
 *
 * In the "ntk" parameterization, ntk_nngp = scale and ntk_bias = bias. In the "standard" one,
 * ntk_nngp is the fan-in, and ntk_bias is 1 with a bias and 0 without. If nothing is trained, both
 * are 0.
 *
 * Different loops compute variances and covariances, and the results must agree to the bit. The
 * order of operations is therefore part of the specification. Uniform taps are summed over all axes
 * but the last (in C order), then along the last axis; each sum starts with its first tap. K' is
 * this sum times the coefficient scale / (number of taps), which is rounded once to the field's
 * dtype, plus bias, without a fused multiply-add. */
typedef struct widelimit_linear {
  uint32_t struct_size;
  int32_t rank;
  /* Bit a: the image wraps around along axis a. */
  uint32_t circular;
  int32_t window[4], stride[4], dilation[4], pad_low[4], pad_high[4];
  /* For each axis, the share of each tap in the variance; NULL: 1/window for every tap. */
  const double* weight[4];
  double scale, bias, ntk_nngp, ntk_bias;
} widelimit_linear;

/* What a layer makes of the shapes of its inputs, and what it needs. The host sets the inputs, the
 * layer sets the rest. The function `plan` sees no data; the host calls it once for every use of
 * the layer in a network. */
typedef struct widelimit_plan {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs] */
  const widelimit_shape* const* inputs;
  /* Memory of the host, preset to input 0. Write members, not the whole struct. */
  widelimit_shape* output;
  /* WIDELIMIT_LINEAR, _POINTWISE, _STENCIL, _GATHERING. */
  int32_t nature;
  /* How many numbers the function `site_terms` computes from each variance; 0: the layer has no
   * such function. Runs with a pending window receive these terms; other runs receive terms or
   * variances. */
  uint32_t n_site_terms;
  /* WIDELIMIT_TRAIT_* */
  uint64_t traits;
  /* For each axis of the image, the largest window of a pending map that the transform applies;
   * preset to 1. Only for POINTWISE layers with WIDELIMIT_TRAIT_TAKES_PENDING in networks with
   * spatial axes. The host leaves two kinds of maps pending and applies all others itself:
   * - maps of window 1 along every axis;
   * - maps that have this window along the last axis, and this window or 1 along each other axis,
   *   with stride and dilation 1, uniform taps, no circular axis, at most window - 1 sites of
   *   padding at the low end, ntk_nngp = scale and ntk_bias = bias. */
  int32_t max_window[4];
  /* Memory of the host, preset to the identity. A layer of nature LINEAR describes its map here;
   * all others leave it unchanged. */
  widelimit_linear* linear;
  /* Size of the scratch memory that every worker call receives. */
  uint64_t scratch_bytes;
  /* Floating-point operations for one entry, NNGP and NTK together; only forecasts use it. */
  double flops_per_entry;
} widelimit_plan;
enum {
  /* Dense, convolution, scaling: data only, no kernel code in the plugin. */
  WIDELIMIT_LINEAR = 1,
  /* Nonlinearities, layer norm, sums and products of branches. */
  WIDELIMIT_POINTWISE = 2,
  /* Other maps that compute an output displacement from at most one input displacement. */
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
  /* The layer has random weights of its own, which make its branch independent. */
  WIDELIMIT_TRAIT_HAS_WEIGHTS = 16u,
  /* The layer is the mean over the sites of displacement 0. At the beginning of a network, the Gram
   * product of the samples already contains this mean. */
  WIDELIMIT_TRAIT_FLATTENS = 32u,
  /* The host refuses the layer if more than one of its inputs has no random weights of its own. */
  WIDELIMIT_TRAIT_NEEDS_INDEPENDENT = 64u
};

/* POINTWISE and STENCIL: consecutive rows of one output field. A row contains all sites along the
 * last axis; rows are numbered over the other axes in C order. Entries are independent of one
 * another: the bits of an entry depend neither on the size of the bundle nor on its position in the
 * bundle. POINTWISE: output->nngp and ntk may be those of inputs[0] (in place), unless a map with a
 * larger window than 1 is pending. */
typedef struct widelimit_run {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* Number of fields in `inputs`, in the order of the layer's inputs. POINTWISE: one field of each
   * input. STENCIL: for each input, the displacement that `reads` lists, or a field without sites
   * if `reads` lists none that exists. */
  uint32_t n_fields;
  /* [n_fields] All rows of each field, because a window may read any of them. */
  const widelimit_field* const* inputs;
  /* [n_fields] The input that each field belongs to; NULL: field i belongs to input i. */
  const uint32_t* input_of;
  /* [n_fields] The map to apply to each field first; a NULL entry: none. NULL: none for all
   * fields. */
  const widelimit_linear* const* pending;
  /* The variances of input 0 after its pending map; NULL unless the plan's traits ask for them. */
  const widelimit_variances* variances;
  int64_t row_begin, row_end;
  widelimit_field* output;
  /* scratch_bytes of the plan, for this call alone, aligned to 64 bytes. */
  void* scratch;
  /* [n_inputs] As in the plan. For example, `concat` weights its inputs by their channels. */
  const widelimit_shape* const* in_shape;
} widelimit_run;

/* GATHERING, one bundle: the host calls `begin`, then `accumulate` once for each field in a fixed
 * order, then `finish`. It may interleave the calls to several gathering layers; each layer has
 * scratch memory of its own, which keeps its contents from `begin` to `finish`. */
typedef struct widelimit_gather {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* [n_inputs] As in the plan. */
  const widelimit_shape* const* in_shape;
  /* The host sets them to zero before `begin`. In `begin` and `finish`: all output fields. In
   * `accumulate`: those that read the displacement of `input`. */
  widelimit_field* const* outputs;
  int32_t n_outputs;
  /* In `accumulate`: which input of the layer the field `input` belongs to. */
  uint32_t input_index;
  /* In `accumulate`: a field with all its rows, of a displacement that `reads` listed. Otherwise
   * NULL. */
  const widelimit_field* input;
  /* The variances of that input; NULL unless the plan's traits ask for them. */
  const widelimit_variances* variances;
  void* scratch;
} widelimit_gather;

/* The displacements of one input that one displacement of the output depends on. The host calls
 * `reads` for each input, and ignores displacements that do not exist or are listed twice. */
typedef struct widelimit_reads {
  uint32_t struct_size;
  /* Of the layer. */
  uint32_t n_inputs;
  /* [n_inputs] As in the plan. */
  const widelimit_shape* const* in_shape;
  /* The displacement of the output. */
  int64_t output[4];
  /* The input whose displacements are requested. */
  uint32_t input_index;
  /* The layer always sets `count`, and writes at most `capacity` displacements. */
  int64_t capacity, count;
  int64_t (*displacements)[4];
} widelimit_reads;

/* Terms that depend on one variance only. They are computed once and used for thousands of
 * entries. */
typedef struct widelimit_site_terms {
  uint32_t struct_size;
  uint32_t dtype;
  /* lanes is a multiple of 16. */
  int64_t sites, lanes;
  /* [site][lane] */
  const void* variance;
  /* [site][n_site_terms of the plan][lane] */
  void* out;
} widelimit_site_terms;

/* A face is a table of functions that a layer type offers for one purpose; this one computes
 * kernels. */
typedef struct widelimit_infinite_face {
  uint32_t struct_size;
  /* [worker, concurrent] POINTWISE, STENCIL. */
  widelimit_status (*transform)(const widelimit_layer*, const widelimit_run*, widelimit_error*);
  /* [setup] STENCIL, GATHERING. */
  widelimit_status (*reads)(const widelimit_layer*, widelimit_reads*, widelimit_error*);
  /* [worker, concurrent] GATHERING, like the next two. */
  widelimit_status (*begin)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  widelimit_status (*accumulate)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  widelimit_status (*finish)(const widelimit_layer*, const widelimit_gather*, widelimit_error*);
  /* [worker, concurrent] Required if n_site_terms of the plan is not 0. */
  widelimit_status (*site_terms)(const widelimit_layer*, const widelimit_site_terms*,
                                 widelimit_error*);
} widelimit_infinite_face;

/* ---- finite width ---- */

/* Initial weights of a layer whose inputs have these shapes, made from the host's `normals` with
 * this seed. */
typedef struct widelimit_init {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs] As in the plan; all channels are given. */
  const widelimit_shape* const* in_shape;
  uint64_t seed;
  /* The result of the layer's function `theta_size`. */
  int64_t theta_size;
  /* [theta_size] The layer writes the weights here. */
  double* theta;
} widelimit_init;

/* One batch of samples in a layer of finite width. Arrays are [sample, site..., channel] in C
 * order. Pointers that a call does not use are NULL.
 * - forward reads theta, x; writes y.
 * - jvp reads theta, theta_dot (NULL: zero), x, x_dot; writes y_dot.
 * - vjp reads theta, x, y_bar; adds to theta_bar (NULL: not wanted) and to x_bar[i] (NULL: not
 *   wanted).
 */
typedef struct widelimit_pass {
  uint32_t struct_size;
  uint32_t n_inputs;
  /* [n_inputs] As in the plan; all channels are given. */
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

/* The face of a layer type at finite width. */
typedef struct widelimit_finite_face {
  uint32_t struct_size;
  /* [setup] The number of weights of the layer for inputs of these shapes, [n_inputs]. All channels
   * are given. */
  widelimit_status (*theta_size)(const widelimit_layer*, uint32_t n_inputs,
                                 const widelimit_shape* const* in_shape, int64_t* out,
                                 widelimit_error*);
  /* [worker, concurrent], like the next three */
  widelimit_status (*init)(const widelimit_layer*, const widelimit_init*, widelimit_error*);
  widelimit_status (*forward)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
  widelimit_status (*jvp)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
  widelimit_status (*vjp)(const widelimit_layer*, const widelimit_pass*, widelimit_error*);
} widelimit_finite_face;

typedef struct widelimit_layer_type {
  uint32_t struct_size;
  /* 1 and 1 for most layers. max_inputs 0: no limit. */
  uint32_t min_inputs, max_inputs;
  const widelimit_type_info* info;
  /* [setup], and the next two */
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_layer** out,
                             widelimit_error*);
  void (*destroy)(widelimit_layer*);
  widelimit_status (*plan)(const widelimit_layer*, widelimit_plan*, widelimit_error*);
  /* NULL: not offered, or not needed because the nature is LINEAR. */
  const widelimit_infinite_face* infinite;
  /* NULL: not offered. */
  const widelimit_finite_face* finite;
} widelimit_layer_type;

/* ---- solvers ---- */

/* Configuration, immutable. */
typedef struct widelimit_solver widelimit_solver;
/* One factorised matrix, immutable. */
typedef struct widelimit_factor widelimit_factor;

/* This struct is frozen and never grows. Row-major: entry (i, j) is data[i * ld + j]. */
typedef struct widelimit_matrix {
  double* data;
  int64_t rows, cols, ld;
} widelimit_matrix;

/* A symmetric matrix A of n rows that is available only through its products. The host keeps it,
 * and the struct itself, until factor_destroy of the factor that factorise_operator has made of it
 * returns, or until factorise_operator fails. A plugin calls it only inside factorise_operator,
 * solve, logdet and factor_destroy. Both functions are [any thread], concurrent. A status other
 * than WIDELIMIT_OK, for example WIDELIMIT_E_CANCELLED, ends the work: the plugin returns it. */
typedef struct widelimit_operator {
  uint32_t struct_size;
  int64_t n;
  void* ctx;
  /* y = A x, both [n, vectors], row-major, at least one vector; they do not overlap, and x is not
   * changed. One call for several vectors is faster than several calls. */
  widelimit_status (*apply)(void* ctx, widelimit_matrix x, widelimit_matrix y);
  /* [n] numbers. NULL: not known. */
  widelimit_status (*diagonal)(void* ctx, double* out);
} widelimit_operator;

typedef struct widelimit_solve_info {
  uint32_t struct_size;
  /* Of this call, all right-hand sides together; 0: a direct method. A solver that multiplies by
   * an operator more than twice in `solve` counts them. */
  int32_t iterations;
  double jitter;
  /* Reciprocal condition number in the 1-norm, estimated; NaN: not known. */
  double rcond;
  /* Backward error max |A x - b| / (|A| |x|); NaN: not known. */
  double residual;
} widelimit_solve_info;

/* A solver offers factorise, factorise_operator or both. Calls that take long ask the host whether
 * to stop (widelimit_host::cancelled), return WIDELIMIT_E_CANCELLED if so, and may say how far they
 * have come (widelimit.progress/1 in extensions.md). Both belong to the call of the host program
 * that is going on, in its thread and in those of `parallel_for`. */
typedef struct widelimit_solver_type {
  uint32_t struct_size;
  const widelimit_type_info* info;
  /* [setup], and the next three */
  widelimit_status (*create)(const widelimit_host*, const widelimit_params*, widelimit_solver** out,
                             widelimit_error*);
  void (*destroy)(widelimit_solver*);
  /* a is symmetric, and both triangles are given. The factor may overwrite a and use its memory
   * until factor_destroy. If a is not positive definite, the status is WIDELIMIT_E_NUMERIC and
   * error.index is the order of the leading minor that is not positive, from 1.
   * NULL: only factorise_operator is offered. */
  widelimit_status (*factorise)(const widelimit_solver*, widelimit_matrix a, widelimit_factor** out,
                                widelimit_solve_info*, widelimit_error*);
  void (*factor_destroy)(widelimit_factor*);
  /* [worker, concurrent] b becomes A^-1 b; b is [n, right-hand sides], row-major. */
  widelimit_status (*solve)(const widelimit_factor*, widelimit_matrix b, widelimit_solve_info*,
                            widelimit_error*);
  /* [worker, concurrent] */
  widelimit_status (*logdet)(const widelimit_factor*, double* out, widelimit_error*);
  /* [setup] Like factorise, for a matrix that is available only through its products, as conjugate
   * gradients need it. The operator lives as long as the factor. A matrix that is not positive
   * definite may be found only in `solve`, and error.index is -1 if the minor is not known.
   * NULL: not offered. */
  widelimit_status (*factorise_operator)(const widelimit_solver*, const widelimit_operator*,
                                         widelimit_factor** out, widelimit_solve_info*,
                                         widelimit_error*);
  /* [setup] Eigenvalues in ascending order, and eigenvectors: a is the sum of values[k] v_k v_k',
   * and v_k is ROW k of `vectors`. vectors.data == NULL: only eigenvalues. The call overwrites a;
   * vectors may be a itself. NULL: not offered. */
  widelimit_status (*eigen)(const widelimit_solver*, widelimit_matrix a, double* values,
                            widelimit_matrix vectors, widelimit_error*);
  /* [setup] Like factorise, for half of the matrix: n (n + 1) / 2 numbers in rectangular full
   * packed format (Gustavson et al., ACM TOMS 37 (2010), 18; in LAPACK TRANSR = 'N', UPLO = 'L',
   * column-major). Let k = n / 2 rounded up, and s = 1 if n is even, else 0. For columns c from 0
   * to k - 1 and rows r from 0 to n + s - 1, number c (n + s) + r is a(c, r - s) if r >= c + s,
   * else a(c + k - 1 + s, k + r). NULL: not offered. */
  widelimit_status (*factorise_packed)(const widelimit_solver*, double* a, int64_t n,
                                       widelimit_factor** out, widelimit_solve_info*,
                                       widelimit_error*);
} widelimit_solver_type;

/* ---- the plugin ---- */

/* The descriptor of a plugin. A host reads it before it calls `open` or creates anything. */
typedef struct widelimit_plugin {
  uint32_t struct_size;
  /* WIDELIMIT_ABI_MINOR of the header that the plugin was built with. */
  uint32_t abi_minor;
  /* The smallest abi_minor of a host that the plugin works with. */
  uint32_t needs_host_minor;
  /* WIDELIMIT_PLUGIN_* */
  uint32_t flags;
  /* A domain in reverse, for example "com.example.erf". */
  const char* id;
  const char *version, *vendor, *license, *summary, *build;
  uint32_t n_layers, n_solvers;
  /* Arrays of pointers, because the structs may grow. */
  const widelimit_layer_type* const* layers;
  const widelimit_solver_type* const* solvers;
  /* [setup] Once, before the first create; may be NULL. */
  widelimit_status (*open)(const widelimit_host*, widelimit_error*);
  /* [setup] After the last destroy; may be NULL. */
  void (*close)(void);
  /* [any thread] The extension with this id (sdk/docs/extensions.md), valid while the library is
   * loaded; NULL: not offered. The function pointer may be NULL. */
  const void* (*extension)(const char* id);
} widelimit_plugin;
enum {
  /* Never unload this library. */
  WIDELIMIT_PLUGIN_RESIDENT = 1u
};

/* The only symbol that a plugin exports. [any thread] Returns the descriptor, always the same
 * pointer, without expensive work; NULL: the plugin cannot run on this processor. */
WIDELIMIT_EXPORT const widelimit_plugin* WIDELIMIT_ENTRY(void);

/* The function with the same meaning of a plugin NAME that is linked into the host's program
 * (widelimit_add_static_plugin in WidelimitAddPlugin.cmake). The host declares it:
 *   const widelimit_plugin* WIDELIMIT_STATIC_PLUGIN(NAME)(void);   (in C++ with extern "C") */
#define WIDELIMIT_STATIC_PLUGIN(name) widelimit_static_plugin_##name

/* True if the struct, which another binary allocated, contains this member and it is not zero. */
#define WIDELIMIT_HAS(p, member) \
  (offsetof(__typeof__(*(p)), member) + sizeof((p)->member) <= (p)->struct_size && (p)->member)

/* The number of sites that a window of widelimit_linear may span along an axis of `sites` sites,
 * from its first tap to its last. A longer one reads little but padding; hosts refuse it. */
static inline int64_t widelimit_longest_reach(int64_t sites) {
  const int64_t most = INT64_C(1) << 29;
  return sites > (most - 4096) / 64 ? most : 64 * sites + 4096;
}

/* Copies a growable struct that another binary has filled in or will read. Do not use `=`, which
 * assumes equal sizes. */
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
