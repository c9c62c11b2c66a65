// Where samples come from: one interface over the kinds of data sources. Opening a source reads no
// more than its shape takes; reading happens once it is known which samples are wanted.
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
  /// Of the whole source, before offset and limit.
  [[nodiscard]] const DataShape& shape() const noexcept { return shape_; }
  /// Samples [begin, begin + count), every number finite or Error(usage) with its place.
  [[nodiscard]] virtual Dataset read(std::int64_t begin, std::int64_t count) const = 0;
  /// Their targets alone.
  [[nodiscard]] virtual Matrix read_targets(std::int64_t begin, std::int64_t count) const = 0;
  /// Reading reports "read data" to the control and stops when it is cancelled. NULL: nobody asks.
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

/// Throws Error(usage) for what cannot be a source, x and y of different lengths included.
[[nodiscard]] std::unique_ptr<Source> open_source(const DataSource& spec);

[[nodiscard]] std::unique_ptr<Source> open_npy_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_csv_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_idx_source(const DataSource& spec);
[[nodiscard]] std::unique_ptr<Source> open_regression_source(const DataSource& spec);

}  // namespace widelimit::detail
