// Running checks, each in a child process with a time limit. The child sends through a pipe what it
// is about to call and, at the end, its outcome; if it ends before that, its exit status is the
// outcome.
#include "conformance.hpp"
#include "context.hpp"

#include <widelimit/error.hpp>

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
#include <utility>

namespace widelimit::conformance {
namespace {

using Clock = std::chrono::steady_clock;

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

// Records on the pipe: one letter, the length, the bytes. 'A' is an activity, 'R' a result (the
// first byte) with its message.
struct RecordHeader {
  char kind;
  std::uint32_t length;
};

void send(int fd, char kind, std::string_view text) {
  constexpr std::size_t longest = 16'000;
  text = text.substr(0, longest);
  RecordHeader header{};
  header.kind = kind;
  header.length = static_cast<std::uint32_t>(text.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += text;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) return;  // the parent has ended
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

/// What the child has sent so far.
struct ChildReport {
  std::string bytes, activity;
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
      if (header.kind == 'R' && !text.empty()) {
        finished = true;
        outcome.result = static_cast<Result>(text[0]);
        outcome.message = text.substr(1);
      }
    }
  }
};

/// Reads until the child has finished or closed its end; false: the deadline came first.
bool read_report(int fd, Clock::time_point deadline, ChildReport& report) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long long>(left, 0)));
    if (ready == 0) return false;
    if (ready < 0) {
      if (errno == EINTR) continue;
      throw system_failure("poll");
    }
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0) return true;
    if (n > 0) {
      report.bytes.append(buffer.data(), static_cast<std::size_t>(n));
      report.parse();
      if (report.finished) return true;
    }
  }
}

/// The beginning of what the child wrote to its standard error, on one line.
std::string error_output(int fd) {
  std::array<char, 400> buffer;
  const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), 0);
  std::string text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, " | ");
  return text;
}

[[noreturn]] void run_as_child(const Check& check, const Options& options, int pipe, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  const Outcome outcome = run_check(check, options.file, options.seed,
                                    [pipe](std::string_view what) { send(pipe, 'A', what); });
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

Outcome run_in_child(const Check& check, const Options& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_failure("pipe");
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors(std::tmpfile(), &std::fclose);
  if (!errors) throw system_failure("a temporary file");
  std::fflush(nullptr);  // or the child would write our buffers again
  const auto start = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw system_failure("fork");
  if (child == 0) run_as_child(check, options, writing.get(), ::fileno(errors.get()));
  ::setpgid(child, child);  // in both processes, because either may be the first
  writing.close();

  ChildReport report;
  const bool in_time = read_report(reading.get(), start + options.limit, report);
  if (!in_time) ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-child, SIGKILL);  // whatever the plugin may have started
  Outcome outcome = std::move(report.outcome);
  if (!report.finished) {
    outcome.result = in_time ? Result::crash : Result::timeout;
    outcome.message = in_time ? exit_text(status)
                              : "no answer within " + std::to_string(options.limit.count()) + " ms";
    if (!report.activity.empty()) outcome.message += " while " + report.activity;
    if (const std::string words = error_output(::fileno(errors.get())); !words.empty())
      outcome.message += ": " + words;
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return outcome;
}

void require_file(const std::filesystem::path& file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (!std::filesystem::exists(status))
    throw Error(ErrorCode::usage, file.string() + ": no such file");
  if (!std::filesystem::is_regular_file(status))
    throw Error(ErrorCode::usage, file.string() + ": not a file; name one plugin, e.g. ./relu.so");
  if (::access(file.c_str(), R_OK) != 0)
    throw Error(ErrorCode::usage, file.string() + ": cannot be read (permission denied)");
}

// The check that only reads the file, and those that find out whether it is a plugin at all.
constexpr std::string_view symbols_check = "exports-one-symbol", loading_check = "loads-now-local",
                           entry_check = "entry-same-pointer-from-two-threads";

/// Decides when further checks would only repeat a failure: the file cannot be loaded, its
/// descriptor cannot be used, or it hangs again and again.
class SkipRule {
 public:
  /// Empty: go on.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// Can the library be loaded, and does it give a descriptor?
  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  void observe(const CheckOutcome& seen) {
    if (!is_failure(seen.outcome.result)) return;
    if (seen.check->name == loading_check) {
      reason_ = "the plugin was not loaded: see " + std::string(loading_check);
      loaded_ = false;
    }
    if (seen.check->name == entry_check &&
        (seen.outcome.result != Result::fail ||
         seen.outcome.message.find("exception") != std::string::npos)) {
      reason_ = "the plugin gives no descriptor: see " + std::string(entry_check);
      loaded_ = false;
    }
    for (const std::string_view needed : {"fields-present", "schema-in-subset"})
      if (seen.check->name == needed)
        reason_ = "the descriptor cannot be used: see " + std::string(needed);
    if (seen.outcome.result == Result::timeout && ++timeouts_ == 2)
      reason_ = "skipped, because two checks have run out of time";
  }

 private:
  std::string reason_;
  bool loaded_ = true;
  int timeouts_ = 0;
};

}  // namespace

Report verify(const Options& options) {
  require_file(options.file);
  const auto is_chosen = [&](const Check* check) {
    return options.only.empty() ||
           std::find(options.only.begin(), options.only.end(), check) != options.only.end();
  };
  std::vector<const Check*> todo = options.only;
  if (todo.empty())
    for (const Check& check : checks()) todo.push_back(&check);
  for (const std::string_view first : {entry_check, loading_check})
    if (!is_chosen(find_check(first))) todo.insert(todo.begin(), find_check(first));
  Report report{options.file, options.seed, {}};
  SkipRule skip_rule;
  for (const Check* check : todo) {
    CheckOutcome seen{check, {}};
    if (!skip_rule.reason().empty() && check->name != symbols_check)
      seen.outcome = {Result::skip, skip_rule.reason(), 0};
    else if (options.in_process)
      seen.outcome = run_check(*check, options.file, options.seed, {});
    else
      seen.outcome = run_in_child(*check, options);
    skip_rule.observe(seen);
    if (!is_chosen(check) && skip_rule.loaded()) continue;
    if (options.progress) options.progress(seen);
    report.outcomes.push_back(std::move(seen));
  }
  report.loaded = skip_rule.loaded();
  return report;
}

bool Report::ok() const noexcept {
  return std::none_of(outcomes.begin(), outcomes.end(),
                      [](const CheckOutcome& seen) { return is_failure(seen.outcome.result); });
}

std::size_t Report::count(Result result) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [result](const CheckOutcome& seen) { return seen.outcome.result == result; }));
}

}  // namespace widelimit::conformance
