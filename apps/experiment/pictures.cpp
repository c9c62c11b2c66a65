// Chooses pictures and writes them, those of all inferences in one pass over their source.
#include "pictures.hpp"

#include "classes.hpp"
#include "common/sizes.hpp"
#include "csv.hpp"
#include "results.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::experiment {
namespace {

constexpr std::size_t pictures_of_class = 8, pictures_of_regression = 12;
constexpr std::int64_t most_classes = 20, most_targets = 4;

/// [picture, row, column, channel]: samples `rows` as one array.
void write_array(const std::string& file, const Samples& x, const std::vector<std::int64_t>& rows,
                 RunDirectory& directory) {
  std::vector<double> values;
  for (const std::int64_t row : rows)
    for (std::int64_t f = 0; f < x.features(); ++f) values.push_back(x.at(row, f));
  write_npy(directory.prepare(file), values.data(),
            {std::ssize(rows), x.shape().sites[0], x.shape().sites[1], x.shape().channels});
  directory.add(file);
}

}  // namespace

bool shows_pictures(const Samples& x) {
  return x.shape().sites.size() == 2 && (x.shape().channels == 1 || x.shape().channels == 3);
}

void write_samples(const Dataset& train, const TargetTransform& targets, RunDirectory& directory) {
  const Matrix y = in_original_units(train.y, targets);
  const bool classes = targets.classes.has_value();
  std::vector<std::int64_t> rows;
  std::vector<std::string> header{"sample"};
  if (classes) {
    header.emplace_back("class");
    const auto shown = to_size(std::min(y.cols(), most_classes));
    std::vector<std::vector<std::int64_t>> of_class(shown);
    for (std::int64_t i = 0; i < y.rows(); ++i) {
      const auto c = to_size(index_of_greatest(y.row(i)));
      if (c < shown && of_class[c].size() < pictures_of_class) of_class[c].push_back(i);
    }
    for (const auto& some : of_class) rows.insert(rows.end(), some.begin(), some.end());
  } else {
    for (std::int64_t i = 0; i < y.rows() && rows.size() < pictures_of_regression; ++i)
      rows.push_back(i);
    for (std::int64_t o = 0; o < std::min(y.cols(), most_targets); ++o)
      header.push_back(std::string("y").append(std::to_string(o)));
  }
  CsvTable table(header);
  for (const std::int64_t row : rows) {
    table.cell(row);
    if (classes) table.cell(index_of_greatest(y.row(row)));
    for (std::size_t o = 0; !classes && o + 1 < header.size(); ++o)
      table.cell(y(row, static_cast<std::int64_t>(o)));
    table.end_row();
  }
  directory.write("data/pictures.csv", table.text());
  write_array("data/pictures.npy", train.x, rows, directory);
}

void write_pictures(const DataSpec& data, std::uint64_t seed, const MistakesById& mistakes,
                    RunDirectory& directory) {
  std::vector<std::int64_t> wanted;
  for (const auto& [id, worst] : mistakes)
    for (const Mistake& mistake : worst) wanted.push_back(mistake.sample);
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  const Samples x = load_test_samples(data, seed, wanted).x;
  for (const auto& [id, worst] : mistakes) {
    std::vector<std::int64_t> rows;
    for (const Mistake& mistake : worst)
      rows.push_back(std::ranges::lower_bound(wanted, mistake.sample) - wanted.begin());
    write_array("predictions/" + id + ".mistakes.npy", x, rows, directory);
  }
}

}  // namespace widelimit::experiment
