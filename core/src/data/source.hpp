// The interface of all data sources. Opening a source reads only its shape. Samples are read when
// it is known which ones are needed.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>

#include "base/work_done.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace widelimit::detail {

class Source {
 public:
  /// Opening and reading stop when `control`, which may be NULL, is cancelled. Reading reports
  /// "read data" to it.
  explicit Source(const Control* control) noexcept : control_(control) {}
  virtual ~Source() = default;
  /// The number of all samples of the source, before offset and limit.
  [[nodiscard]] const DataShape& shape() const noexcept { return shape_; }
  /// Samples [begin, begin + count), Throws Error(usage) with the position of a number that is not
  /// finite.
  [[nodiscard]] virtual Dataset read(std::int64_t begin, std::int64_t count) const = 0;
  /// Only the targets of these samples.
  [[nodiscard]] virtual Matrix read_targets(std::int64_t begin, std::int64_t count) const = 0;

 protected:
  /// Reading so many numbers or samples.
  [[nodiscard]] WorkDone work(std::int64_t total) const {
    return WorkDone(control_, "read data", total);
  }

  DataShape shape_;
  const Control* control_;
};

/// Throws Error(usage) if the files cannot be a source, for example if x and y have different
/// lengths.
[[nodiscard]] std::unique_ptr<Source> open_source(const DataSource& spec, const Control* control);

[[nodiscard]] std::unique_ptr<Source> open_npy_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_npz_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_csv_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_idx_source(const DataSource& spec,
                                                      const Control* control);
[[nodiscard]] std::unique_ptr<Source> open_regression_source(const DataSource& spec,
                                                             const Control* control);

}  // namespace widelimit::detail
