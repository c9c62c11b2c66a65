// When two samples count as nearly parallel.
#pragma once

namespace widelimit::detail {

/// Nonlinearities read the angle between two samples, arccos c of their correlation c. From
/// covariances of 24 bits, 1 - |c| comes with an error of about 1e-7 whatever its size, and the
/// angle with one of 1e-7 / sqrt(2 (1 - |c|)): half of the digits where samples are parallel. Pairs
/// with 1 - |c| below this are computed in float64. At this distance the angle is 0.18, its error
/// in float32 is 1e-6, and that of relu's slope, 1/2 - angle / (2 pi), is 2e-7.
inline constexpr float closeness = 1.0F / 64;

}  // namespace widelimit::detail
