// widelimit run: an experiment from data to report.
#include "run_verb.hpp"

#include "common/numbers.hpp"
#include "common/table.hpp"

#if WIDELIMIT_HAS_REPORT
#include "report/report.hpp"
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <utility>

namespace widelimit::program {
namespace {

using apps::Json;
using experiment::Finished;

std::string formatted(const char* format, double value, int decimals = 0) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, decimals, value);
  return text.data();
}

/// One column as cells: four digits of the smallest number, and as many decimals in all; powers of
/// ten where that would be a long tail of decimals. Empty where a number is not defined.
std::vector<std::string> cells(const std::vector<double>& numbers) {
  constexpr double least = 1e-3, most = 1e6;
  double smallest = most, largest = least;
  for (const double x : numbers)
    if (std::isfinite(x) && x != 0) {
      smallest = std::min(smallest, std::abs(x));
      largest = std::max(largest, std::abs(x));
    }
  const bool fixed = smallest >= least && largest <= most;
  const int decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(smallest))), 0, 6);
  std::vector<std::string> texts;
  for (const double x : numbers)
    texts.push_back(!std::isfinite(x) ? ""
                    : fixed           ? formatted("%.*f", x, decimals)
                                      : formatted("%.*e", x, 3));
  return texts;
}

/// All digits, or "inf"; empty for null.
std::string number_text(const Json& value) {
  return value.is_null() ? "" : apps::number_text(value.number());
}

std::string metrics_table(const Json& metrics) {
  constexpr std::array keys{"rmse", "mae", "r2", "nlpd", "coverage_95", "accuracy"};
  std::vector<std::string> names;
  std::vector<Json> rows;
  for (const auto& [name, values] : metrics.members()) {
    for (std::size_t i = 0; i < (values.is_array() ? values.size() : 1); ++i) {
      rows.push_back(values.is_array() ? values[i] : values);
      names.push_back(i == 0 ? name : "");
    }
  }
  std::vector<std::string> heads{"", "time", "diag_reg"};
  std::vector<std::vector<std::string>> columns{names, {}, {}};
  for (const Json& row : rows) {
    columns[1].push_back(number_text(row["time"]));
    columns[2].push_back(number_text(row["diag_reg"]));
  }
  const auto add = [&](const char* head, const auto& value_of) {
    std::vector<double> numbers;
    for (const Json& row : rows) numbers.push_back(value_of(row).number());
    heads.emplace_back(head);
    columns.push_back(cells(numbers));
  };
  const auto add_within = [&](const char* head, const char* group, const char* key) {
    add(head, [&](const Json& row) { return row[group][key]; });
  };
  for (const char* key : keys) add(key, [&](const Json& row) { return row[key]; });
  add_within("calibration", "calibration", "expected_calibration_error");
  add_within("left-out rmse", "leave_one_out", "rmse");
  add_within("left-out accuracy", "leave_one_out", "accuracy");
  std::vector<apps::Align> sides(heads.size(), apps::Align::right);
  sides.front() = apps::Align::left;
  apps::Table table(heads, sides);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> row;
    for (const std::vector<std::string>& column : columns) row.push_back(column[i]);
    table.add(std::move(row));
  }
  return table.empty() ? "" : table.text() + "\n";
}

void summarise(const Finished& finished) {
  const std::string dir = finished.directory.string();
  std::cout << '\n' << metrics_table(finished.metrics) << "Results in " << dir;
  for (const std::string& file : finished.record.files)
    if (file == "report.html") std::cout << "; report: " << dir << "/report.html";
  std::cout << '\n';
}

int run(const RunVerb& verb, const Arguments& arguments) {
  experiment::RunOptions options;
#if WIDELIMIT_HAS_REPORT
  options.draw = [](const std::filesystem::path& directory) {
    report::Outcome outcome = report::draw(directory);
    return experiment::Drawing{std::move(outcome.warnings), std::move(outcome.files)};
  };
#endif
  const Finished finished = verb.run(arguments, std::move(options));
  if (!verb.quiet) summarise(finished);
  return done;
}

}  // namespace

Verb add_run(const Parser& program, const Arguments& arguments) {
  auto verb = std::make_shared<RunVerb>();
  const Parser parser = program.verb("run", "Run an experiment: kernels, inference, report");
  verb->add_to(parser, false,
               "Directory of the results; files of an earlier run in it are replaced "
               "[./STEM.out]");
  return {parser, [verb, &arguments] { return run(*verb, arguments); }};
}

}  // namespace widelimit::program
