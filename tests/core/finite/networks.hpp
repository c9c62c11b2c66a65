// Networks of finite width over the build's plugins, and what their tests share.
#pragma once

#include <widelimit/finite.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

[[nodiscard]] widelimit::Runtime make_runtime(int threads = 2);

/// The list of layers as JSON text, for samples of `channels` numbers.
[[nodiscard]] widelimit::FiniteNetwork finite(const widelimit::Runtime& runtime,
                                              std::string_view layers, std::int64_t channels);

/// Numbers of order one, the same for the same seed.
[[nodiscard]] widelimit::Matrix numbers(std::int64_t rows, std::int64_t cols, std::uint64_t seed);

[[nodiscard]] double dot(const double* a, const double* b, std::int64_t n);
[[nodiscard]] double norm(const double* a, std::int64_t n);

/// J J' / outputs of every pair of samples, J the Jacobian of the outputs by the parameters: the
/// empirical tangent kernel, [n, n].
[[nodiscard]] widelimit::Matrix empirical_ntk(const widelimit::FiniteNetwork& network,
                                              const std::vector<double>& theta,
                                              const widelimit::Matrix& x);
