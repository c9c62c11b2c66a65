// Arrays and archives that several versions of NumPy wrote (numpy/write.py), each with the numbers
// that its NumPy read from it.
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/matrix.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

/// One folder for each pair of a Python and a NumPy.
std::vector<std::filesystem::path> numpy_folders() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(WIDELIMIT_TEST_NUMPY))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  REQUIRE(folders.size() >= 3);
  return folders;
}

struct Written {
  std::string file;
  std::vector<std::int64_t> shape;
  std::vector<double> numbers;
};

std::vector<Written> arrays_in(const std::filesystem::path& folder) {
  std::ifstream in(folder / "values.txt");
  std::vector<Written> all;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    Written& one = all.emplace_back();
    std::string shape, word;
    words >> one.file >> shape;
    std::istringstream axes(shape);
    while (std::getline(axes, word, 'x')) one.shape.push_back(std::stoll(word));
    while (words >> word) one.numbers.push_back(std::strtod(word.c_str(), nullptr));
  }
  REQUIRE(all.size() >= 20);
  return all;
}

}  // namespace

TEST_CASE("every plain type of every version of NumPy is read to the bit") {
  for (const auto& folder : numpy_folders())
    for (const Written& array : arrays_in(folder)) {
      CAPTURE(folder.filename().string());
      CAPTURE(array.file);
      const NpyFile file(folder / array.file);
      CHECK(file.shape() == array.shape);
      const Matrix all = file.rows(0, array.shape.front());
      CHECK(std::equal(all.flat().begin(), all.flat().end(), array.numbers.begin(),
                       array.numbers.end()));
      const Matrix last = file.rows(array.shape.front() - 1, 1);
      CHECK(std::equal(last.flat().begin(), last.flat().end(),
                       array.numbers.end() - file.row_size(), array.numbers.end()));
    }
}

TEST_CASE("samples of types that float32 holds exactly become float32, all others float64") {
  const Folder folder;
  Matrix({{0}, {1}}).write_npy(folder / "y.npy");
  for (const auto& written : numpy_folders())
    for (const Written& array : arrays_in(written)) {
      if (array.shape != std::vector<std::int64_t>{2, 3}) continue;
      CAPTURE(array.file);
      DataSpec spec;
      spec.train.x = written / array.file;
      spec.train.y = folder / "y.npy";
      const Dataset data = load_data(spec, 0).train;
      const bool wide = contains(array.file, "32") || contains(array.file, "64");
      const bool narrow = !wide || array.file.starts_with("float32");
      CHECK((data.x.precision() == Precision::float32) == narrow);
      for (std::int64_t i = 0; i < 6; ++i)
        CHECK(data.x.at(i / 3, i % 3) == array.numbers[static_cast<std::size_t>(i)]);
    }
}

TEST_CASE("integers as labels become classes") {
  for (const auto& folder : numpy_folders()) {
    DataSpec spec;
    spec.train.x = spec.train.y = folder / "labels.npy";
    PreprocessStep one_hot;
    one_hot.type = PreprocessType::one_hot;
    CHECK(inspect_data(spec, {{one_hot}}).train.outputs == 5);
  }
}

TEST_CASE("float16 is read as IEEE 754 has it, and what is not finite is refused") {
  const Folder folder;
  const auto with = [&](std::string_view bytes) {
    std::string text = "{'descr': '<f2', 'fortran_order': False, 'shape': (" +
                       std::to_string(bytes.size() / 2) + ",), }\n";
    const std::string head =
        "\x93NUMPY\1" + std::string(1, '\0') + static_cast<char>(text.size()) + '\0';
    return folder.with("h.npy", head + text + std::string(bytes));
  };
  // 1/3, the largest, the smallest normal and subnormal numbers, and -0
  const Matrix m = Matrix::read_npy(with("\x55\x35\xff\x7b\x00\x04\x01\x00\x00\x80"sv));
  CHECK(m(0, 0) == 0.333251953125);
  CHECK(m(1, 0) == 65504);
  CHECK(m(2, 0) == 0x1p-14);
  CHECK(m(3, 0) == 0x1p-24);
  CHECK(m(4, 0) == 0);
  CHECK(std::signbit(m(4, 0)));
  const auto refusal = [&](std::string_view bytes) {
    DataSpec spec;
    spec.train.x = spec.train.y = with(bytes);
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(refusal("\x00\x3c\x00\x7c"sv).starts_with("h.npy: row 1, column 0 (counted from 0, as in"));
  CHECK(contains(refusal("\x00\x3c\x00\x7c"sv), " is inf;"));
  CHECK(contains(refusal("\x00\xfc"sv), " is -inf;"));
  CHECK(contains(refusal("\x01\x7e"sv), " is NaN;"));
}

TEST_CASE("other types are refused with a remedy that keeps the numbers") {
  const std::map<std::string, std::string> expected{
      {"complex",
       "holds complex numbers (<c16), but kernels need real ones: save np.stack([array.real, "
       "array.imag], axis=-1), which makes two features of each number"},
      {"complex_matrix",
       "holds complex numbers (<c16), but kernels need real ones: save np.concatenate([array.real, "
       "array.imag], axis=-1), which makes two features of each number"},
      {"object",
       "holds Python objects (|O), and reading them could run code: save array.astype('<f8') if "
       "each is a number, np.stack(array) if all are arrays of one shape"},
      {"fields",
       "holds a structured array (fields with names): save "
       "numpy.lib.recfunctions.structured_to_unstructured(array), which makes a feature of each "
       "field, if all fields are numbers"},
      {"text",
       "holds text (<U1): save array.astype('<f8') if the text is numbers, np.unique(array, "
       "return_inverse=True)[1] if it is the names of classes"},
      {"bytes",
       "holds text (|S1): save array.astype('<f8') if the text is numbers, np.unique(array, "
       "return_inverse=True)[1] if it is the names of classes"},
      {"dates",
       "holds dates (<M8[D]): save the time since one of them, as in (array - "
       "np.datetime64('2000-01-01')) / np.timedelta64(1, 'D')"},
      {"spans",
       "holds spans of time (<m8[s]): save them in a unit, as in array / np.timedelta64(1, 's')"},
      {"long_double",
       "holds floating-point numbers (<f16) of more digits than float64 has, or of an unusual "
       "size: save array.astype('<f8')"},
      {"raw",
       "holds raw bytes (|V2): save array.astype('<f4') in the program that made them (NumPy saves "
       "bfloat16 and float8 as raw bytes)"}};
  for (const auto& folder : numpy_folders())
    for (const auto& [name, message] : expected) {
      const std::filesystem::path file = folder / "refused" / (name + ".npy");
      CHECK(std::string(error_of([&] { (void)Matrix::read_npy(file); }).what()) ==
            file.string() + ": " + message);
    }
}

TEST_CASE("files of other kinds are named where an array is expected") {
  const Folder folder;
  const auto message = [&](std::string_view bytes) {
    return message_of(folder, [&] { (void)Matrix::read_npy(folder.with("x.npy", bytes)); });
  };
  CHECK(message("\x1f\x8b\x08\0\0\0\0\0"sv) ==
        "x.npy: is a gzip file, but an .npy file is expected: unpack it with gunzip");
  CHECK(message(bytes_of_file(numpy_folders().front() / "stored.npz")) ==
        "x.npy: is an .npz archive, but an .npy file is expected: name it in a source {\"type\": "
        "\"npz\"}");
  CHECK(message("PK\3\4\x14\0\6\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0"
                "[Content_Types].xml"sv) ==
        "x.npy: is an Excel workbook (.xlsx), but an .npy file is expected: save the sheet as CSV "
        "(UTF-8)");
  CHECK(message("PK\3\4\x14\0\6\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.csv"sv) ==
        "x.npy: is a ZIP archive, but an .npy file is expected: unpack it first");
  for (const std::string_view text : {"\xff\xfe"
                                      "1\0,\0"sv,
                                      "\xfe\xff\0"
                                      "1\0,"sv,
                                      "1\0,\0002\0"sv, "\0001\0,\0002"sv})
    CHECK(message(text) ==
          "x.npy: is text in UTF-16, but an .npy file is expected: save it as UTF-8");
  CHECK(contains(message("\x89HDF\r\n\x1a\n"sv), "is an HDF5 file, but an .npy file is expected"));
  CHECK(contains(message("PK\3\4"sv), "is a ZIP archive"));  // cut before the name of a member
}
