// The directory of a run and its record, run.json: which files the run owns, what it finished, how
// long it took. The record is written after every step, so that it is true whenever the program
// ends.
// Thread safety: one thread at a time.
#pragma once

#include "common/json.hpp"
#include "lock.hpp"

#include <widelimit/kernel.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::experiment {

/// A kernel in the directory of a run.
struct KernelFile {
  Block block = Block::train_train;
  Kernel kernel = Kernel::nngp;
  /// Relative to the directory.
  std::string file;
  std::int64_t rows = 0, cols = 0;
};

/// What run.json says. Members that are JSON are sections written by the step that knows them.
struct Record {
  std::string status = "interrupted";
  std::optional<std::string> error;
  std::vector<std::string> kept;
  std::string title, experiment_file, started, fingerprint;
  std::vector<std::string> command;
  apps::Json experiment, data, network, finite, seeds;
  std::vector<KernelFile> kernels;
  apps::Json::Array inference, timings;
  int threads = 0;
  std::vector<std::string> warnings, files;
  /// What the run was expected to cost; NaN: not known.
  double seconds_forecast = 0, memory_forecast = 0, disk_forecast = 0;
  /// What it took, once it is finished; disk in bytes.
  std::optional<double> seconds, disk;

  /// The whole document; peak memory is measured here.
  [[nodiscard]] apps::Json json() const;
};

/// The part of an earlier run that a later one uses.
struct EarlierRun {
  std::filesystem::path directory;
  std::string fingerprint;
  /// Its resolved configuration.
  apps::Json experiment;
  std::vector<KernelFile> kernels;
  std::vector<std::string> files;
};
/// Unset where `directory` has no run.json. Throws Error(usage) where run.json is not what a run
/// writes. Files outside the directory are never listed.
[[nodiscard]] std::optional<EarlierRun> read_earlier(const std::filesystem::path& directory);

/// Adds files, relative to the directory, to those that its run.json lists, so that the next run
/// there replaces them. Throws Error.
void list_files(const std::filesystem::path& directory,
                const std::vector<std::filesystem::path>& files);

class RunDirectory {
 public:
  /// Creates the directory, and keeps other runs out of it. Throws Error(io).
  explicit RunDirectory(std::filesystem::path directory);
  /// Removes a directory that it created where nothing was written to it.
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_; }
  [[nodiscard]] const DirectoryLock& lock() const noexcept { return *lock_; }
  /// Makes room for this run: removes the files of `earlier`, except the kernels of `reused` that
  /// are in this directory, which this run owns from now on, and the half-written files of programs
  /// that were killed.
  void replace(const std::optional<EarlierRun>& earlier, const std::optional<EarlierRun>& reused);
  /// Where to write a file of this run; makes its folder.
  [[nodiscard]] std::filesystem::path prepare(const std::string& relative) const;
  /// Lists the file as one of this run.
  void add(const std::string& relative);
  [[nodiscard]] bool lists(const std::string& relative) const;
  /// Removes a file of this run.
  void remove(const std::string& relative);
  void add(const KernelFile& kernel);
  void write(const std::string& relative, std::string_view text);
  /// Bytes of all files of this run.
  [[nodiscard]] double disk_bytes() const;
  /// Writes run.json.
  void write_record();
  void warn(std::string message);
  /// Runs `step`, notes its time under `phase` and, unless it is empty, `kept` among the finished
  /// results; then writes the record.
  void step(const std::string& phase, const std::string& kept, const std::function<void()>& step);

  Record record;
  /// Called as things happen; may be empty.
  std::function<void(const std::string&)> on_warning;
  std::function<void(const std::string& phase)> on_begin;
  std::function<void(const std::string& phase, double seconds)> on_step;

 private:
  std::filesystem::path directory_;
  /// The deeper ones first.
  std::vector<std::filesystem::path> created_;
  std::optional<DirectoryLock> lock_;
};

}  // namespace widelimit::experiment
