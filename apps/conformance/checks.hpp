// The functions behind the table in checks.cpp, by group. Each reports through its Context.
#pragma once

#include "context.hpp"

namespace widelimit::conformance {

// file
void exports_one_symbol(Context&);
void loads_now_local(Context&);
void scan_under_10ms(Context&);
void unloads(Context&);
void entry_same_pointer_from_two_threads(Context&);
void opens(Context&);

// descriptor
void fields_present(Context&);
void names_well_formed(Context&);
void schema_in_subset(Context&);
void defaults_satisfy_schema(Context&);
void sizes_plausible(Context&);

// creation
void create_defaults(Context&);
void create_random_valid(Context&);
void invalid_gives_pointer(Context&);
void thousand_create_destroy(Context&);

// boundary
void small_error_struct_respected(Context&);
void older_host(Context&);
void newer_host_tail_garbage(Context&);
void no_exception_escapes(Context&);
void prints_nothing(Context&);

// layer, plan
void plan_plausible(Context&);
void plan_deterministic(Context&);
void refuses_with_reason(Context&);
void scratch_honest(Context&);

// layer, infinite
void stays_inside_run(Context&);
void bundle_size_invariant(Context&);
void same_sample_same_bits(Context&);
void pending_equals_materialised(Context&);
void concurrent_equals_serial(Context&);
void symmetric(Context&);
void preserves_psd(Context&);
void correlation_exactly_one(Context&);
void nan_does_not_crash(Context&);
void windows_equal_materialised(Context&);

// layer, sites
void reads_consistent(Context&);
void reads_sufficient(Context&);
void sites_independent(Context&);
void sites_concurrent(Context&);
void sites_precise(Context&);
void sites_additive(Context&);
void sites_preserve_psd(Context&);
void sites_match_finite(Context&);

// layer, both
void nngp_matches_finite(Context&);
void ntk_matches_finite(Context&);

// layer, finite
void stays_inside_arrays(Context&);
void jvp_vs_differences(Context&);
void vjp_is_adjoint(Context&);
void init_same_seed_same_theta(Context&);
void vjp_accumulates(Context&);

// solver
void residual(Context&);
void logdet_vs_eigen(Context&);
void not_spd_gives_index(Context&);
void eigen_orthogonal_ascending(Context&);
void products_of_operator(Context&);
void concurrent_solve(Context&);
void leaves_blas_threads_alone(Context&);

}  // namespace widelimit::conformance
