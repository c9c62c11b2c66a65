// Networks with sites by brute force: the whole covariance K[p, q] of every pair of sites, every
// layer literally by its formula, one pair of samples at a time. No displacement anywhere.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::test {

/// A layer as JSON writes it; members that its type does not have are not looked at.
struct TensorLayer {
  std::string type;
  std::vector<int> window{}, strides{}, dilation{};
  std::string padding = "VALID";
  bool normalize_edges = false;
  double W_std = 1, b_std = 0;
  bool standard = false, trainable = true;
  int channels = 1;
  std::string axis = "channel";
  double a = 1, b = 1, c = 0;  ///< of functions; alpha and gamma are a
  std::vector<std::vector<TensorLayer>> inputs{};
};
using TensorNetwork = std::vector<TensorLayer>;

[[nodiscard]] std::string to_json(const TensorNetwork& network);

/// Kernels [n1, n2] of samples [n, site..., channel], and the variances of both sets.
struct TensorKernels {
  Matrix nngp, ntk;
  std::vector<double> variance1, variance2;
};
[[nodiscard]] TensorKernels full_tensor(const TensorNetwork& network, const std::vector<int>& sites,
                                        const Matrix& x1, const Matrix& x2);

/// Of samples x [n, site..., channel] after each layer of `network` (not of its branches): means
/// over samples and sites of K[p, p] and Theta[p, p] of a sample with itself, and over pairs of
/// samples and sites of the correlation.
struct TensorStatistics {
  double variance = 0, correlation = 0, ntk = 0;
};
[[nodiscard]] std::vector<TensorStatistics> full_tensor_statistics(const TensorNetwork& network,
                                                                   const std::vector<int>& sites,
                                                                   const Matrix& x);

/// Output sites of a window along one axis, and the input site that its tap `tap` reads for output
/// site i; -1: padding. The usual convention; CIRCULAR has the lengths of SAME.
[[nodiscard]] int output_sites(int n, int k, int s, int dilation, const std::string& padding);
[[nodiscard]] int site_read(int n, int k, int s, int dilation, const std::string& padding, int i,
                            int tap);

}  // namespace widelimit::test
