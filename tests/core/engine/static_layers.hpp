// Layer types as plain static tables: the engine tested without loading anything. Every type has a
// formula that a few lines of naive code can repeat.
#pragma once

#include <widelimit/network.hpp>

#include "engine/plan/graph.hpp"
#include "engine/plan/linear_map.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::test {

using detail::Layer;
using Branches = std::vector<std::vector<Layer>>;

/// K' = scale K + bias, Theta' = ntk_nngp K + scale Theta + ntk_bias; random weights of its own.
Layer dense(detail::PointMap map, std::int64_t width = 0);
/// "ntk" parameterization.
Layer dense(double W_std, double b_std);
/// Linear, changes nothing.
Layer identity();
/// phi(x) = x^2: T = a b + 2 q^2, T' = 4 q.
Layer square();
/// The stable form of ReLU, one number at a time; in the diagonal exact to the bit.
Layer relu();
/// The mean over sites.
Layer flatten();
/// The mean over all pairs of sites, along one axis.
Layer mean_over_pairs();
Layer sum(Branches inputs);
Layer product(Branches inputs);
/// Weighted by channels.
Layer concat(Branches inputs);
/// Pointwise: copies its input, and calls `seen` on every run.
Layer spy(std::function<void(const widelimit_run&)> seen);
/// Pointwise: K' = factor K, to overflow with.
Layer amplify(double factor);
/// Linear, changes nothing, with a plan that `spoil` changes.
Layer spoiled(void (*spoil)(widelimit_plan&));
/// Pointwise: fails in its transform.
Layer failing(widelimit_status status, const std::string& message);

/// A network of layers, their pointers filled in, on its own executor.
Network network(std::vector<Layer> layers, int threads = 1);

/// Numbers of a small generator of its own, in [-1, 1).
Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed);
MatrixF to_float(const Matrix& a);

/// One pair of samples through the network by the formulas alone, in long double.
struct NaivePair {
  long double k = 0, theta = 0, a = 0, b = 0;  ///< covariance, NTK, the two variances
};
NaivePair naive(const std::vector<Layer>& layers, NaivePair in);

}  // namespace widelimit::test
