// Reads the authors' files, writes tables, row numbers and experiments.
#include "sets.hpp"

#include "common/numbers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace widelimit::uci90 {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& file, std::int64_t line, const std::string& message) {
  throw Error(ErrorCode::usage, file.string() + ":" + std::to_string(line) + ": " + message);
}

std::ifstream open(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw Error(ErrorCode::usage, file.string() + ": cannot be read");
  return in;
}

/// The number after "KEY=".
std::int64_t described(const fs::path& file, const std::string& key) {
  std::ifstream in = open(file);
  std::string line;
  while (std::getline(in, line)) {
    if (!line.starts_with(key + "=")) continue;
    std::istringstream rest(line.substr(key.size() + 1));
    std::int64_t value = 0;
    if (rest >> value && value > 0) return value;
  }
  throw Error(ErrorCode::usage, file.string() + ": expected a line \"" + key + "= NUMBER\"");
}

/// Lines of row numbers, each into a file of its own.
void write_rows(const fs::path& from, const std::vector<std::string>& names, std::int64_t samples,
                const fs::path& folder) {
  std::ifstream in = open(from);
  std::string line;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!std::getline(in, line))
      refuse(from, std::ssize(names), "expected a line of row numbers for " + names[i]);
    std::istringstream words(line);
    std::int64_t row = 0, count = 0;
    while (words >> row) {
      if (row < 0 || row >= samples)
        refuse(from, static_cast<std::int64_t>(i) + 1,
               "there is no row " + std::to_string(row) + " among " + std::to_string(samples));
      ++count;
    }
    if (count == 0 || !words.eof())
      refuse(from, static_cast<std::int64_t>(i) + 1, "expected row numbers from 0");
    write_file(folder / (names[i] + ".rows"), line + "\n");
  }
}

/// Tabs become commas; the first column, a row number, goes.
void write_table(const fs::path& from, const Set& set, const fs::path& to) {
  std::ifstream in = open(from);
  std::string line, table;
  for (std::int64_t f = 0; f < set.features; ++f) table += "f" + std::to_string(f + 1) + ",";
  table += "class\n";
  std::getline(in, line);  // names
  std::int64_t rows = 0;
  while (std::getline(in, line)) {
    std::erase(line, '\r');
    if (line.empty()) continue;
    ++rows;
    if (std::ranges::count(line, '\t') != set.features + 1)
      refuse(from, rows + 1,
             "expected a row number, " + std::to_string(set.features) +
                 " features and a class, separated by tabs");
    std::ranges::replace(line, '\t', ',');
    table.append(line, line.find(',') + 1).append("\n");
  }
  if (rows != set.samples)
    throw Error(ErrorCode::usage, from.string() + ": has " + std::to_string(rows) +
                                      " samples; its description promises " +
                                      std::to_string(set.samples));
  write_file(to, table);
}

std::string in_words(const ReluNetwork& kernel) {
  return std::to_string(kernel.depth) + " hidden layers, the first " +
         std::to_string(kernel.frozen) + " untrained";
}

}  // namespace

std::vector<Set> find_sets(const fs::path& data) {
  std::error_code error;
  std::vector<Set> sets;
  for (const fs::directory_entry& entry : fs::directory_iterator(data, error)) {
    Set set{.name = entry.path().filename().string(), .folder = entry.path()};
    const fs::path description = set.folder / (set.name + ".txt");
    if (!fs::is_regular_file(description, error)) continue;
    set.samples = described(description, "n_patrons1");
    set.features = described(description, "n_entradas");
    set.classes = described(description, "n_clases");
    sets.push_back(std::move(set));
  }
  if (sets.empty())
    throw Error(ErrorCode::usage, data.string() +
                                      ": no folder NAME with a file NAME.txt in it; expected the "
                                      "sets' folder of the authors' archive");
  std::ranges::sort(sets, {}, &Set::name);
  return sets;
}

Experiments::Experiments(const Set& set, const fs::path& out) : set_(set), folder_(out / set.name) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error(ErrorCode::io,
                "cannot make the directory " + folder_.string() + ": " + error.message());
  write_table(set.folder / (set.name + "_R.dat"), set, folder_ / "data.csv");
  write_rows(set.folder / "conxuntos.dat", {"choose.train", "choose.test"}, set.samples, folder_);
  std::vector<std::string> names;
  for (int i = 1; i <= folds; ++i)
    for (const char* part : {".train", ".test"}) names.push_back("fold" + std::to_string(i) + part);
  write_rows(set.folder / "conxuntos_kfold.dat", names, set.samples, folder_);
}

fs::path Experiments::choose(const ReluNetwork& kernel) const {
  return write(
      "choose.depth" + std::to_string(kernel.depth) + ".frozen" + std::to_string(kernel.frozen),
      "choose", kernel, R"({"start": 1e-4, "stop": 1e4, "num": 9})");
}

fs::path Experiments::fold(int fold, const ReluNetwork& kernel, double ridge) const {
  const std::string rows = "fold" + std::to_string(fold);
  return write(rows, rows, kernel, apps::number_text(ridge));
}

fs::path Experiments::write(const std::string& stem, const std::string& rows,
                            const ReluNetwork& kernel, const std::string& ridge) const {
  const auto source = [&](const char* part) {
    return R"({"type": "csv", "path": "data.csv", "target": "class", "rows": ")" + rows + "." +
           part + ".rows\"}";
  };
  // The first layer gives x.x', every other one keeps the variance through its ReLU.
  std::string network;
  for (int layer = 0; layer <= kernel.depth; ++layer) {
    const double deviation =
        layer == 0 ? std::sqrt(static_cast<double>(set_.features)) : std::sqrt(2.0);
    network += std::string(layer == 0 ? "" : ",\n    \"relu\", ") +
               R"({"type": "dense", "W_std": )" + apps::number_text(deviation) +
               (layer < kernel.frozen ? R"(, "trainable": false})" : "}");
  }
  fs::path file = folder_ / (stem + ".json");
  write_file(file, R"({
  "format": 1,
  "title": ")" + set_.name +
                       ": " + in_words(kernel) + R"(",
  "data": {
    "train": )" + source("train") +
                       R"(,
    "test": )" + source("test") +
                       R"(
  },
  "preprocess": [{"type": "one_hot", "classes": )" +
                       std::to_string(set_.classes) + R"(}],
  "network": [
    )" + network + R"(
  ],
  "kernel": {"compute": ["ntk"]},
  "inference": [
    {"method": "gp_inference", "kernels": ["ntk"], "diag_reg_absolute_scale": true, "leave_one_out": false,
     "diag_reg": )" + ridge +
                       R"(}
  ]
}
)");
  return file;
}

}  // namespace widelimit::uci90
