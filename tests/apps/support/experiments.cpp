// Reading what a run leaves, by readers of the tests' own.
#include "experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sstream>

namespace widelimit::test {

using apps::Json;

std::string regression(std::int64_t samples, const std::string& more) {
  return R"({"format": 1, "title": "small", "seed": 3,
  "data": {"train": {"type": "make_regression", "n_samples": )" +
         std::to_string(samples) +
         R"(, "n_features": 3, "n_informative": 2, "noise": 0.5, "seed": 7},
           "split": {"test_fraction": 0.25}},
  "network": [{"type": "dense", "width": 16, "W_std": 1.5, "b_std": 0.1}, "relu",
              {"type": "dense", "width": 1, "W_std": 1.5, "b_std": 0.1}])" +
         more + "}\n";
}

Json json(const std::filesystem::path& file) {
  INFO(file.string());
  REQUIRE(std::filesystem::exists(file));
  return Json::read(file);
}

Json at(const Json& value, const std::vector<std::string>& keys) {
  Json here = value;
  for (const std::string& key : keys) {
    INFO("key " << key << " in " << here.one_line());
    const bool is_array = here.is_array();
    REQUIRE((is_array ? std::stoul(key) < here.size() : here.contains(key)));
    here = is_array ? here[std::stoul(key)] : here[key];
  }
  return here;
}

double number(const Json& value) {
  INFO(value.one_line());
  REQUIRE(value.is_number());
  return value.number();
}

std::string text(const Json& value) {
  INFO(value.one_line());
  REQUIRE(value.is_string());
  return value.text();
}

std::vector<std::string> texts(const Json& value) {
  REQUIRE(value.is_array());
  std::vector<std::string> all;
  for (const Json& element : value.elements()) all.push_back(text(element));
  return all;
}

std::vector<double> Csv::column(const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  INFO("column " << name);
  REQUIRE(found != header.end());
  std::vector<double> values;
  for (const std::vector<double>& row : rows)
    values.push_back(row.at(static_cast<std::size_t>(found - header.begin())));
  return values;
}

Csv csv(const std::filesystem::path& file) {
  INFO(file.string());
  REQUIRE(std::filesystem::exists(file));
  Csv table;
  std::istringstream lines(read(file));
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream rest(line + ",");
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    if (table.header.empty()) {
      table.header = cells;
      continue;
    }
    REQUIRE(cells.size() == table.header.size());
    std::vector<double> row;
    for (const std::string& cell : cells)
      row.push_back(cell.empty() ? std::numeric_limits<double>::quiet_NaN()
                                 : std::strtod(cell.c_str(), nullptr));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Array npy(const std::filesystem::path& file) {
  INFO(file.string());
  const std::string bytes = read(file);
  REQUIRE(bytes.size() > 10);
  const std::size_t length = static_cast<unsigned char>(bytes[8]) +
                             256u * static_cast<std::size_t>(static_cast<unsigned char>(bytes[9]));
  const std::string header = bytes.substr(10, length);
  const bool f32 = header.find("'<f4'") != std::string::npos;
  REQUIRE((f32 || header.find("'<f8'") != std::string::npos));
  Array array;
  const std::size_t open = header.find('(');
  std::istringstream shape(header.substr(open + 1, header.find(')') - open - 1));
  std::size_t entries = 1;
  for (std::string axis; std::getline(shape, axis, ',');)
    if (axis.find_first_of("0123456789") != std::string::npos) {
      array.shape.push_back(std::stoll(axis));
      entries *= static_cast<std::size_t>(array.shape.back());
    }
  const std::size_t size = f32 ? sizeof(float) : sizeof(double);
  REQUIRE(bytes.size() == 10 + length + entries * size);
  for (std::size_t i = 0; i < entries; ++i) {
    const char* from = bytes.data() + 10 + length + i * size;
    float narrow = 0;
    double wide = 0;
    std::memcpy(f32 ? static_cast<void*>(&narrow) : static_cast<void*>(&wide), from, size);
    array.values.push_back(f32 ? static_cast<double>(narrow) : wide);
  }
  return array;
}

}  // namespace widelimit::test
