// A run's directory made by hand, as a finished run of the program would leave it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::test {

struct Names {
  std::string title = "A small run";
  std::string feature = "height", other_feature = "width", output = "weight";
  std::string method = "gradient_descent_mse_ensemble";  ///< the experiment's name of its inference
  double inference_rate = 1, finite_rate = 0.1;
};

class RunDirectory {
 public:
  /// Everything a run may leave: 9 training and 4 test samples, 2 features, 1 output, both kernels,
  /// one inference at infinite time, losses, 2 finite networks.
  explicit RunDirectory(const Names& names = {});
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  void write(const std::filesystem::path& file, std::string_view text) const;
  /// A kernel or predictions, value by flat index, as float32.
  void write_npy(const std::filesystem::path& file, const std::vector<int>& shape,
                 const std::function<double(int)>& value) const;
  void remove(const std::filesystem::path& file) const;
  [[nodiscard]] std::string read(const std::filesystem::path& file) const;
  /// Replaces the first occurrence in a file; the text must be there.
  void edit(const std::filesystem::path& file, std::string_view from, std::string_view to) const;

 private:
  std::filesystem::path path_;
};

}  // namespace widelimit::test
