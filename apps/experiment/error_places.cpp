// Which value of the experiment an error is about.
#include "error_places.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace widelimit::experiment {

Error with_file(const Error& error, const ExperimentText& text) {
  std::vector<Problem> problems = error.problems();
  bool changed = false;
  for (Problem& problem : problems) {
    if (!problem.file.empty() || problem.pointer.empty()) continue;
    const Remedy remedy = problem.remedy;
    problem = text.problem(problem.pointer, std::move(problem.message));
    problem.remedy = remedy;
    changed = true;
  }
  return changed ? Error(error.code(), std::move(problems), error.facts()) : error;
}

Error with_pointer(const Error& error, const std::string& pointer) {
  std::vector<Problem> problems = error.problems();
  if (!problems.front().pointer.empty() || !problems.front().file.empty()) return error;
  problems.front().pointer = pointer;
  return Error(error.code(), std::move(problems), error.facts());
}

Error with_data_value(const Error& error, const DataSpec& data) {
  const std::filesystem::path& at_fault = error.facts().path;
  if (at_fault.empty()) return error;
  for (const DataSource* source : {&data.train, data.test ? &*data.test : nullptr}) {
    if (!source) continue;
    const bool idx = source->type == SourceType::idx;
    const bool one_file = source->type == SourceType::csv || source->type == SourceType::npz;
    for (const auto& [file, key] : {std::pair(&source->x, idx        ? "/images"
                                                          : one_file ? "/path"
                                                                     : "/x"),
                                    std::pair(&source->y, idx ? "/labels" : "/y"),
                                    std::pair(source->rows ? &*source->rows : nullptr, "/rows")}) {
      if (file == nullptr || file->empty() || *file != at_fault) continue;
      std::error_code ignored;
      const bool missing = !std::filesystem::exists(*file, ignored);
      return Error(error.code(),
                   error.problems().front().text() +
                       (missing ? "; paths are relative to the folder of the experiment" : ""),
                   source->place.pointer + key, error.facts());
    }
  }
  return error;
}

}  // namespace widelimit::experiment
