// A folder of its own for each case, with copies of the fixtures of tests/plugins_bad in it.
#pragma once

#include <widelimit/runtime.hpp>

#include <filesystem>
#include <initializer_list>
#include <string>

namespace widelimit::test {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Copies fixtures into the folder; the path of the last.
  std::filesystem::path add(std::initializer_list<const char*> names) const;
  /// Under another file name (without .so).
  std::filesystem::path add_as(const char* name, const std::string& as) const;

 private:
  std::filesystem::path path_;
};

/// Nothing from the environment or the installation: these directories alone.
RuntimeOptions only(std::initializer_list<std::filesystem::path> directories);
/// What the search says of a file; empty where it does not mention it.
std::string outcome(const Runtime& runtime, const std::string& file_name);
/// The last thing it says of that file.
std::string last_outcome(const Runtime& runtime, const std::string& file_name);
/// Is a file mapped into this process?
bool mapped(const std::filesystem::path& file);
NetworkSpec network_of(const std::string& type);

}  // namespace widelimit::test
