// Processes that are killed, and disks that lose what was not waited for.
#include <widelimit/store.hpp>

#include "core/data/files.hpp"
#include "core/store/kernels.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <string>
#include <thread>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

/// Fills a store in a process of its own, which is killed after `life`. True: it had finished.
bool filled_before_killed(const std::filesystem::path& file, const StoreSpec& spec,
                          const StoreOptions& options, std::uint32_t seed,
                          std::chrono::microseconds life) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 1;
    try {
      KernelStore store(file, spec, options);
      fill(store, spec, 4, seed, 2, [] { ::usleep(200); });
      status = 0;
    } catch (...) {
    }
    ::_exit(status);
  }
  REQUIRE(child > 0);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  const bool as_expected = WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK(as_expected);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a store whose writer was killed at random moments ends with the same bytes") {
  const Folder folder(memory());
  const StoreSpec spec = square(61);
  const std::string expected = undisturbed(folder / "s", spec);
  std::random_device entropy;
  const std::uint32_t seed = entropy();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::int64_t kills = 0;
  for (std::uint32_t round = 0; kills < 20 && round < 400; ++round) {
    StoreOptions options;
    options.batch_bytes = std::uniform_int_distribution<std::int64_t>(1, 4000)(random);
    const auto life =
        std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, 20000)(random));
    if (!filled_before_killed(folder / "s", spec, options, round, life)) {
      ++kills;
      continue;
    }
    const bool same = bytes_of_file(folder / "s") == expected;
    CHECK(same);
    std::filesystem::remove(folder / "s");
  }
  CHECK(kills == 20);
  // What is left of the last attempt ends as if nothing had happened; nothing of it was damaged.
  {
    KernelStore store(folder / "s", spec);
    CHECK(store.damage().empty());
    fill(store, spec, 8);
  }
  const bool same = bytes_of_file(folder / "s") == expected;
  CHECK(same);
}

TEST_CASE("after a power cut any mixture of old and new sectors ends with the same bytes") {
  // Between two waits a disk may have written any of the sectors in any order.
  constexpr std::size_t sector = 512;
  const Folder folder(memory());
  const StoreSpec spec = square(40);
  const std::string whole = undisturbed(folder / "s", spec);
  std::string empty;
  {
    KernelStore store(folder / "s", spec);
    empty = bytes_of_file(folder / "s");
  }
  REQUIRE(empty.size() == whole.size());
  std::mt19937 random(5);
  for (int cut = 0; cut < 40; ++cut) {
    std::string bytes = empty;
    for (std::size_t at = 0; at < bytes.size(); at += sector)
      if (random() % 2 == 0) bytes.replace(at, sector, whole, at, sector);
    {
      KernelStore store(folder.with("s", bytes), spec);
      fill(store, spec, 8);
    }
    const bool same = bytes_of_file(folder / "s") == whole;
    CHECK(same);
  }
}

TEST_CASE("tiles that were waited for are in the table, and there before it") {
  const Folder folder(memory());
  const StoreSpec spec = square(40);
  std::string written;
  {
    KernelStore store(folder / "s", spec);  // batches that are never due
    fill(store, spec, 8);
    written = bytes_of_file(folder / "s");
  }
  const bool same = written == undisturbed(folder / "t", spec);
  CHECK(same);
}

TEST_CASE("what was computed is kept where an error ends the computation") {
  const Folder folder(memory());
  const StoreSpec spec = square(40);
  std::int64_t left = 9;
  CHECK_THROWS([&] {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8, 3, 1, [&] {
      if (left-- == 0) throw Error(ErrorCode::cancelled, "enough");
    });
  }());
  KernelStore store(folder / "s", spec);
  CHECK(store.done() == 9);
  CHECK(fill(store, spec, 8) == 15 - 9);
}
