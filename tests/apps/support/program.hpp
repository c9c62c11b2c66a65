// Runs the built program as a person would: arguments in; exit status, stdout and stderr out.
// Thread safety: one thread at a time.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace widelimit::test {

struct Result {
  int status = -1;  ///< of the exit; 128 + the signal where one ended it, as a shell says
  std::string out, err;
  long peak_kib = 0;  ///< largest resident set
  double seconds = 0;
};

struct Run {
  std::vector<std::string> arguments;
  std::filesystem::path directory = {};                 ///< to run in; empty: here
  std::map<std::string, std::string> environment = {};  ///< added to the test's own
  std::map<decltype(RLIMIT_AS), rlim_t> limits = {};    ///< in bytes, as of `ulimit`
  double seconds = 240;                                 ///< after which it is ended with SIGKILL
};

/// The program with the build's plugins on its path.
[[nodiscard]] Result run_program(const Run& run);
[[nodiscard]] Result run_program(std::vector<std::string> arguments);

/// A program that is still at work.
class Running {
 public:
  explicit Running(const Run& run);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// To a program that is still at work; false, and nothing, where it has ended.
  bool signal(int number);
  /// Waits until something is so; false where the program ended, or two minutes passed, before.
  [[nodiscard]] bool wait_until(const std::function<bool()>& is_so);
  /// Waits until `file` exists.
  [[nodiscard]] bool wait_for(const std::filesystem::path& file);
  [[nodiscard]] Result wait();
  [[nodiscard]] pid_t id() const noexcept { return child_; }

 private:
  [[nodiscard]] bool ended();
  pid_t child_ = -1;
  std::filesystem::path out_, err_;
  double begin_ = 0, longest_ = 0;
  Result result_;
  bool collected_ = false;
};

/// A directory that goes with its object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  /// Writes a file, and gives its path.
  std::string file(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read(const std::filesystem::path& file);
/// Relative names of everything that is a file below `directory`, sorted.
[[nodiscard]] std::vector<std::string> files_below(const std::filesystem::path& directory);
/// Is `part` a part of `text`? Prints both where it is not.
[[nodiscard]] bool contains(const std::string& text, const std::string& part);

}  // namespace widelimit::test
