// One process a picture: started, heard and waited for, whatever it does.
#include "gnuplot.hpp"

#include <widelimit/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

extern char** environ;

namespace widelimit::report {
namespace {

constexpr std::chrono::seconds time_limit{60};

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::io,
              std::string("gnuplot: cannot make a ") + what + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  void reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// A pipe: the end to read and the end to write.
std::pair<Descriptor, Descriptor> pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// A file in memory that holds the text: unlike a pipe it can be filled before anybody reads.
Descriptor file_of(std::string_view text) {
  Descriptor file(::memfd_create("gnuplot-script", MFD_CLOEXEC));
  if (file.get() < 0) fail("file in memory");
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) fail("file in memory");
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) fail("file in memory");
  return file;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void connect(const Descriptor& ours, int theirs) {
    ::posix_spawn_file_actions_adddup2(&actions_, ours.get(), theirs);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// A child that is killed and waited for when nobody did so before.
class Child {
 public:
  Child(const FileActions& actions, const std::vector<char*>& environment) {
    // As "-" gnuplot reads its input byte by byte; by name it does not.
    const char* const input = ::access("/dev/stdin", R_OK) == 0 ? "/dev/stdin" : "-";
    std::array<char*, 4> arguments{const_cast<char*>("gnuplot"), const_cast<char*>("-d"),
                                   const_cast<char*>(input), nullptr};
    error_ = ::posix_spawnp(&pid_, arguments[0], actions.get(), nullptr, arguments.data(),
                            environment.data());
    if (error_ != 0) pid_ = -1;
  }
  ~Child() {
    kill();
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// 0, or why it could not be started.
  [[nodiscard]] int error() const noexcept { return error_; }
  void kill() const noexcept {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  /// The status as waitpid gives it.
  int wait() noexcept {
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int error_ = 0;
};

/// Ours without the variables that change what gnuplot writes, and with numbers and letters as the
/// scripts have them.
std::vector<std::string> plain_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("LC_") && !text.starts_with("LANG") && !text.starts_with("GNU"))
      variables.emplace_back(text);
  }
  variables.emplace_back("LC_ALL=C.UTF-8");
  return variables;
}

/// Collects what the child says until it closes both streams. False: out of time.
bool listen(Descriptor out, std::string& output, Descriptor err, std::string& errors) {
  const auto deadline = std::chrono::steady_clock::now() + time_limit;
  const auto receive = [](Descriptor& from, std::string& to) {
    char buffer[65536];
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got > 0) {
      to.append(buffer, static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      from.reset();
    }
  };
  while (out.get() >= 0 || err.get() >= 0) {
    std::array<pollfd, 2> waiting{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
    if (waiting[0].revents != 0) receive(out, output);
    if (waiting[1].revents != 0) receive(err, errors);
  }
  return true;
}

/// gnuplot's message without the echo of the script around it.
std::string last_words(const std::string& errors) {
  std::string text = errors.substr(errors.size() - std::min<std::size_t>(errors.size(), 600));
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(
      std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      text.end());
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

Drawing run_one(const std::string& script, const std::vector<char*>& environment) {
  const Descriptor in = file_of(script);
  auto [out, their_out] = pipe();
  auto [err, their_err] = pipe();
  FileActions actions;
  actions.connect(in, STDIN_FILENO);
  actions.connect(their_out, STDOUT_FILENO);
  actions.connect(their_err, STDERR_FILENO);
  Child child(actions, environment);
  their_out.reset();
  their_err.reset();
  Drawing drawing;
  if (child.error() != 0) {
    drawing.is_missing = child.error() == ENOENT || child.error() == EACCES;
    drawing.problem = std::string("cannot start gnuplot: ") + std::strerror(child.error());
    return drawing;
  }
  std::string errors;
  if (!listen(std::move(out), drawing.svg, std::move(err), errors)) {
    child.kill();
    errors = "it did not finish within " + std::to_string(time_limit.count()) + " s";
  }
  const int status = child.wait();
  drawing.problem = last_words(errors);
  const bool is_whole = drawing.svg.find("</svg>") != std::string::npos;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !is_whole) {
    drawing.svg.clear();
    if (drawing.problem.empty())
      drawing.problem = "it ended with status " + std::to_string(status) + " and no picture";
  }
  return drawing;
}

}  // namespace

std::vector<Drawing> run_gnuplot(std::span<const std::string> scripts) {
  std::vector<std::string> variables = plain_environment();
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  std::vector<Drawing> drawings(scripts.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < scripts.size(); i = next++)
        drawings[i] = run_one(scripts[i], environment);
    } catch (...) {
      const std::lock_guard lock(guard);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t at_once = std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 1; i < std::min(at_once, scripts.size()); ++i) threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return drawings;
}

}  // namespace widelimit::report
