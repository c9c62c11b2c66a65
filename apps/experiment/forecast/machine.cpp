// /proc/meminfo and control groups: version 2 (Linux, Documentation/admin-guide/cgroup-v2.rst) and
// the memory controller of version 1.
#include "machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

constexpr double unknown = std::numeric_limits<double>::infinity();

double built_in(const fs::path& root) {
  std::ifstream lines(root / "proc/meminfo");
  for (std::string line; std::getline(lines, line);)
    if (double kib = 0; line.starts_with("MemTotal:") && std::istringstream(line.substr(9)) >> kib)
      return kib * 1024;
  return unknown;
}

/// "max", and files that are not there, are no limit.
double limit_in(const fs::path& file) {
  double bytes = 0;
  return std::ifstream(file) >> bytes ? bytes : unknown;
}

/// The least limit of the group at `path` below `mount` and of those it is part of.
double least_limit(const fs::path& mount, fs::path path, const char* name) {
  double least = limit_in(mount / name);
  for (path = path.relative_path(); !path.empty(); path = path.parent_path())
    least = std::min(least, limit_in(mount / path / name));
  return least;
}

}  // namespace

double machine_memory(const fs::path& root) {
  double bytes = built_in(root);
  const fs::path mount = root / "sys/fs/cgroup";
  // Each line is HIERARCHY:CONTROLLERS:PATH; version 2 is hierarchy 0, without controllers.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") bytes = std::min(bytes, least_limit(mount, path, "memory.max"));
    if (controllers.find(",memory,") != std::string::npos)
      bytes = std::min(bytes, least_limit(mount / "memory", path, "memory.limit_in_bytes"));
  }
  return bytes;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace widelimit::experiment
