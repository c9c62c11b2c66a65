// What the loader tests share: directories of plugins to search, and runtimes over them.
#include "core/plugin/fixtures.hpp"

#include <unistd.h>

#include <atomic>
#include <fstream>

namespace widelimit::test {

namespace fs = std::filesystem;

Folder::Folder() {
  static std::atomic<int> next{0};
  path_ = fs::temp_directory_path() /
          ("widelimit_plugins_" + std::to_string(getpid()) + "_" + std::to_string(next++));
  fs::create_directories(path_);
  path_ = fs::canonical(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::add(std::initializer_list<const char*> names) const {
  fs::path last;
  for (const char* name : names) last = add_as(name, name);
  return last;
}

fs::path Folder::add_as(const char* name, const std::string& as) const {
  const fs::path to = path_ / (as + ".so");
  fs::copy_file(fs::path(WIDELIMIT_TEST_BAD_PLUGINS) / (std::string(name) + ".so"), to);
  return to;
}

RuntimeOptions only(std::initializer_list<fs::path> directories) {
  RuntimeOptions o;
  o.plugin_path = directories;
  o.threads = 1;
  o.use_environment = false;
  o.use_install = false;
  return o;
}

std::string outcome(const Runtime& runtime, const std::string& file_name) {
  for (const SearchStep& s : runtime.search())
    if (fs::path(s.where).filename() == file_name) return s.outcome;
  return {};
}

std::string last_outcome(const Runtime& runtime, const std::string& file_name) {
  std::string last;
  for (const SearchStep& s : runtime.search())
    if (fs::path(s.where).filename() == file_name) last = s.outcome;
  return last;
}

bool mapped(const fs::path& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(file.string()) != std::string::npos) return true;
  return false;
}

NetworkSpec network_of(const std::string& type) {
  LayerSpec layer;
  layer.place.pointer = "/network/0";
  layer.type = type;
  layer.params = "{}";
  return {layer};
}

}  // namespace widelimit::test
