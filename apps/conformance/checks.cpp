// The standard for plugins: every check with its name and one sentence on what it demands.
#include "checks.hpp"

#include <algorithm>
#include <array>

namespace widelimit::conformance {
namespace {

constexpr std::array table{
    Check{"file", "exports-one-symbol",
          "The library exports " WIDELIMIT_ENTRY_SYMBOL " and nothing else.", exports_one_symbol,
          Scope::library},
    Check{"file", "loads-now-local",
          "It loads with all symbols resolved at once and none of them shared (RTLD_NOW, "
          "RTLD_LOCAL).",
          loads_now_local, Scope::library},
    Check{"file", "scan-under-10ms",
          "Loading it and reading its descriptor takes less than 10 ms (a warning).",
          scan_under_10ms, Scope::library},
    Check{"file", "unloads",
          "After dlclose nothing of it is mapped any more, unless it asks to stay.", unloads,
          Scope::library},
    Check{"file", "entry-same-pointer-from-two-threads",
          "The entry function gives several threads at once the same descriptor.",
          entry_same_pointer_from_two_threads, Scope::library},

    Check{"file", "opens", "It accepts this host, and its own `open` succeeds.", opens,
          Scope::library},

    Check{"descriptor", "fields-present",
          "Every field that people and hosts rely on is filled in; every type can be created, "
          "destroyed and used.",
          fields_present, Scope::library},
    Check{"descriptor", "names-well-formed",
          "The id is a reversed domain, versions are semantic, type names are lower-case words.",
          names_well_formed, Scope::library},
    Check{"descriptor", "schema-in-subset",
          "Parameter schemas stay inside the documented subset of JSON Schema.", schema_in_subset,
          Scope::library},
    Check{"descriptor", "defaults-satisfy-schema",
          "Every default value is accepted by its own schema.", defaults_satisfy_schema,
          Scope::library},
    Check{"descriptor", "sizes-plausible",
          "Struct sizes, counts, flags and versions are plausible.", sizes_plausible,
          Scope::library},

    Check{"creation", "create-defaults", "Every type can be created from its defaults.",
          create_defaults, Scope::types},
    Check{"creation", "create-random-valid",
          "Every type can be created from parameters drawn from its schema.", create_random_valid,
          Scope::types},
    Check{"creation", "invalid-gives-pointer",
          "Wrong parameters are refused, with a JSON pointer to the wrong value.",
          invalid_gives_pointer, Scope::types},
    Check{"creation", "thousand-create-destroy",
          "Creating and destroying a thousand objects leaks no memory.", thousand_create_destroy,
          Scope::types},

    Check{"boundary", "small-error-struct-respected",
          "Nothing is written beyond the end of an error struct that is smaller than today's.",
          small_error_struct_respected},
    Check{"boundary", "older-host", "Members that an older host does not have are not touched.",
          older_host},
    Check{"boundary", "newer-host-tail-garbage",
          "Of structs that are larger than the plugin knows, it reads only the members it knows.",
          newer_host_tail_garbage},
    Check{
        "boundary", "no-exception-escapes",
        "When memory, services or parameters fail, the plugin returns a status and throws nothing.",
        no_exception_escapes, Scope::types},
    Check{"boundary", "prints-nothing",
          "It writes neither to standard output nor to standard error, in any check.",
          prints_nothing, Scope::library},

    Check{"layer, plan", "plan-plausible",
          "Some input is accepted, and every member of its plan is one that a host can use: known "
          "natures and traits, maps whose window gives the stated output.",
          plan_plausible},
    Check{"layer, plan", "plan-deterministic",
          "The same layer and shapes give the same plan, whatever was in memory before.",
          plan_deterministic},
    Check{"layer, plan", "refuses-with-reason",
          "Impossible shapes are refused with a reason, or planned with a plausible output.",
          refuses_with_reason},
    Check{"layer, plan", "scratch-honest",
          "A transform uses no more scratch than planned and does not read what was in it.",
          scratch_honest},

    Check{"layer, infinite", "stays-inside-run",
          "A transform writes its rows and nothing else, in place or not.", stays_inside_run},
    Check{"layer, infinite", "bundle-size-invariant",
          "An entry has the same bits for every size of the bundle and every position in it.",
          bundle_size_invariant},
    Check{"layer, infinite", "same-sample-same-bits",
          "A sample against itself or its duplicate gives the bits of the (x, x) run, with and "
          "without the NTK.",
          same_sample_same_bits},
    Check{"layer, infinite", "pending-equals-materialised",
          "A pending map applied on the fly gives the same result as the materialised map.",
          pending_equals_materialised},
    Check{"layer, infinite", "concurrent-equals-serial",
          "Many threads using one layer at once get the bits that one thread gets.",
          concurrent_equals_serial},
    Check{"layer, infinite", "symmetric", "Exchanging the two samples changes nothing.", symmetric},
    Check{"layer, infinite", "preserves-psd", "A positive semi-definite kernel stays one.",
          preserves_psd},
    Check{"layer, infinite", "correlation-exactly-one",
          "At correlation 1 the result is the limit, to rounding, at every magnitude.",
          correlation_exactly_one},
    Check{"layer, infinite", "nan-does-not-crash",
          "NaN, infinity and impossible covariances neither crash nor leak into other entries.",
          nan_does_not_crash},
    Check{"layer, infinite", "windows-equal-materialised",
          "On images, a window applied on the fly gives the same result as the materialised map, "
          "and so do terms precomputed from the variances, in scratch of the planned size.",
          windows_equal_materialised},

    Check{"layer, sites", "reads-consistent",
          "A gathering layer or stencil always reads the same displacements of its input, and the "
          "opposite ones for the opposite displacement of its output.",
          reads_consistent},
    Check{"layer, sites", "reads-sufficient",
          "The displacement between any two sites that the finite layer combines is read.",
          reads_sufficient},
    Check{"layer, sites", "sites-independent",
          "A pair has the same bits in a bundle of any size, without the NTK, and whatever was in "
          "the scratch; nothing but the output is written.",
          sites_independent},
    Check{"layer, sites", "sites-concurrent",
          "Many threads, each with its own scratch, get the bits that one thread gets.",
          sites_concurrent},
    Check{"layer, sites", "sites-precise", "Single precision is near double precision.",
          sites_precise},
    Check{"layer, sites", "sites-additive",
          "Fields pushed in parts add up to the whole, and exchanging the samples transposes the "
          "result.",
          sites_additive},
    Check{"layer, sites", "sites-preserve-psd",
          "A positive semi-definite kernel between all sites of several samples stays one.",
          sites_preserve_psd},
    Check{"layer, sites", "sites-match-finite",
          "Between all pairs of sites NNGP and NTK are the second moments of the finite layer and "
          "its derivative: exactly without weights, else by Monte Carlo (7 standard errors).",
          sites_match_finite},

    Check{
        "layer, both", "nngp-matches-finite",
        "The NNGP is the second moment of the finite layer: by quadrature for nonlinearities (1e-6 "
        "of its scale passes, 1e-3 warns), else by Monte Carlo (6 standard errors).",
        nngp_matches_finite},
    Check{"layer, both", "ntk-matches-finite",
          "The NTK is the second moment of the finite layer's derivative, within the same bounds.",
          ntk_matches_finite},

    Check{"layer, finite", "stays-inside-arrays",
          "The forward pass and its derivative write every number of their output, whatever was "
          "there before; no function writes anything else.",
          stays_inside_arrays},
    Check{"layer, finite", "jvp-vs-differences",
          "The forward derivative agrees with differences of the forward pass.",
          jvp_vs_differences},
    Check{"layer, finite", "vjp-is-adjoint",
          "The backward derivative is the transpose of the forward one.", vjp_is_adjoint},
    Check{"layer, finite", "init-same-seed-same-theta",
          "A seed determines the initial weights on any thread; another seed gives other weights.",
          init_same_seed_same_theta},
    Check{"layer, finite", "vjp-accumulates",
          "Gradients are added to what is there, and not computed where they are not wanted.",
          vjp_accumulates},

    Check{
        "solver", "residual",
        "Solutions have the residual that rounding allows (by products: 1e-10 of the matrix), and "
        "the one that is reported.",
        residual, Scope::solvers},
    Check{"solver", "logdet-vs-eigen", "The log-determinant agrees with known eigenvalues.",
          logdet_vs_eigen, Scope::solvers},
    Check{"solver", "not-spd-gives-index",
          "A matrix that is not positive definite is refused, with the leading minor that failed "
          "unless only products are known.",
          not_spd_gives_index, Scope::solvers},
    Check{
        "solver", "eigen-orthogonal-ascending",
        "Eigenvalues ascend, eigenvectors are orthonormal rows, and together they are the matrix.",
        eigen_orthogonal_ascending, Scope::solvers},
    Check{"solver", "products-of-operator",
          "The operator form solves the same equations, uses an operator until its factor is "
          "released and no longer, counts its iterations, and stops when a product fails.",
          products_of_operator, Scope::solvers},
    Check{"solver", "concurrent-solve",
          "Many threads solving with one factor get the bits that one thread gets.",
          concurrent_solve, Scope::solvers},
    Check{"solver", "leaves-blas-threads-alone",
          "The process-wide number of OpenBLAS threads is not changed.", leaves_blas_threads_alone,
          Scope::solvers},
};

}  // namespace

std::span<const Check> checks() noexcept { return table; }

const Check* find_check(std::string_view name) noexcept {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const Check& check) { return check.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace widelimit::conformance
