// Reading golden cases.
#include "core/inference/golden.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace {

widelimit::Matrix as_matrix(const Array& a) {
  const std::int64_t rows = a.shape.at(0), cols = a.shape.size() > 1 ? a.shape[1] : 1;
  widelimit::Matrix m(rows, cols);
  std::copy(a.numbers.begin(), a.numbers.end(), m.data());
  return m;
}

}  // namespace

Array read_array(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.size() < 10 || bytes.compare(1, 5, "NUMPY") != 0)
    throw std::runtime_error("not an .npy file: " + path);
  const std::size_t start = 10 + static_cast<unsigned char>(bytes[8]) +
                            256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[9]));
  const std::string header = bytes.substr(10, start - 10);
  if (header.find("<f8") == std::string::npos || header.find("False") == std::string::npos)
    throw std::runtime_error("not float64 in C order: " + path);
  Array a;
  const std::size_t open = header.find('('), close = header.find(')');
  std::istringstream numbers(header.substr(open + 1, close - open - 1));
  for (std::string n; std::getline(numbers, n, ',');)
    if (n.find_first_of("0123456789") != std::string::npos) a.shape.push_back(std::stoll(n));
  a.numbers.resize((bytes.size() - start) / sizeof(double));
  std::memcpy(a.numbers.data(), bytes.data() + start, a.numbers.size() * sizeof(double));
  return a;
}

GoldenCase::GoldenCase(const std::string& name)
    : folder(std::string(WIDELIMIT_TEST_GOLDEN) + "/" + name + "/") {
  const char* const kernels[] = {"nngp", "ntk"};
  const char* const parts[] = {"train_train", "test_train", "test_test"};
  for (int k = 0; k < 2; ++k)
    for (int p = 0; p < 3; ++p)
      blocks[k][p] =
          as_matrix(expected("kernel/" + std::string(parts[p]) + "." + kernels[k] + ".npy"));
  y_train = as_matrix(read_array(folder + "y_train.npy"));
  y_test = as_matrix(read_array(folder + "y_test.npy"));
}

widelimit::InferenceProblem GoldenCase::problem() const {
  widelimit::InferenceProblem p;
  p.kernels.nngp = {&blocks[0][0], &blocks[0][1], &blocks[0][2], nullptr};
  p.kernels.ntk = {&blocks[1][0], &blocks[1][1], &blocks[1][2], nullptr};
  p.y_train = &y_train;
  p.y_test = &y_test;
  return p;
}

Array GoldenCase::expected(const std::string& file) const {
  return read_array(folder + "expected/" + file);
}
