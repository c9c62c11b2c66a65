// Small experiments to run, and what they leave as values.
// Thread safety: one thread at a time.
#pragma once

#include "common/json.hpp"
#include "support/program.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::test {

/// make_regression, two layers, `inference` and more keys as text ("" or ", \"key\": ...").
[[nodiscard]] std::string regression(std::int64_t samples, const std::string& more = "");

/// The file as JSON; fails the test where it is none.
[[nodiscard]] apps::Json json(const std::filesystem::path& file);
/// The value at a path of keys; fails the test where there is none.
[[nodiscard]] apps::Json at(const apps::Json& value, const std::vector<std::string>& keys);
[[nodiscard]] double number(const apps::Json& value);
[[nodiscard]] std::string text(const apps::Json& value);
[[nodiscard]] std::vector<std::string> texts(const apps::Json& value);

/// A table of numbers with its header; "inf" is infinity, an empty cell NaN.
struct Csv {
  std::vector<std::string> header;
  std::vector<std::vector<double>> rows;
  [[nodiscard]] std::vector<double> column(const std::string& name) const;
};
[[nodiscard]] Csv csv(const std::filesystem::path& file);

/// Shape and numbers of a float64 or float32 .npy file of any rank, read without the library under
/// test.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};
[[nodiscard]] Array npy(const std::filesystem::path& file);

}  // namespace widelimit::test
