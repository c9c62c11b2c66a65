// Golden cases: kernels, predictions and losses that an independent implementation computed.
#pragma once

#include <widelimit/inference.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// A float64 array of any shape.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> numbers;
};
[[nodiscard]] Array read_array(const std::string& path);

/// Blocks of both kernels and the targets of a case.
struct GoldenCase {
  explicit GoldenCase(const std::string& name);
  std::string folder;
  widelimit::Matrix blocks[2][3];  ///< [nngp, ntk][train_train, test_train, test_test]
  widelimit::Matrix y_train, y_test;
  [[nodiscard]] widelimit::InferenceProblem problem() const;
  [[nodiscard]] Array expected(const std::string& file) const;
};
