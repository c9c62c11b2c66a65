// IDX files, plain and gzip, good and broken.
#include <widelimit/experiment/data.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <zlib.h>

#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

std::string idx(const std::vector<unsigned>& shape, std::string_view numbers, char type = 0x08) {
  std::string bytes = {'\0', '\0', type, static_cast<char>(shape.size())};
  for (const unsigned axis : shape)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += static_cast<char>(static_cast<unsigned char>(axis >> shift));
  return bytes + std::string(numbers);
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

DataSpec idx_spec(const std::filesystem::path& images, const std::filesystem::path& labels) {
  DataSpec spec;
  spec.train.type = SourceType::idx;
  spec.train.x = images;
  spec.train.y = labels;
  return spec;
}

std::string counting(std::size_t n) {
  std::string bytes(n, '\0');
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(i));
  return bytes;
}

}  // namespace

TEST_CASE("images become [n, h, w, 1] from 0 to 255, labels integers, plain or gzip") {
  const Folder folder;
  const std::string images = idx({3, 2, 4}, counting(23) + '\xff'), labels = idx({3}, "\7\0\1"sv);
  const auto plain = folder.with("images", images), packed = folder.with("images.gz", gzip(images));
  const auto y = folder.with("labels", labels), packed_y = folder.with("labels.gz", gzip(labels));
  for (const DataSpec& whole : {idx_spec(plain, y), idx_spec(packed, packed_y)}) {
    const DataShape shape = inspect_data(whole, {}).train;
    CHECK(shape.count == 3);
    CHECK(shape.sample.sites == std::vector<std::int64_t>{2, 4});
    CHECK(shape.sample.channels == 1);
    CHECK(shape.outputs == 1);
    for (const std::int64_t offset : {0, 1, 2}) {
      DataSpec spec = whole;
      spec.train.offset = offset;
      const TrainTest data = load_data(spec, 0);
      CHECK(data.train.x.precision() == Precision::float32);
      REQUIRE(data.train.x.count() == 3 - offset);
      CHECK(data.train.x.shape().sites == std::vector<std::int64_t>{2, 4});
      for (std::int64_t i = offset; i < 3; ++i)
        for (std::int64_t j = 0; j < 8; ++j)
          CHECK(data.train.x.at(i - offset, j) ==
                (8 * i + j == 23 ? 255.0 : 8.0 * static_cast<double>(i) + static_cast<double>(j)));
      CHECK(data.train.y(0, 0) == (offset == 0 ? 7 : offset == 1 ? 0 : 1));
    }
  }
}

TEST_CASE("two axes are samples without sites, four have channels") {
  const Folder folder;
  const auto y = folder.with("y", idx({2}, "\1\2"sv));
  const DataShape flat =
      inspect_data(idx_spec(folder.with("a", idx({2, 5}, counting(10))), y), {}).train;
  CHECK(flat.sample.sites.empty());
  CHECK(flat.sample.channels == 5);
  const DataShape colour =
      inspect_data(idx_spec(folder.with("b", idx({2, 2, 3, 3}, counting(36))), y), {}).train;
  CHECK(colour.sample.sites == std::vector<std::int64_t>{2, 3});
  CHECK(colour.sample.channels == 3);
}

TEST_CASE("broken IDX files are refused with the reason") {
  const Folder folder;
  const auto labels = folder.with("labels", idx({2}, "\1\2"sv));
  const auto message = [&](std::string_view bytes) {
    const auto images = folder.with("i", bytes);
    return message_of(folder, [&] { (void)load_data(idx_spec(images, labels), 0); });
  };
  const std::string good = idx({2, 2, 2}, counting(8));
  CHECK(message("") == "i: is empty; expected an IDX file");
  CHECK(message("P5 28 28") ==
        "i: is not an IDX file: it does not begin with two zero bytes, a type and a number of "
        "axes");
  CHECK(message(gzip("text")) ==
        "i: is not an IDX file: it does not begin with two zero bytes, a type and a number of "
        "axes");
  for (const char type : {'\x77', '\x0a', '\x0f', '\x07'})
    CHECK(message(idx({2, 2, 2}, counting(8), type)) ==
          "i: holds numbers of the unknown type " + std::to_string(type) +
              "; IDX files hold bytes (8, 9), integers (11, 12) or floating-point numbers (13, "
              "14)");
  CHECK(message("\x93NUMPY\1\0"sv) ==
        "i: is an .npy file, but an IDX file is expected: name it in a source {\"type\": "
        "\"npy\"}");
  CHECK(message(idx({2, 2, 2}, counting(31), 0x0d)) ==
        "i: is truncated (or its header is wrong): the shape (2, 2, 2) promises a file of 48 "
        "bytes, it has 47 bytes");
  CHECK(message("\0\0\x08\x00"sv) ==
        "i: has 0 axes; expected 1 for labels, 3 for images, at most 4");
  CHECK(message("\0\0\x08\x09"sv) ==
        "i: has 9 axes; expected 1 for labels, 3 for images, at most 4");
  CHECK(message(good.substr(0, 11)) == "i: is truncated inside its IDX header");
  CHECK(
      message(good.substr(0, good.size() - 1)) ==
      "i: is truncated (or its header is wrong): the shape (2, 2, 2) promises a file of 24 bytes, "
      "it has 23 bytes");
  CHECK(message(good + "x") ==
        "i: has bytes after its array: the shape (2, 2, 2) promises a file of 24 bytes, it has 25 "
        "bytes");
  CHECK(message(idx({0, 28, 28}, "")) == "i: has no samples: its shape is (0, 28, 28)");
  CHECK(message(idx({2, 0, 28}, "")) ==
        "i: is empty: its shape (2, 0, 28) has an axis of length 0");
  CHECK(message(idx({~0U, ~0U, ~0U}, counting(8))) ==
        "i: is truncated (or its header is wrong): the shape (4294967295, 4294967295, 4294967295) "
        "promises a file of 9223372036854775807 bytes, it has 24 bytes");
  CHECK(contains(message(gzip(idx({~0U, ~0U, ~0U}, counting(8)))), "of gzip cannot hold"));
  CHECK(message(gzip(idx({2, 2, 2}, counting(7)))) ==
        "i: is truncated: the shape (2, 2, 2) promises more than its gzip stream holds");
  CHECK(message(gzip(good + "x")) ==
        "i: has bytes after its array: the shape (2, 2, 2) promises fewer than its gzip stream "
        "holds");
  CHECK(message(gzip(good).substr(0, 30)) == "i: is truncated: its gzip stream ends too early");
  std::string damaged = gzip(good);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // its checksum
  CHECK(contains(message(damaged), "i: is damaged: its gzip stream cannot be uncompressed ("));
}

TEST_CASE("every type of IDX is read, from its big-endian bytes") {
  const Folder folder;
  struct Case {
    char type;
    std::string_view bytes;
    std::vector<double> numbers;
    Precision precision;
  };
  for (const Case& c :
       {Case{0x08, "\x00\xff"sv, {0, 255}, Precision::float32},
        {0x09, "\x80\x7f"sv, {-128, 127}, Precision::float32},
        {0x0b, "\x80\x01\x7f\xff"sv, {-32767, 32767}, Precision::float32},
        {0x0c, "\xff\xff\xff\xfe\x7f\xff\xff\xff"sv, {-2, 2147483647}, Precision::float64},
        {0x0d, "\xbf\xc0\0\0\x3d\xcc\xcc\xcd"sv, {-1.5, 0.1f}, Precision::float32},
        {0x0e,
         "\xbf\xf8\0\0\0\0\0\0\x3f\xb9\x99\x99\x99\x99\x99\x9a"sv,
         {-1.5, 0.1},
         Precision::float64}}) {
    CAPTURE(static_cast<int>(c.type));
    const std::string bytes = idx({2, 1}, c.bytes, c.type);
    const auto plain = folder.with("plain", bytes), packed = folder.with("packed", gzip(bytes));
    for (const DataSpec& spec : {idx_spec(plain, packed), idx_spec(packed, plain)}) {
      const Dataset data = load_data(spec, 0).train;
      CHECK(data.x.precision() == c.precision);
      for (std::int64_t i = 0; i < 2; ++i) {
        CHECK(data.x.at(i, 0) == c.numbers[static_cast<std::size_t>(i)]);
        CHECK(data.y(i, 0) == c.numbers[static_cast<std::size_t>(i)]);
      }
    }
  }
  const auto nan = folder.with("nan", idx({2, 1}, "\0\0\0\0\x7f\xc0\0\0"sv, 0x0d));
  CHECK(message_of(folder, [&] {
          (void)load_data(idx_spec(nan, nan), 0);
        }).starts_with("nan: row 1, column 0 (counted from 0, as in the array) is NaN;"));
}

TEST_CASE("bytes after the array are refused, whatever part of a gzip file is asked for") {
  const Folder folder;
  const auto labels = folder.with("labels", idx({2}, "\1\2"sv));
  const std::string good = idx({2, 2, 2}, counting(8));
  const auto message = [&](const std::string& bytes) {
    DataSpec spec = idx_spec(folder.with("i", bytes), labels);
    spec.train.limit = 1;
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message(gzip(good + "x")) ==
        "i: has bytes after its array: the shape (2, 2, 2) promises fewer than its gzip stream "
        "holds");
  CHECK(message(gzip(good) + "trailing") ==
        "i: has 8 bytes after the end of its gzip stream: is it damaged?");
  CHECK(message(gzip(good) + '\x1f') ==
        "i: has 1 byte after the end of its gzip stream: is it damaged?");
  CHECK(message(gzip(good) + gzip("x")) ==
        "i: has bytes after its array: the shape (2, 2, 2) promises fewer than its gzip stream "
        "holds");
  CHECK(message(gzip(good).substr(0, gzip(good).size() - 3)) ==
        "i: is truncated: its gzip stream ends too early");
}

TEST_CASE("a gzip file of several members is one file") {
  const Folder folder;
  const std::string images = idx({2, 2, 2}, counting(8));
  const auto file = folder.with("i", gzip(images.substr(0, 5)) + gzip(images.substr(5, 12)) +
                                         gzip("") + gzip(images.substr(17)));
  const Dataset data =
      load_data(idx_spec(file, folder.with("labels", idx({2}, "\1\2"sv))), 0).train;
  for (std::int64_t i = 0; i < 8; ++i) CHECK(data.x.at(i / 4, i % 4) == static_cast<double>(i));
}

TEST_CASE("a gzip file that goes on for ever is not followed") {
  const Folder folder;
  const auto labels = folder.with("labels", idx({2}, "\1\2"sv));
  const std::string bomb = gzip(idx({2, 2, 2}, std::string(50000000, '\0')));
  CHECK(message_of(folder, [&] { (void)load_data(idx_spec(folder.with("i", bomb), labels), 0); }) ==
        "i: has bytes after its array: the shape (2, 2, 2) promises fewer than its gzip stream "
        "holds");
}

TEST_CASE("images and labels that do not belong together are refused") {
  const Folder folder;
  const auto images = folder.with("images", idx({2, 2, 2}, counting(8)));
  const auto labels = folder.with("labels", idx({2}, "\1\2"sv));
  const auto three = folder.with("three", idx({3}, "\1\2\3"sv));
  const auto message = [&](const DataSpec& spec) {
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message(idx_spec(images, three)) ==
        "three: holds labels of 3 samples, but \"images\" holds 2 images; each image needs its "
        "label");
  CHECK(message(idx_spec(labels, images)) ==
        "labels: has the shape (2,); expected images [sample, height, width] (are images and "
        "labels exchanged?)");
  CHECK(message(idx_spec(images, images)) ==
        "images: has the shape (2, 2, 2); expected labels [sample] (are images and labels "
        "exchanged?)");
}
