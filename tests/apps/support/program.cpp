// fork, exec, and files for what the child prints.
#include "program.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace widelimit::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr double longest = 120;  // seconds a file may be waited for

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

fs::path unique_path(const char* kind) {
  static int number = 0;
  return fs::temp_directory_path() / ("widelimit-test-" + std::to_string(getpid()) + "-" +
                                      std::to_string(number++) + "." + kind);
}

[[noreturn]] void become(const Run& run, const fs::path& out, const fs::path& err) {
  if (!run.directory.empty() && chdir(run.directory.c_str()) != 0) _exit(125);
  const auto redirect = [](const char* file, int flags, int to) {
    const int from = open(file, flags, 0600);
    if (from < 0 || dup2(from, to) < 0) _exit(125);
  };
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  redirect(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  setenv("WIDELIMIT_PLUGIN_PATH", WIDELIMIT_TEST_PLUGINS, 1);
  for (const auto& [name, value] : run.environment) setenv(name.c_str(), value.c_str(), 1);
  for (const auto& [resource, bytes] : run.limits) {
    const rlimit both{bytes, bytes};
    if (setrlimit(resource, &both) != 0) _exit(125);
  }
  std::vector<char*> arguments;
  std::string program = WIDELIMIT_TEST_PROGRAM;
  arguments.push_back(program.data());
  std::vector<std::string> copies = run.arguments;
  for (std::string& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  _exit(126);
}

}  // namespace

Running::Running(const Run& run)
    : out_(unique_path("out")), err_(unique_path("err")), begin_(now()), longest_(run.seconds) {
  child_ = fork();
  if (child_ < 0) throw std::runtime_error(std::strerror(errno));
  if (child_ == 0) become(run, out_, err_);
}

Running::~Running() {
  if (!collected_) {
    kill(child_, SIGKILL);
    static_cast<void>(wait());
  }
}

bool Running::signal(int number) { return !ended() && kill(child_, number) == 0; }

bool Running::ended() {
  if (collected_) return true;
  int status = 0;
  rusage usage{};
  if (wait4(child_, &status, WNOHANG, &usage) == 0) return false;
  collected_ = true;
  result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result_.peak_kib = usage.ru_maxrss;
  result_.seconds = now() - begin_;
  result_.out = read(out_);
  result_.err = read(err_);
  fs::remove(out_);
  fs::remove(err_);
  return true;
}

bool Running::wait_until(const std::function<bool()>& is_so) {
  const double until = now() + longest;
  while (!is_so()) {
    if (ended() || now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

bool Running::wait_for(const fs::path& file) {
  return wait_until([&] { return fs::exists(file); });
}

Result Running::wait() {
  while (!ended()) {
    if (now() - begin_ > longest_) kill(child_, SIGKILL);
    std::this_thread::sleep_for(1ms);
  }
  return result_;
}

Result run_program(const Run& run) { return Running(run).wait(); }

Result run_program(std::vector<std::string> arguments) {
  return run_program(Run{.arguments = std::move(arguments)});
}

TemporaryDirectory::TemporaryDirectory() : path_(unique_path("dir")) {
  fs::create_directories(path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryDirectory::file(const std::string& name, const std::string& text) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> files_below(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      names.push_back(entry.path().lexically_relative(directory).string());
  std::sort(names.begin(), names.end());
  return names;
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE("expected \"" << part << "\" in:\n" << text);
  return false;
}

}  // namespace widelimit::test
