// Stores that were bent, cut, mixed up, locked, or met a full disk.
#include <widelimit/store.hpp>

#include "core/data/files.hpp"
#include "core/store/kernels.hpp"

#include <doctest/doctest.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

/// 256 KiB of disk, where the system lets this process have one.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=256k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

/// What a store says when it is opened for writing, and whether filling it gives `expected`.
std::vector<std::string> repaired(const Folder& folder, const StoreSpec& spec,
                                  const std::string& bytes, const std::string& expected) {
  const auto file = folder.with("s", bytes);
  std::vector<std::string> damage;
  {
    KernelStore store(file, spec);
    damage = store.damage();
    fill(store, spec, 8);
  }
  const bool same = bytes_of_file(file) == expected;
  CHECK(same);
  return damage;
}

}  // namespace

TEST_CASE("every flipped byte of a store is found, named, and costs at most its own tile") {
  const Folder folder(memory());
  StoreSpec spec = square(20);
  spec.kernels.nngp = false;
  const std::string whole = undisturbed(folder / "s", spec);
  std::int64_t unnoticed = 0, too_many = 0, unread = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ (1 << (at % 8)));
    const auto file = folder.with("s", bent);
    // A reader reports it.
    try {
      const StoreReader reader(file);
      if (reader.verify().size() != 1) ++unread;
    } catch (const Error& e) {
      if (e.code() != ErrorCode::usage || !contains(e.what(), file.string())) ++unread;
    }
    const std::vector<std::string> damage = repaired(folder, spec, bent, whole);
    if (damage.empty()) ++unnoticed;
    if (damage.size() > 1) ++too_many;
  }
  CHECK(unnoticed == 0);
  CHECK(too_many == 0);
  CHECK(unread == 0);
}

TEST_CASE("a damaged tile is named by its rows and columns, and only it is computed again") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  const std::string whole = undisturbed(folder / "s", spec);
  std::string bent = whole;
  // Tiles of a column of tiles follow one another: 1, 3 is the eighth.
  const std::size_t tile = 2 * 8 * 8 * sizeof(float);
  bent[4096 + 7 * tile + 5] ^= 1;
  const auto file = folder.with("s", bent);
  CHECK(message_of(folder,
                   [&] {
                     float number = 0;
                     StoreReader(file).read(Kernel::nngp, 26, 9, 1, 1, &number, 1);
                   }) ==
        "s: tile 1, 3 (rows 8 to 15, columns 24 to 31) is damaged: its checksum does not match; "
        "resume the run of its experiment: only what is missing is computed");
  KernelStore store(file, spec);
  CHECK(store.damage() == std::vector<std::string>{"tile 1, 3 (rows 8 to 15, columns 24 to 31) is "
                                                   "damaged: its checksum does not match"});
  CHECK(fill(store, spec, 8) == 1);
}

TEST_CASE("a truncated store keeps the tiles it has left") {
  const Folder folder(memory());
  const StoreSpec spec = square(40);
  const std::string whole = undisturbed(folder / "s", spec);
  for (const std::size_t length : {whole.size() - 1, whole.size() - 512, whole.size() / 2}) {
    CAPTURE(length);
    const auto file = folder.with("s", whole.substr(0, length));
    CHECK(contains(message_of(folder, [&] { StoreReader reader(file); }), "that should have"));
    const auto damage = repaired(folder, spec, whole.substr(0, length), whole);
    REQUIRE_FALSE(damage.empty());
    CHECK(damage.front() == "the file is " + std::to_string(length) + " bytes long instead of " +
                                std::to_string(whole.size()));
    const std::size_t lost = (whole.size() - length + 511) / 512;
    CHECK(damage.size() == 1 + lost);
  }
  const auto longer = repaired(folder, spec, whole + "more", whole);
  CHECK(longer.size() == 1);
  CHECK(message_of(folder, [&] { KernelStore(folder.with("s", whole.substr(0, 100)), spec); }) ==
        "s: is a store that is truncated within its header; remove it to begin again");
}

TEST_CASE("other versions, other files and other experiments are refused and left as they are") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  const std::string whole = undisturbed(folder / "s", spec);
  const auto refused = [&](const std::string& bytes, const StoreSpec& spec_of_call) {
    const auto file = folder.with("s", bytes);
    const std::string text = message_of(folder, [&] { KernelStore(file, spec_of_call); });
    CHECK(message_of(folder, [&] { KernelStore::require_resumable(file, spec_of_call); }) == text);
    const bool same = bytes_of_file(file) == bytes;
    CHECK(same);
    return text;
  };
  std::string version = whole;
  version[8] = 2;
  // Its checksum is that of another header, as a later release would have written.
  for (std::size_t i = 0; i < 16; ++i) version[128 - 16 + i] = static_cast<char>(i + 1);
  CHECK(
      contains(refused(version, spec), "s: is a store of version 2, this release reads version 1"));
  CHECK(contains(refused("not a store, whatever it is called", spec), "is not a store of kernels"));
  CHECK(contains(refused(std::string(500, 'x'), spec), "is not a store of kernels"));

  StoreSpec other = spec;
  other.origin[0].value = "conv";
  other.origin.push_back({"layer 2", "relu"});
  CHECK(refused(whole, other) ==
        "s: holds kernels of another experiment:\n"
        "  layer 1: dense in the store, now conv\n"
        "  layer 2: not there in the store, now relu\n"
        "To keep them, choose another output directory; to begin again, do not resume");
  StoreSpec precise = spec;
  precise.precision = Precision::float64;
  CHECK(contains(refused(whole, precise), "precision: float32 in the store, now float64"));
  StoreSpec one = spec;
  one.kernels.ntk = false;
  CHECK(contains(refused(whole, one), "kernels: nngp and ntk in the store, now nngp"));
  CHECK(contains(refused(whole, square(38)), "samples: 37 x 37 in the store, now 38 x 38"));
}

TEST_CASE("a store that another process writes is refused with the process's id") {
  const Folder folder(memory());
  const StoreSpec spec = square(37);
  KernelStore first(folder / "s", spec);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Error error = error_of([&] {
      if (attempt == 0) KernelStore second(folder / "s", spec);
      if (attempt == 1) StoreReader reader(folder / "s");
    });
    CHECK(error.code() == ErrorCode::io);
    CHECK(contains(error.what(), "is in use by process " + std::to_string(::getpid())));
  }
  CHECK(contains(error_of([&] { KernelStore::remove(folder / "s"); }).what(), "is in use by"));
  CHECK(fill(first, spec, 8) == 15);
}

TEST_CASE("readers share a store") {
  const Folder folder(memory());
  const StoreSpec spec = square(9);
  {
    KernelStore store(folder / "s", spec);
    fill(store, spec, 8);
  }
  const StoreReader one(folder / "s"), two(folder / "s");
  CHECK(two.done() == 3);
}

TEST_CASE("a store that does not fit the disk is refused at once, with nothing left of it") {
  const Folder folder(memory());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  void (*handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{16384, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Error error = error_of([&] { KernelStore(folder / "s", square(100)); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(error.code() == ErrorCode::io);
  CHECK(contains(error.what(), "cannot be made: it needs"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("a full disk is an error that keeps every tile") {
  const Folder folder(memory());
  const SmallDisk small(folder / "disk");
  if (!small.mounted()) {
    MESSAGE("skipped: mounting a small disk is not allowed here");
    return;
  }
  const auto& disk = small.path();
  const StoreSpec spec = square(60);
  std::string expected;
  {
    KernelStore store(disk / "s", spec);
    fill(store, spec, 8);
    expected = bytes_of_file(disk / "s");
  }
  // No room for a second one, nor for the exported kernels; the first stays whole.
  const Error second = error_of([&] { KernelStore(disk / "t", square(400)); });
  CHECK(second.code() == ErrorCode::io);
  CHECK(contains(second.what(), "No space left on device"));
  StoreOptions options;
  options.origin_of_first = [](std::int64_t n, std::int64_t) { return square(n).origin; };
  const Error grown = error_of([&] { KernelStore(disk / "s", square(400), options); });
  CHECK(contains(grown.what(), "No space left on device"));
  {
    std::ofstream(disk / "filler") << std::string(256 << 10, 'x');
    const StoreReader reader(disk / "s");
    const Error exported = error_of([&] { reader.export_npy(Kernel::ntk, disk / "ntk.npy"); });
    CHECK(exported.code() == ErrorCode::io);
  }
  const bool same = bytes_of_file(disk / "s") == expected;
  CHECK(same);
  std::filesystem::remove(disk / "filler");
  // Claimed is claimed: a store that is not filled yet does not depend on what others write.
  {
    std::filesystem::remove(disk / "s");
    KernelStore store(disk / "s", spec, every_tile());
    std::ofstream(disk / "filler") << std::string(256 << 10, 'x');
    fill(store, spec, 8);
  }
  const bool again = bytes_of_file(disk / "s") == expected;
  CHECK(again);
}

TEST_CASE("a store asks for a size that a file can have") {
  const Folder folder(memory());
  const auto refused = [&](const StoreSpec& spec) {
    return message_of(folder, [&] { KernelStore(folder / "s", spec); });
  };
  CHECK(contains(refused(square(0)), "a store cannot have the shape 0 x 0"));
  StoreSpec spec = square(5);
  spec.tile_side = 12;
  CHECK(contains(refused(spec), "tiles of side 12; expected a power of two"));
  spec = square(5);
  spec.cols = 6;
  CHECK(contains(refused(spec), "the shape 5 x 6 and be symmetric"));
  spec = square(5);
  spec.kernels = {false, false};
  CHECK(contains(refused(spec), "neither of the two kernels"));
  CHECK(contains(refused(square(std::int64_t{1} << 39)), "too large for any disk"));
}
