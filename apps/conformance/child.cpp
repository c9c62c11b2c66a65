// The child sends through a pipe what it is about to call and, at the end, its outcome; if it ends
// before that, its exit status is the outcome. What it prints goes to a temporary file.
#include "child.hpp"

#include "common/sizes.hpp"
#include "guarded.hpp"
#include "in_function.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

namespace widelimit::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

std::runtime_error system_failure(const char* what) {
  return std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

// Records on the pipe: one letter, the length, the bytes. 'A' is an activity, 'F' what a fault hit,
// 'C' the function of the plugin that crashed,
// 'R' a result (the first byte) with its message.
struct RecordHeader {
  char kind;
  std::uint32_t length;
};

/// Allocates nothing, so that a signal handler may call it.
void send(int fd, char kind, std::string_view text) noexcept {
  static_assert(sizeof(RecordHeader) == 8);
  constexpr std::size_t longest = 16'000;
  text = text.substr(0, longest);
  RecordHeader header{};
  header.kind = kind;
  header.length = static_cast<std::uint32_t>(text.size());
  std::array<char, sizeof header> head;
  std::memcpy(head.data(), &header, sizeof header);
  for (std::string_view part : {std::string_view(head.data(), head.size()), text})
    while (!part.empty()) {
      const ssize_t n = ::write(fd, part.data(), part.size());
      if (n < 0 && errno != EINTR) return;  // the parent has ended
      if (n > 0) part.remove_prefix(to_size(n));
    }
}

/// What the child has sent so far.
struct ChildReport {
  std::string bytes, activity, fault, function;
  bool finished = false;
  Outcome outcome;

  /// Takes the whole records off `bytes`.
  void parse() {
    RecordHeader header;
    while (bytes.size() >= sizeof header) {
      std::memcpy(&header, bytes.data(), sizeof header);
      if (bytes.size() - sizeof header < header.length) return;
      const std::string text = bytes.substr(sizeof header, header.length);
      bytes.erase(0, sizeof header + header.length);
      if (header.kind == 'A') activity = text;
      if (header.kind == 'F') fault = text;
      if (header.kind == 'C') function = text;
      if (header.kind == 'R' && !text.empty()) {
        finished = true;
        outcome.result = static_cast<Result>(text[0]);
        outcome.message = text.substr(1);
      }
    }
  }
};

/// The processor's time that a process has used in all its threads.
milliseconds processor_time(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    return milliseconds(0);
  return milliseconds(used.tv_sec * 1000 + used.tv_nsec / 1'000'000);
}

/// Decides when a child is given up. A machine that has little time for it is no reason.
class Patience {
 public:
  Patience(pid_t child, milliseconds limit)
      : child_(child), limit_(limit), since_(Clock::now()), used_(processor_time(child)) {}

  /// It has said something.
  void renew() {
    since_ = Clock::now();
    used_ = processor_time(child_);
  }
  [[nodiscard]] bool exhausted() const {
    constexpr int share_of_a_busy_machine = 50, longest_wait = 30;
    const auto waited = std::chrono::duration_cast<milliseconds>(Clock::now() - since_);
    const milliseconds used = processor_time(child_) - used_;
    return used >= limit_ || waited >= longest_wait * limit_ ||
           (waited >= limit_ && used < limit_ / share_of_a_busy_machine);
  }

 private:
  pid_t child_;
  milliseconds limit_;
  Clock::time_point since_;
  milliseconds used_;
};

/// Reads until the child has finished or closed its end; false: it was given up.
bool read_report(int fd, Patience patience, ChildReport& report) {
  std::array<char, 4096> buffer;
  for (;;) {
    constexpr int look_again = 50;  // ms
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, look_again);
    if (ready == 0) {
      if (patience.exhausted()) return false;
      continue;
    }
    if (ready < 0) {
      if (errno == EINTR) continue;
      throw system_failure("poll");
    }
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0) return true;
    if (n > 0) {
      report.bytes.append(buffer.data(), to_size(n));
      report.parse();
      if (report.finished) return true;
      patience.renew();
    }
  }
}

/// The beginning of a file, on one line.
std::string beginning_of(int fd) {
  std::array<char, 400> buffer;
  const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), 0);
  std::string text(buffer.data(), to_size(std::max<ssize_t>(n, 0)));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, " | ");
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

/// The pipe of this process, for the handler of faults.
int fault_pipe = -1;

/// Tells which function crashed and which guarded array a fault is beside, and lets the process die
/// of it.
void on_fault(int number, siginfo_t* info, void*) {
  if (const char* function = InFunction::name()) send(fault_pipe, 'C', function);
  if (number == SIGSEGV || number == SIGBUS)
    if (const char* what = guarded_array_before(info->si_addr)) send(fault_pipe, 'F', what);
  ::signal(number, SIG_DFL);
  ::raise(number);  // delivered when the handler returns
}

void report_faults(int pipe) {
  fault_pipe = pipe;
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(number, &action, nullptr);
}

[[noreturn]] void run_as_child(const std::function<Outcome(OnActivity)>& body, int pipe,
                               int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  report_faults(pipe);
  const Outcome outcome = body([pipe](std::string_view what) { send(pipe, 'A', what); });
  // What the plugin's printf and std::cout hold back counts as printed.
  std::cout.flush();
  std::fflush(nullptr);
  send(pipe, 'R', std::string(1, static_cast<char>(outcome.result)) + outcome.message);
  ::_exit(0);
}

std::string exit_text(int status) {
  if (WIFSIGNALED(status))
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  return "the process ended with exit status " + std::to_string(WEXITSTATUS(status)) +
         " (a library must not exit)";
}

}  // namespace

ChildAnswer run_in_child(const std::function<Outcome(OnActivity)>& body, milliseconds limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_failure("pipe");
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(std::tmpfile(), &std::fclose);
  if (!output) throw system_failure("a temporary file");
  std::cout.flush();
  std::fflush(nullptr);  // or the child would write our buffers again
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw system_failure("fork");
  if (child == 0) run_as_child(body, writing.get(), ::fileno(output.get()));
  ::setpgid(child, child);  // in both processes, because either may be the first
  writing.close();

  ChildReport report;
  const bool in_time = read_report(reading.get(), Patience(child, limit), report);
  if (!in_time) ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-child, SIGKILL);  // whatever the plugin may have started
  ChildAnswer answer{std::move(report.outcome), beginning_of(::fileno(output.get()))};
  Outcome& outcome = answer.outcome;
  if (!report.finished) {
    outcome.result = in_time ? Result::crash : Result::timeout;
    outcome.message =
        in_time ? exit_text(status) : "no answer within " + std::to_string(limit.count()) + " ms";
    if (!report.function.empty()) outcome.message += " in `" + report.function + "`";
    if (!report.activity.empty()) outcome.message += " while " + report.activity;
    if (!report.fault.empty()) outcome.message += ": it reads or writes behind " + report.fault;
    if (!answer.printed.empty()) outcome.message += ": " + answer.printed;
    answer.printed.clear();  // last words
  } else if (!answer.printed.empty() && !report.activity.empty()) {
    answer.printed = "\"" + answer.printed + "\", the last time while " + report.activity;
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return answer;
}

}  // namespace widelimit::conformance
