// The interface of all data sources. Opening a source reads only its shape. Samples are read when
// it is known which ones are needed.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>

#include "base/work_done.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace widelimit::detail {

/// A column of a table, beside its numbers: for each row that it holds a number, a gap, or which
/// word.
struct TextColumn {
  static constexpr std::int32_t number = 0, gap = -1;
  std::vector<std::int32_t> cells;  ///< number, gap or 1 + index in `words`; empty: numbers alone
  std::vector<std::string> words;
};

/// Rows as a source has them. What is not a number is 0 in `data`, and is in `x_text` or `y_text`,
/// which have one entry a column of a table and are empty for other sources.
struct SourceRows {
  Dataset data;
  std::vector<TextColumn> x_text, y_text;
  std::vector<std::int64_t> numbers;  ///< of the rows in the source
};

/// Which columns of a CSV file are what.
struct TableColumns {
  std::vector<std::string> names;  ///< empty: without a header
  std::size_t width = 0;
  std::vector<std::size_t> features, targets;  ///< positions in the file
  std::vector<bool> listed;  ///< of each feature: is it a category, whatever its values?
  bool automatic = false;    ///< are columns of words categories too?
};

class Source {
 public:
  /// Opening and reading stop when `control`, which may be NULL, is cancelled. Reading reports
  /// "read data" to it.
  explicit Source(const Control* control) noexcept : control_(control) {}
  virtual ~Source() = default;
  /// The number of all samples of the source, before offset and limit. The channels of a table are
  /// its columns.
  [[nodiscard]] const DataShape& shape() const noexcept { return shape_; }
  /// Samples [begin, begin + count), Throws Error(usage) with the position of a number that is not
  /// finite.
  [[nodiscard]] virtual Dataset read(std::int64_t begin, std::int64_t count) const = 0;
  /// Only the targets of these samples.
  [[nodiscard]] virtual Matrix read_targets(std::int64_t begin, std::int64_t count) const = 0;
  /// The same with what is not a number. `features`: not the targets alone.
  [[nodiscard]] virtual SourceRows read_rows(std::int64_t begin, std::int64_t count,
                                             bool features) const;
  /// NULL: not a table.
  [[nodiscard]] virtual const TableColumns* table() const { return nullptr; }
  /// Throws Error(usage) about a field of a table, with its text and position in front of
  /// `message`. `column` counts those of the file.
  [[noreturn]] void refuse_field(std::int64_t row, std::size_t column,
                                 const std::string& message) const;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 protected:
  /// Reading so many numbers or samples.
  [[nodiscard]] WorkDone work(std::int64_t total) const {
    return WorkDone(control_, "read data", total);
  }
  /// The problem with a field, for a table.
  [[nodiscard]] virtual Problem problem_with(std::int64_t row, std::size_t column,
                                             const std::string& message) const;

  DataShape shape_;
  std::vector<std::string> warnings_;
  const Control* control_;
};

/// What a source needs to know of the others.
struct SourceContext {
  bool labels = false;                     ///< targets are labels, which may be words
  const TableColumns* training = nullptr;  ///< of a test source: the table whose columns it has
};

/// Throws Error(usage) if the files cannot be a source, for example if x and y have different
/// lengths.
[[nodiscard]] std::unique_ptr<Source> open_source(const DataSource& spec,
                                                  const SourceContext& context,
                                                  const Control* control);

[[nodiscard]] std::unique_ptr<Source> open_npy_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_npz_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_csv_source(const DataSource& spec,
                                                      const SourceContext& context,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_idx_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_regression_source(const DataSource& spec,
                                                             const Control* control);

}  // namespace widelimit::detail
