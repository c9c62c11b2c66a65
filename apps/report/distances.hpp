// How far an ensemble of trained finite networks is from its limit, in numbers.
// Thread safety: pure functions, but distances_html: one thread per run.
#pragma once

#include "predictions.hpp"
#include "run.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace widelimit::report {

/// A statistic of an ensemble with its standard error, by the jackknife over its members (Efron and
/// Stein 1981): members are independent, the test samples of one are not. NaN where there are too
/// few members.
struct Estimate {
  double value = 0, error = 0;
};

/// Over all outputs and test samples i; mu_i and sigma_i are the limit's mean and standard
/// deviation, m_i and s_i those of M members.
struct Distance {
  std::size_t members = 0;
  Estimate difference;  ///< root mean square of m_i - mu_i, in units of the target
  Estimate relative;    ///< root mean square of (m_i - mu_i) / sigma_i; M^(-1/2) by chance alone
  Estimate spread;      ///< root mean square of s_i / sigma_i, s_i^2 unbiased; of a limit 1
};
/// `outputs` as many as there are in both, of as many samples. Where no sigma_i is positive the
/// relative numbers are NaN; samples where it is not are left out of them.
Distance distance_of(const std::vector<Prediction>& outputs, const MemberPredictions& members);

/// A table with a column for each inference; empty where there are no finite networks. A broken
/// file is a warning of the run.
std::string distances_html(Run& run);

}  // namespace widelimit::report
