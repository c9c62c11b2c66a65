// Runs gnuplot with Boost.Process, as many at once as there are processors. One thread starts them
// all and reads their output: Boost's pipes are inherited by children that another thread starts
// meanwhile, and would stay open until those end. The only file that includes Boost.Process and
// Boost.Asio, whose headers take seconds to compile.
#define BOOST_PROCESS_USE_STD_FS  // Boost.Filesystem would be one more library to link
// Boost 1.81 compiles its use of vfork only for POSIX before 2008. fork would copy the page tables
// of a large run for each picture, and stop the threads of OpenBLAS.
#define BOOST_POSIX_HAS_VFORK 1

#include "gnuplot.hpp"

#include "common/numbers.hpp"

#include <widelimit/error.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/process/args.hpp>
#include <boost/process/async_pipe.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/io.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/search_path.hpp>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

namespace widelimit::report {
namespace {

namespace asio = boost::asio;
namespace process = boost::process;

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

/// A file in memory that holds the text: unlike a pipe it can be filled before anybody reads.
File file_with(const std::string& text) {
  const int descriptor = ::memfd_create("gnuplot-script", MFD_CLOEXEC);
  File file(descriptor < 0 ? nullptr : ::fdopen(descriptor, "w+"));
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fseek(file.get(), 0, SEEK_SET) != 0)
    throw Error(ErrorCode::io,
                std::string("gnuplot: cannot make a file in memory: ") + std::strerror(errno));
  return file;
}

/// Ours without the variables that change what gnuplot writes, and with numbers and letters as the
/// scripts have them.
process::environment plain_environment() {
  process::environment plain = boost::this_process::environment();
  for (const auto& variable : boost::this_process::environment()) {
    const std::string name = variable.get_name();
    if (name.starts_with("LC_") || name.starts_with("LANG") || name.starts_with("GNU"))
      plain.erase(name);
  }
  plain["LC_ALL"] = "C.UTF-8";
  return plain;
}

/// gnuplot's message without the echo of the script around it.
std::string message_in(const std::string& errors) {
  std::string text = errors.substr(errors.size() - std::min<std::size_t>(errors.size(), 600));
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(
      std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      text.end());
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// From the status as waitpid gives it.
std::string how_it_ended(int status) {
  return WIFSIGNALED(status)
             ? std::string("it was ended by a signal (") + ::strsignal(WTERMSIG(status)) + ")"
             : "it ended with status " + std::to_string(WEXITSTATUS(status));
}

struct Program {
  process::filesystem::path file;
  process::environment environment;
  std::chrono::milliseconds time_limit;
};

/// One gnuplot at work on one script. It keeps itself alive until both of its streams have ended;
/// when it is destroyed earlier, the child is killed.
class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(asio::io_context& context, Drawing& drawing, std::function<void()> on_end)
      : drawing_(drawing),
        on_end_(std::move(on_end)),
        out_(context),
        err_(context),
        timer_(context) {}

  void start(const Program& program, const std::string& script) {
    const File input = file_with(script);
    // As "-" gnuplot reads its input byte by byte; by name it does not.
    const char* const name = ::access("/dev/stdin", R_OK) == 0 ? "/dev/stdin" : "-";
    std::error_code error;
    child_ = process::child(program.file, process::args({"-d", name}), program.environment,
                            (process::std_in < input.get()), (process::std_out > out_),
                            (process::std_err > err_), process::posix::use_vfork, error);
    if (error) {
      drawing_.problem = "it cannot be started: " + error.message();
      on_end_();
      return;
    }
    const auto self = shared_from_this();
    time_limit_ = program.time_limit;
    timer_.expires_after(time_limit_);
    timer_.async_wait([self](const boost::system::error_code& cancelled) {
      if (!cancelled) self->give_up();
    });
    const auto at_end = [self](const boost::system::error_code&, std::size_t) {
      self->stream_ended();
    };
    asio::async_read(out_, asio::dynamic_buffer(drawing_.svg), at_end);
    asio::async_read(err_, asio::dynamic_buffer(errors_), at_end);
  }

 private:
  void give_up() {
    std::error_code ignored;
    child_.terminate(ignored);
    is_late_ = true;
    out_.close();
    err_.close();
  }

  void stream_ended() {
    if (--open_streams_ > 0) return;
    timer_.cancel();
    std::error_code ignored;
    child_.wait(ignored);
    const bool is_whole = drawing_.svg.find("</svg>") != std::string::npos;
    drawing_.problem = message_in(errors_);
    if (is_late_)
      drawing_.problem = "it did not finish within " +
                         apps::seconds_text(std::chrono::duration<double>(time_limit_).count());
    if (is_late_ || child_.exit_code() != 0 || !is_whole) {
      drawing_.svg.clear();
      if (drawing_.problem.empty())
        drawing_.problem = how_it_ended(child_.native_exit_code()) + " without a picture";
    }
    on_end_();
  }

  Drawing& drawing_;
  std::function<void()> on_end_;
  process::async_pipe out_, err_;
  asio::steady_timer timer_;
  process::child child_;
  std::string errors_;
  int open_streams_ = 2;
  bool is_late_ = false;
  std::chrono::milliseconds time_limit_{};
};

}  // namespace

std::vector<Drawing> run_gnuplot(std::span<const std::string> scripts,
                                 std::chrono::milliseconds time_limit) {
  std::vector<Drawing> drawings(scripts.size());
  const Program program{process::search_path("gnuplot"), plain_environment(), time_limit};
  if (program.file.empty()) {
    for (Drawing& drawing : drawings) {
      drawing.is_missing = true;
      drawing.problem = "it was not found in PATH";
    }
    return drawings;
  }
  try {
    asio::io_context context;
    std::size_t next = 0;
    const std::function<void()> start_next = [&] {
      if (next == scripts.size()) return;
      const std::size_t i = next++;
      std::make_shared<Job>(context, drawings[i], start_next)->start(program, scripts[i]);
    };
    const std::size_t at_once = std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < at_once; ++i) start_next();
    context.run();
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::io, std::string("gnuplot: cannot start a process: ") + error.what());
  }
  return drawings;
}

}  // namespace widelimit::report
