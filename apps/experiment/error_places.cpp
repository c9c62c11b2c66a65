// Which value of the experiment an error is about.
#include "error_places.hpp"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace widelimit::experiment {

Error with_file(const Error& error, const ExperimentText& text) {
  std::vector<Problem> problems = error.problems();
  bool changed = false;
  for (Problem& problem : problems) {
    if (!problem.file.empty() || problem.pointer.empty()) continue;
    problem = text.problem(problem.pointer, std::move(problem.message));
    changed = true;
  }
  return changed ? Error(error.code(), std::move(problems)) : error;
}

Error with_pointer(const Error& error, const std::string& pointer) {
  std::vector<Problem> problems = error.problems();
  if (!problems.front().pointer.empty() || !problems.front().file.empty()) return error;
  problems.front().pointer = pointer;
  return Error(error.code(), std::move(problems));
}

Error with_data_value(const Error& error, const DataSpec& data) {
  const Problem& problem = error.problems().front();
  if (problem.file.empty()) return error;
  for (const DataSource* source : {&data.train, data.test ? &*data.test : nullptr}) {
    if (!source) continue;
    const bool idx = source->type == SourceType::idx, csv = source->type == SourceType::csv;
    for (const auto& [file, key] : {std::pair(&source->x, idx   ? "/images"
                                                          : csv ? "/path"
                                                                : "/x"),
                                    std::pair(&source->y, idx ? "/labels" : "/y"),
                                    std::pair(source->rows ? &*source->rows : nullptr, "/rows")}) {
      if (file == nullptr || file->empty() || file->string() != problem.file) continue;
      std::error_code ignored;
      const bool missing = !std::filesystem::exists(*file, ignored);
      return Error(
          error.code(),
          problem.text() + (missing ? "; paths are relative to the folder of the experiment" : ""),
          source->place.pointer + key, error.index());
    }
  }
  return error;
}

Error with_sample_source(const Error& error, Block block, const DataSpec& data) {
  const auto set_of = [&](bool rows) {
    return block == Block::train_train || (block == Block::test_train && !rows) ? "training set"
                                                                                : "test set";
  };
  std::string message = error.what();
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = message.find(from);
    if (at != std::string::npos) message.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  const bool rows = replace("of the rows", std::string("of the ") + set_of(true));
  const bool cols = replace("of the columns", std::string("of the ") + set_of(false));
  if ((!rows && !cols) || error.index() < 0) return error;
  const bool own_source = data.test && set_of(rows) == std::string_view("test set");
  const DataSource& source = own_source ? *data.test : data.train;
  if (source.type != SourceType::make_regression)
    message += "; sample " + std::to_string(error.index()) + " is from " + source.x.string() +
               (data.split ? ", split" : ", row " + std::to_string(source.offset + error.index()));
  return Error(error.code(), message, source.place.pointer, error.index());
}

}  // namespace widelimit::experiment
