// The interface of all data sources. Opening a source reads only its shape. Samples are read when
// it is known which ones are needed.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace widelimit::detail {

class Source {
 public:
  virtual ~Source() = default;
  /// The number of all samples of the source, before offset and limit.
  [[nodiscard]] const DataShape& shape() const noexcept { return shape_; }
  /// Samples [begin, begin + count), Throws Error(usage) with the position of a number that is not
  /// finite.
  [[nodiscard]] virtual Dataset read(std::int64_t begin, std::int64_t count) const = 0;
  /// Only the targets of these samples.
  [[nodiscard]] virtual Matrix read_targets(std::int64_t begin, std::int64_t count) const = 0;
  /// Reading reports "read data" to the control and stops when it is cancelled. The control may be
  /// NULL.
  void set_control(Control* control) noexcept { control_ = control; }

 protected:
  void report(std::int64_t done, std::int64_t total) const {
    if (control_ == nullptr) return;
    control_->check();
    control_->report({"read data", done, total});
  }

  DataShape shape_;

 private:
  Control* control_ = nullptr;
};

/// Throws Error(usage) if the files cannot be a source, for example if x and y have different
/// lengths.
[[nodiscard]] std::unique_ptr<Source> open_source(const DataSource& spec);

[[nodiscard]] std::unique_ptr<Source> open_npy_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_csv_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_idx_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_regression_source(const DataSource& spec);

}  // namespace widelimit::detail
