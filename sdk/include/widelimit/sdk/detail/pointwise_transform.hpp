// One call of a pointwise transform: which loop carries the run. Every loop is compiled for every
// layer, precision and target, and the time that takes is why there are few: those for the runs
// that tiles of kernels of dense networks are made of, one for all others, and for layers that ask
// for it (elementwise.hpp: specialised_loops) more of them, among those the loops over images.
//
// Pending maps of window 1 and stride 1 are applied on the way, and by layers with `moments`
// windows of 3; others are refused (WIDELIMIT_E_UNSUPPORTED), so core materialises them before the
// call.
//
// Thread safety: pure functions of a run; many at once.
#pragma once

#include <widelimit/sdk/detail/any_sweep.hpp>
#include <widelimit/sdk/detail/field_sweep.hpp>
#include <widelimit/sdk/detail/pointwise.hpp>

#include <cstdint>
#include <type_traits>

namespace widelimit::sdk::detail {

template <class L>
concept AsksForSpecialisedLoops = requires {
  requires L::specialised_loops;
};

/// Does a loop of its own carry this run of one variance a site, without a window?
template <class T, class L>
bool sweep_specialised(const L& layer, const widelimit_run& run, Pending pending) {
  if (run.output->ntk == nullptr) return sweep<T>(layer, run, WithoutNtk()), true;
  if (pending == Pending::common) return sweep<T>(layer, run, WithCommonNtk()), true;
  if constexpr (AsksForSpecialisedLoops<L>) return sweep<T>(layer, run, WithNtk{pending}), true;
  return false;
}

template <class T, bool with_ntk, class L>
void sweep_field(const L& layer, const widelimit_run& run, bool window) {
  constexpr bool kept = numbers_of_site_terms<L>() > 0;
  if (window) return sweep_rows<T, with_ntk, kept, true>(layer, run);
  if constexpr (kept) sweep_rows<T, with_ntk, true, false>(layer, run);
}

template <class T, class L>
void transform_field_as(const L& layer, const widelimit_run& run) {
  const bool window = has_window(pending_of(run, 0));
  const bool on_rows = window || run.variances->n_site_terms != 0;
  if (on_rows && (run.variances->n_site_terms != numbers_of_site_terms<L>() ||
                  run.output->lanes != lanes_of_fields))
    throw Error(WIDELIMIT_E_ARGUMENT,
                "runs with windows come with the site terms that the plan asked for, on 16 lanes");
  const Pending pending = window ? Pending::common : pending_kind(pending_of(run, 0));
  if (run.variances->first_lanes == 1) {
    if (!on_rows) {
      if (sweep_specialised<T>(layer, run, pending)) return;
    } else if constexpr (AsksForSpecialisedLoops<L>) {
      return run.output->ntk != nullptr ? sweep_field<T, true>(layer, run, window)
                                        : sweep_field<T, false>(layer, run, window);
    }
  }
  sweep_any<T>(layer, run, window, pending);
}

/// With `layer.moments`: any kind of run.
template <class L>
void transform_field(const L& layer, const widelimit_run& run) {
  check_run(run, true);
  if (run.output->dtype == WIDELIMIT_F32)
    transform_field_as<float>(layer, run);
  else
    transform_field_as<double>(layer, run);
}

/// With moments that take their time, so that the loop around them does not matter.
template <class L>
void transform_pointwise(const L& layer, const widelimit_run& run) {
  check_run(run, true);
  const Pending pending = pending_kind(pending_of(run, 0));
  if (run.output->dtype == WIDELIMIT_F32)
    sweep_any<float>(layer, run, false, pending);
  else
    sweep_any<double>(layer, run, false, pending);
}

}  // namespace widelimit::sdk::detail
