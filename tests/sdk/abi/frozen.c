/* The layout of abi.h, member by member, as it is on every 64-bit platform, in C and in C++: a
 * member that moved, was inserted or removed does not compile. Whoever changes a line of a draft
 * raises WIDELIMIT_ABI_DRAFT, here and in abi.h. From major 1 on lines are only ever added, and
 * sizes only grow, with the minor.
 */
#include <widelimit/abi.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

#define AT(name, member, offset)                                 \
  _Static_assert(offsetof(widelimit_##name, member) == (offset), \
                 "widelimit_" #name "." #member " has moved")
#define SIZE(name, size) \
  _Static_assert(sizeof(widelimit_##name) == (size), "widelimit_" #name " has another size")

AT(error, struct_size, 0);
AT(error, code, 4);
AT(error, index, 8);
AT(error, pointer, 16);
AT(error, message, 208);
SIZE(error, 720);

AT(host, struct_size, 0);
AT(host, abi_minor, 4);
AT(host, name, 8);
AT(host, version, 16);
AT(host, ctx, 24);
AT(host, log, 32);
AT(host, alloc, 40);
AT(host, release, 48);
AT(host, parallel_for, 56);
AT(host, normals, 64);
AT(host, cancelled, 72);
AT(host, extension, 80);
SIZE(host, 88);

AT(params, struct_size, 0);
AT(params, ctx, 8);
AT(params, number, 16);
AT(params, integer, 24);
AT(params, boolean, 32);
AT(params, string, 40);
AT(params, length, 48);
AT(params, json, 56);
SIZE(params, 64);

AT(type_info, struct_size, 0);
AT(type_info, name, 8);
AT(type_info, version, 16);
AT(type_info, summary, 24);
AT(type_info, doc, 32);
AT(type_info, params_schema, 40);
SIZE(type_info, 48);

AT(shape, struct_size, 0);
AT(shape, flags, 4);
AT(shape, channels, 8);
AT(shape, n_spatial, 16);
AT(shape, spatial, 24);
SIZE(shape, 56);

AT(field, struct_size, 0);
AT(field, dtype, 4);
AT(field, rank, 8);
AT(field, wrapped, 12);
AT(field, lanes, 16);
AT(field, extent, 24);
AT(field, origin, 56);
AT(field, displacement, 88);
AT(field, nngp, 120);
AT(field, ntk, 128);
SIZE(field, 136);

AT(variances, struct_size, 0);
AT(variances, first_lanes, 4);
AT(variances, first, 8);
AT(variances, second, 16);
AT(variances, first_at, 24);
AT(variances, second_at, 32);
AT(variances, n_site_terms, 40);
SIZE(variances, 48);

AT(linear, struct_size, 0);
AT(linear, rank, 4);
AT(linear, circular, 8);
AT(linear, window, 12);
AT(linear, stride, 28);
AT(linear, dilation, 44);
AT(linear, pad_low, 60);
AT(linear, pad_high, 76);
AT(linear, weight, 96);
AT(linear, scale, 128);
AT(linear, bias, 136);
AT(linear, ntk_nngp, 144);
AT(linear, ntk_bias, 152);
SIZE(linear, 160);

AT(plan, struct_size, 0);
AT(plan, n_inputs, 4);
AT(plan, inputs, 8);
AT(plan, output, 16);
AT(plan, nature, 24);
AT(plan, n_site_terms, 28);
AT(plan, traits, 32);
AT(plan, max_window, 40);
AT(plan, linear, 56);
AT(plan, scratch_bytes, 64);
AT(plan, flops_per_entry, 72);
SIZE(plan, 80);

AT(run, struct_size, 0);
AT(run, n_inputs, 4);
AT(run, n_fields, 8);
AT(run, inputs, 16);
AT(run, input_of, 24);
AT(run, pending, 32);
AT(run, variances, 40);
AT(run, row_begin, 48);
AT(run, row_end, 56);
AT(run, output, 64);
AT(run, scratch, 72);
AT(run, in_shape, 80);
SIZE(run, 88);

AT(gather, struct_size, 0);
AT(gather, n_inputs, 4);
AT(gather, in_shape, 8);
AT(gather, outputs, 16);
AT(gather, n_outputs, 24);
AT(gather, input_index, 28);
AT(gather, input, 32);
AT(gather, variances, 40);
AT(gather, scratch, 48);
SIZE(gather, 56);

AT(reads, struct_size, 0);
AT(reads, n_inputs, 4);
AT(reads, in_shape, 8);
AT(reads, output, 16);
AT(reads, input_index, 48);
AT(reads, capacity, 56);
AT(reads, count, 64);
AT(reads, displacements, 72);
SIZE(reads, 80);

AT(site_terms, struct_size, 0);
AT(site_terms, dtype, 4);
AT(site_terms, sites, 8);
AT(site_terms, lanes, 16);
AT(site_terms, variance, 24);
AT(site_terms, out, 32);
SIZE(site_terms, 40);

AT(infinite_face, struct_size, 0);
AT(infinite_face, transform, 8);
AT(infinite_face, reads, 16);
AT(infinite_face, begin, 24);
AT(infinite_face, accumulate, 32);
AT(infinite_face, finish, 40);
AT(infinite_face, site_terms, 48);
SIZE(infinite_face, 56);

AT(init, struct_size, 0);
AT(init, n_inputs, 4);
AT(init, in_shape, 8);
AT(init, seed, 16);
AT(init, theta_size, 24);
AT(init, theta, 32);
SIZE(init, 40);

AT(pass, struct_size, 0);
AT(pass, n_inputs, 4);
AT(pass, in_shape, 8);
AT(pass, out_shape, 16);
AT(pass, batch, 24);
AT(pass, theta_size, 32);
AT(pass, theta, 40);
AT(pass, theta_dot, 48);
AT(pass, y_bar, 56);
AT(pass, x, 64);
AT(pass, x_dot, 72);
AT(pass, y, 80);
AT(pass, y_dot, 88);
AT(pass, theta_bar, 96);
AT(pass, x_bar, 104);
AT(pass, scratch, 112);
SIZE(pass, 120);

AT(finite_face, struct_size, 0);
AT(finite_face, theta_size, 8);
AT(finite_face, init, 16);
AT(finite_face, forward, 24);
AT(finite_face, jvp, 32);
AT(finite_face, vjp, 40);
SIZE(finite_face, 48);

AT(layer_type, struct_size, 0);
AT(layer_type, min_inputs, 4);
AT(layer_type, max_inputs, 8);
AT(layer_type, info, 16);
AT(layer_type, create, 24);
AT(layer_type, destroy, 32);
AT(layer_type, plan, 40);
AT(layer_type, infinite, 48);
AT(layer_type, finite, 56);
SIZE(layer_type, 64);

AT(matrix, data, 0);
AT(matrix, rows, 8);
AT(matrix, cols, 16);
AT(matrix, ld, 24);
SIZE(matrix, 32);

AT(operator, struct_size, 0);
AT(operator, n, 8);
AT(operator, ctx, 16);
AT(operator, apply, 24);
AT(operator, diagonal, 32);
SIZE(operator, 40);

AT(solve_info, struct_size, 0);
AT(solve_info, iterations, 4);
AT(solve_info, jitter, 8);
AT(solve_info, rcond, 16);
AT(solve_info, residual, 24);
SIZE(solve_info, 32);

AT(solver_type, struct_size, 0);
AT(solver_type, info, 8);
AT(solver_type, create, 16);
AT(solver_type, destroy, 24);
AT(solver_type, factorise, 32);
AT(solver_type, factor_destroy, 40);
AT(solver_type, solve, 48);
AT(solver_type, logdet, 56);
AT(solver_type, factorise_operator, 64);
AT(solver_type, eigen, 72);
AT(solver_type, factorise_packed, 80);
SIZE(solver_type, 88);

AT(plugin, struct_size, 0);
AT(plugin, abi_minor, 4);
AT(plugin, needs_host_minor, 8);
AT(plugin, flags, 12);
AT(plugin, id, 16);
AT(plugin, version, 24);
AT(plugin, vendor, 32);
AT(plugin, license, 40);
AT(plugin, summary, 48);
AT(plugin, build, 56);
AT(plugin, n_layers, 64);
AT(plugin, n_solvers, 68);
AT(plugin, layers, 72);
AT(plugin, solvers, 80);
AT(plugin, open, 88);
AT(plugin, close, 96);
AT(plugin, extension, 104);
SIZE(plugin, 112);

_Static_assert(WIDELIMIT_ABI_MAJOR == 0 && WIDELIMIT_ABI_MINOR == 0 && WIDELIMIT_ABI_DRAFT == 2,
               "another version of the boundary than the one on this page");
_Static_assert(WIDELIMIT_OK == 0 && WIDELIMIT_E_ARGUMENT == 1 && WIDELIMIT_E_PARAMS == 2 &&
                   WIDELIMIT_E_UNSUPPORTED == 3 && WIDELIMIT_E_NUMERIC == 4 &&
                   WIDELIMIT_E_MEMORY == 5 && WIDELIMIT_E_CANCELLED == 6 &&
                   WIDELIMIT_E_INTERNAL == 7,
               "a status has another number");
_Static_assert(WIDELIMIT_F32 == 1 && WIDELIMIT_F64 == 2, "a precision has another number");
_Static_assert(WIDELIMIT_LINEAR == 1 && WIDELIMIT_POINTWISE == 2 && WIDELIMIT_STENCIL == 3 &&
                   WIDELIMIT_GATHERING == 4,
               "a nature has another number");
_Static_assert(WIDELIMIT_TRAIT_NEEDS_VARIANCES == 1 && WIDELIMIT_TRAIT_NEEDS_SITE_MEAN == 2 &&
                   WIDELIMIT_TRAIT_NEEDS_GAUSSIAN == 4 && WIDELIMIT_TRAIT_TAKES_PENDING == 8 &&
                   WIDELIMIT_TRAIT_HAS_WEIGHTS == 16 && WIDELIMIT_TRAIT_FLATTENS == 32 &&
                   WIDELIMIT_TRAIT_NEEDS_INDEPENDENT == 64,
               "a trait has another bit");
_Static_assert(WIDELIMIT_SHAPE_GAUSSIAN == 1 && WIDELIMIT_SHAPE_INDEPENDENT == 2 &&
                   WIDELIMIT_PLUGIN_RESIDENT == 1,
               "a flag has another bit");
