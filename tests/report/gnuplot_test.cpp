// gnuplot as a child process, played by shell scripts: what it says, how it ends, how long it
// takes.
#include "report/gnuplot.hpp"

#include "run_directory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

/// A program named gnuplot, first in PATH until the end of the scope.
class Gnuplot {
 public:
  explicit Gnuplot(const std::string& body) {
    directory_.write("bin/gnuplot", "#!/bin/sh\n" + body);
    const std::filesystem::path file = directory_.path() / "bin/gnuplot";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    ::setenv("PATH", (file.parent_path().string() + ":" + before_).c_str(), 1);
  }
  ~Gnuplot() { ::setenv("PATH", before_.c_str(), 1); }
  Gnuplot(const Gnuplot&) = delete;
  Gnuplot& operator=(const Gnuplot&) = delete;

 private:
  std::string before_ = std::getenv("PATH");
  test::RunDirectory directory_;
};

}  // namespace

TEST_CASE("every script has its own picture, however long scripts and messages are") {
  const Gnuplot scope("head -c 200000 /dev/zero | tr '\\0' x >&2\ncat\necho '</svg>'\n");
  std::vector<std::string> scripts;
  for (int i = 0; i < 9; ++i) scripts.push_back(std::string(100'000, static_cast<char>('a' + i)));
  const std::vector<report::Drawing> drawings = report::run_gnuplot(scripts);
  REQUIRE(drawings.size() == scripts.size());
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    CHECK(drawings[i].svg == scripts[i] + "</svg>\n");
    CHECK(drawings[i].problem == std::string(600, 'x'));  // the end of it
    CHECK_FALSE(drawings[i].is_missing);
  }
}

TEST_CASE("a gnuplot that does not finish is killed, and what it drew is not used") {
  const Gnuplot scope("echo '<svg></svg>'\necho 'busy' >&2\nexec sleep 60\n");
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::string> scripts(3);
  for (const report::Drawing& drawing :
       report::run_gnuplot(scripts, std::chrono::milliseconds(300))) {
    CHECK(drawing.problem == "it did not finish within 0.30 s");
    CHECK(drawing.svg.empty());
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("the status of a gnuplot without a picture is reported, or the signal that ended it") {
  const auto problem_of = [](const std::string& body) {
    const Gnuplot scope(body);
    const std::vector<std::string> scripts(1);
    const report::Drawing drawing = report::run_gnuplot(scripts).front();
    CHECK(drawing.svg.empty());
    return drawing.problem;
  };
  CHECK(problem_of("exit 3\n") == "it ended with status 3 without a picture");
  CHECK(problem_of("echo '<svg>'\n") == "it ended with status 0 without a picture");
  CHECK(problem_of("echo '</svg>'\nkill -SEGV $$\n") ==
        "it was ended by a signal (Segmentation fault) without a picture");
  CHECK(problem_of("echo '  no  terminal' >&2\necho '</svg>'\nexit 1\n") == "no terminal ");
}
