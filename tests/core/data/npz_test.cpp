// .npz archives, good and broken.
#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

DataSpec npz_spec(const std::filesystem::path& file, const std::string& x, const std::string& y) {
  DataSpec spec;
  spec.train.type = SourceType::npz;
  spec.train.x = file;
  spec.train.x_array = x;
  spec.train.y_array = y;
  return spec;
}

/// Archives with x = arange(12) as [4, 3] in float32, y = [0, 1, 1, 0], and x in Fortran order.
std::vector<std::filesystem::path> archives() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(WIDELIMIT_TEST_NUMPY))
    if (entry.is_directory())
      for (const char* name : {"stored.npz", "compressed.npz"}) all.push_back(entry.path() / name);
  REQUIRE(all.size() >= 6);
  return all;
}

std::filesystem::path archive_of(const std::string& name) {
  for (const auto& file : archives())
    if (file.filename() == name && contains(file.string(), "python3.13")) return file;
  FAIL("the archives of Python 3.13 are missing");
  return {};
}

bool is_right(const Dataset& data) {
  for (std::int64_t i = 0; i < 12; ++i)
    if (data.x.at(i / 3, i % 3) != static_cast<double>(i)) return false;
  const std::vector<double> y{0, 1, 1, 0};
  return std::equal(data.y.flat().begin(), data.y.flat().end(), y.begin(), y.end());
}

void set_16(std::string& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<char>(value & 255);
  bytes[at + 1] = static_cast<char>(value >> 8);
}

}  // namespace

TEST_CASE("arrays of an archive of any NumPy are read, stored or compressed, in either order") {
  for (const auto& file : archives())
    for (const char* x : {"x", "fortran", "x.npy"}) {
      CAPTURE(file.string());
      CAPTURE(x);
      DataSpec spec = npz_spec(file, x, "y");
      const DataShape shape = inspect_data(spec, {}).train;
      CHECK(shape.count == 4);
      CHECK(shape.sample.channels == 3);
      const Dataset data = load_data(spec, 0).train;
      CHECK(data.x.precision() == Precision::float32);
      CHECK(is_right(data));
      spec.train.offset = 2;
      spec.train.limit = 1;
      const Dataset one = load_data(spec, 0).train;
      REQUIRE(one.x.count() == 1);
      CHECK(one.x.at(0, 2) == 8);
      CHECK(one.y(0, 0) == 1);
    }
}

TEST_CASE("an array that an archive lacks is named, with those that it has") {
  const Folder folder;
  const auto file = folder.with("d.npz", bytes_of_file(archive_of("stored.npz")));
  const auto message = [&](const std::string& x, const std::string& y) {
    return message_of(folder, [&] { (void)load_data(npz_spec(file, x, y), 0); });
  };
  CHECK(message("samples", "y") ==
        "d.npz: holds no array \"samples\"   (it holds \"x\", \"y\", \"fortran\")");
  CHECK(message("x", "fortram") ==
        "d.npz: holds no array \"fortram\"; did you mean \"fortran\"?   (it holds \"x\", \"y\", "
        "\"fortran\")");
  CHECK(message("x", "\x1b[2J") ==
        "d.npz: holds no array \"\\u001b[2J\"   (it holds \"x\", \"y\", \"fortran\")");
}

TEST_CASE("messages about an array of an archive name file and array") {
  const Folder folder;
  const auto file = folder.with("d.npz", bytes_of_file(archive_of("stored.npz")));
  DataSpec spec = npz_spec(file, "x", "x");
  spec.train.y_array = "y";
  std::string bytes = bytes_of_file(file);
  const std::size_t descr = bytes.find("'<f4'");
  REQUIRE(descr != std::string::npos);
  bytes.replace(descr, 5, "'<c8'");
  folder.with("d.npz", bytes);
  CHECK(message_of(folder, [&] {
          (void)load_data(spec, 0);
        }).starts_with("d.npz: array \"x\": holds complex numbers (<c8), but "));
}

TEST_CASE("files that are no archives are refused with what they are") {
  const Folder folder;
  const auto message = [&](std::string_view bytes) {
    const auto file = folder.with("d.npz", bytes);
    return message_of(folder, [&] { (void)load_data(npz_spec(file, "x", "y"), 0); });
  };
  CHECK(message("") == "d.npz: is empty; expected an .npz archive");
  CHECK(message("x,y\n1,2\n") ==
        "d.npz: is not an .npz archive (numpy.savez); it does not begin as a ZIP file does");
  CHECK(message("\x93NUMPY\1\0"sv) ==
        "d.npz: is an .npy file, but an .npz archive is expected: name it in a source {\"type\": "
        "\"npy\"}");
  const std::string good = bytes_of_file(archive_of("stored.npz"));
  CHECK(message(std::string_view(good).substr(0, good.size() / 2)) ==
        "d.npz: is truncated or damaged: the list of arrays at the end of an .npz archive cannot "
        "be read");
  std::string renamed = good;
  for (std::size_t at = renamed.find(".npy"); at != std::string::npos; at = renamed.find(".npy"))
    renamed.replace(at, 4, ".txt");
  CHECK(contains(message(renamed), "d.npz: is a ZIP archive, but an .npz archive is expected"));

  // In the list of members, flags stand at byte 8 and the method at byte 10 (APPNOTE.TXT, 4.3.12).
  std::string changed = good;
  const std::size_t entry = changed.find("PK\1\2");
  set_16(changed, entry + 8, 1);
  CHECK(message(changed) ==
        "d.npz: array \"x\": is encrypted: save it with numpy.savez or numpy.savez_compressed");
  changed = good;
  set_16(changed, entry + 10, 14);
  CHECK(message(changed) ==
        "d.npz: array \"x\": is compressed by method 14 of ZIP: save it with numpy.savez or "
        "numpy.savez_compressed");
  changed = bytes_of_file(archive_of("compressed.npz"));
  set_16(changed, changed.find("PK\1\2") + 26, 0x7fff);  // the upper half of the length
  CHECK(message(changed) ==
        "d.npz: array \"x\": is truncated or damaged: it promises more bytes than the archive can "
        "hold");
}

TEST_CASE("an archive with one bit wrong gives the right numbers or a refusal") {
  const Folder folder;
  for (const char* name : {"stored.npz", "compressed.npz"}) {
    const std::string good = bytes_of_file(archive_of(name));
    std::size_t refused = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
      CAPTURE(name);
      CAPTURE(at);
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
      const auto file = folder.with("d.npz", bad);
      bool right = false;
      try {
        right = is_right(load_data(npz_spec(file, "x", "y"), 0).train);
      } catch (const Error& error) {
        right = error.code() == ErrorCode::usage && error.problems().front().file == file.string();
        ++refused;
      }
      CHECK(right);
    }
    CHECK(refused > good.size() / 4);
  }
}

TEST_CASE("an archive cut anywhere is refused") {
  const Folder folder;
  for (const char* name : {"stored.npz", "compressed.npz"}) {
    const std::string good = bytes_of_file(archive_of(name));
    for (std::size_t size = 0; size < good.size(); ++size) {
      CAPTURE(name);
      CAPTURE(size);
      const auto file = folder.with("d.npz", std::string_view(good).substr(0, size));
      const Error error = error_of([&] { (void)load_data(npz_spec(file, "x", "y"), 0); });
      CHECK(error.code() == ErrorCode::usage);
    }
  }
}
