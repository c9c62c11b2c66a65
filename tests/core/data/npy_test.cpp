// .npy files: arrays as NumPy wrote them, and files that are no such arrays.
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/matrix.hpp>

#include "core/data/files.hpp"
#include "core/data/numpy_arrays.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

std::string npy(std::string_view dictionary, std::string_view numbers) {
  std::string text(dictionary);
  text += '\n';
  std::string head = "\x93NUMPY";
  head += {'\1', '\0', static_cast<char>(text.size() % 256), static_cast<char>(text.size() / 256)};
  return head + text + std::string(numbers);
}

template <class T>
std::string as_bytes(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

template <class T>
void check_matrix(const BasicMatrix<T>& m, const std::vector<std::vector<double>>& expected) {
  REQUIRE(m.rows() == static_cast<std::int64_t>(expected.size()));
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    const auto& row = expected[static_cast<std::size_t>(i)];
    REQUIRE(m.cols() == static_cast<std::int64_t>(row.size()));
    for (std::int64_t j = 0; j < m.cols(); ++j)
      CHECK(static_cast<double>(m(i, j)) == row[static_cast<std::size_t>(j)]);
  }
}

DataSpec npy_spec(const std::filesystem::path& x, const std::filesystem::path& y) {
  DataSpec spec;
  spec.train.x = x;
  spec.train.y = y;
  return spec;
}

}  // namespace

TEST_CASE("an array of any shape is read in parts") {
  const Folder folder;
  const std::vector<double> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  write_npy(folder / "a.npy", numbers.data(), {3, 2, 2});
  const NpyFile file(folder / "a.npy");
  CHECK(file.shape() == std::vector<std::int64_t>{3, 2, 2});
  CHECK(file.row_size() == 4);
  CHECK(file.precision() == Precision::float64);
  check_matrix(file.rows(1, 2), {{4, 5, 6, 7}, {8, 9, 10, 11}});
  CHECK(file.rows(3, 0).empty());
  const auto refusal = [&](std::int64_t begin, std::int64_t count) {
    return message_of(folder, [&] { (void)file.rows(begin, count); });
  };
  CHECK(refusal(1, 3).starts_with("a.npy: has 3 rows, but rows "));
  CHECK(refusal(-1, 1).starts_with("a.npy: has 3 rows, but rows "));
  CHECK(refusal(0, -1).starts_with("a.npy: has 3 rows, but rows "));
}

TEST_CASE("every type and order is read in parts") {
  const Folder folder;
  for (const NumpyArray& array : numpy_matrices) {
    CAPTURE(array.what);
    check_matrix(NpyFile(folder.with("m.npy", array.bytes)).rows(1, 1), {{1, 2, 130}});
  }
}

TEST_CASE("matrices written by NumPy are read in every type, order and version") {
  const Folder folder;
  for (const NumpyArray& array : numpy_matrices) {
    CAPTURE(array.what);
    const auto file = folder.with("m.npy", array.bytes);
    check_matrix(Matrix::read_npy(file), {{0, 255, 7}, {1, 2, 130}});
    check_matrix(MatrixF::read_npy(file), {{0, 255, 7}, {1, 2, 130}});
  }
}

TEST_CASE("an array of one axis is a column") {
  const Folder folder;
  check_matrix(Matrix::read_npy(folder.with("v.npy", numpy_vector.bytes)), {{1.5}, {-2}, {1e-40}});
}

TEST_CASE("what is written is byte for byte what NumPy writes") {
  const Folder folder;
  const Matrix m = {{0, 255, 7}, {1, 2, 130}};
  m.write_npy(folder / "f8.npy");
  MatrixF({{0, 255, 7}, {1, 2, 130}}).write_npy(folder / "f4.npy");
  for (const NumpyArray& array : numpy_matrices) {
    if (array.what == std::string("f8, C order, version 1.0"))
      CHECK(bytes_of_file(folder / "f8.npy") == array.bytes);
    if (array.what == std::string("f4, C order, version 1.0"))
      CHECK(bytes_of_file(folder / "f4.npy") == array.bytes);
  }
  const std::vector<double> v = {1.5, -2, 1e-40};
  write_npy(folder / "v.npy", v.data(), {3});
  CHECK(bytes_of_file(folder / "v.npy") == numpy_vector.bytes);
}

TEST_CASE("numbers survive writing and reading to the bit") {
  const Folder folder;
  const Matrix m = {{1.0 / 3, -0.0, 5e-324}, {std::numeric_limits<double>::max(), -1e-300, 1}};
  m.write_npy(folder / "m.npy");
  const Matrix back = Matrix::read_npy(folder / "m.npy");
  CHECK(as_bytes(std::vector(m.flat().begin(), m.flat().end())) ==
        as_bytes(std::vector(back.flat().begin(), back.flat().end())));
}

TEST_CASE("images in Fortran order arrive as [sample, site..., channel] in C order") {
  const Folder folder;
  const auto y =
      folder.with("y.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
                               as_bytes(std::vector<double>{1, 2})));
  for (const NumpyArray& array : numpy_images) {
    CAPTURE(array.what);
    const TrainTest data = load_data(npy_spec(folder.with("x.npy", array.bytes), y), 0);
    const Samples& x = data.train.x;
    CHECK(x.precision() == Precision::float32);
    CHECK(x.count() == 2);
    CHECK(x.shape().channels == 2);
    CHECK(x.shape().sites == std::vector(array.shape.begin() + 1, array.shape.end() - 1));
    for (std::int64_t i = 0; i < x.count(); ++i)
      for (std::int64_t j = 0; j < x.features(); ++j)
        CHECK(x.at(i, j) == static_cast<double>(i * x.features() + j));
    CHECK_FALSE(data.test.has_value());
  }
}

TEST_CASE("a tall array in Fortran order is read in panels and windows without mixing rows") {
  const Folder folder;
  constexpr int rows = 20011, cols = 37;  // more than one panel of columns
  std::vector<double> numbers;
  for (int j = 0; j < cols; ++j)
    for (int i = 0; i < rows; ++i) numbers.push_back(1000.0 * i + j);
  const auto x = folder.with(
      "x.npy",
      npy("{'descr': '<f8', 'fortran_order': True, 'shape': (20011, 37), }", as_bytes(numbers)));
  std::vector<double> targets(rows);
  for (int i = 0; i < rows; ++i) targets[static_cast<std::size_t>(i)] = i;
  const auto y = folder.with(
      "y.npy",
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (20011, 1), }", as_bytes(targets)));
  DataSpec spec = npy_spec(x, y);
  for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{19000}}) {
    spec.train.offset = offset;
    const TrainTest data = load_data(spec, 0);
    REQUIRE(data.train.x.count() == rows - offset);
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < data.train.x.count(); ++i)
      for (std::int64_t j = 0; j < cols; ++j)
        wrong += data.train.x.at(i, j) != static_cast<double>(1000 * (offset + i) + j);
    CHECK(wrong == 0);
    CHECK(data.train.y(0, 0) == static_cast<double>(offset));
  }
}

TEST_CASE("files that are not arrays of numbers are refused with the reason") {
  const Folder folder;
  const std::string eight(8, '\0');
  const auto message = [&](std::string_view bytes) {
    const auto file = folder.with("x.npy", bytes);
    return message_of(folder, [&] { (void)Matrix::read_npy(file); });
  };
  const auto of_type = [&](const std::string& descr) {
    return message(npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,), }", eight));
  };
  const auto of_shape = [&](const std::string& shape) {
    return message(
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }", eight));
  };
  CHECK(message("") == "x.npy: is empty; expected an .npy file");
  CHECK(message("1,2,3\n4,5,6\n") ==
        "x.npy: is not an .npy file: it does not begin with \\x93NUMPY; expected an array saved by "
        "numpy.save");
  CHECK(message("\x93NUMP") ==
        "x.npy: is not an .npy file: it does not begin with \\x93NUMPY; expected an array saved by "
        "numpy.save");
  CHECK(message("\x93NUMPY\1"sv) == "x.npy: is truncated inside the .npy header");
  CHECK(message("\x93NUMPY\1\0\x76\0{'descr'"sv) == "x.npy: is truncated inside the .npy header");
  CHECK(message("\x93NUMPY\2\0\xff\xff\xff\xff{'descr'"sv) ==
        "x.npy: is truncated inside the .npy header");
  CHECK(message("\x93NUMPY\4\0\1\0\n"sv) ==
        "x.npy: is an .npy file of version 4.0; versions 1.0, 2.0 and 3.0 are read");
  CHECK(message("\x93NUMPY\1\1\1\0\n"sv) ==
        "x.npy: is an .npy file of version 1.1; versions 1.0, 2.0 and 3.0 are read");

  // numpy_test.cpp has the messages about types that NumPy writes.
  CHECK(of_type("''") == "x.npy: holds numbers of an unknown type (): save array.astype('<f8')");
  for (const char* type : {"'<x4'", "'f8'", "'=f8'", "'|f8'", "'<f80'", "'<i3'"})
    CHECK(contains(of_type(type), ": save array.astype('<f8')"));

  CHECK(of_shape("()") ==
        "x.npy: holds a single number of shape (); expected an array [sample, ...]");
  CHECK(of_shape("(0,)") == "x.npy: has no samples: its shape is (0,)");
  CHECK(of_shape("(0, 5)") == "x.npy: has no samples: its shape is (0, 5)");
  CHECK(of_shape("(5, 0)") == "x.npy: is empty: its shape (5, 0) has an axis of length 0");
  CHECK(of_shape("(2, 3)") ==
        "x.npy: is truncated (or its header is wrong): the shape (2, 3) promises 48 bytes of "
        "numbers, the file holds 8 bytes");
  CHECK(of_shape("(1000000000, 1000000000)") ==
        "x.npy: is truncated (or its header is wrong): the shape (1000000000, 1000000000) promises "
        "8000000000000000000 bytes of numbers, the file holds 8 bytes");
  CHECK(of_shape("(9223372036854775807, 9223372036854775807)") ==
        "x.npy: is truncated (or its header is wrong): the shape (9223372036854775807, "
        "9223372036854775807) promises more bytes than can be counted of numbers, the file holds 8 "
        "bytes");
  CHECK(of_shape("(4294967296, 4294967296)") ==  // 2^64 overflows to nothing
        "x.npy: is truncated (or its header is wrong): the shape (4294967296, 4294967296) promises "
        "more bytes than can be counted of numbers, the file holds 8 bytes");
  CHECK(message(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", "ab")) ==
        "x.npy: has bytes after its array: the shape (1,) promises 1 byte of numbers, the file "
        "holds 2 bytes");
  CHECK(message(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", eight)) ==
        "x.npy: has the shape (1, 1, 1); a matrix has one or two axes");
}

TEST_CASE("damaged headers are refused with the byte") {
  const Folder folder;
  const auto message = [&](std::string_view dictionary) {
    const auto file = folder.with("x.npy", npy(dictionary, std::string(8, '\0')));
    return message_of(folder, [&] { (void)Matrix::read_npy(file); });
  };
  const std::string at = "x.npy: the .npy header is damaged at byte ";
  CHECK(message("") == at + "11: expected {");
  CHECK(message("{}") == at + "13: the key 'descr' is missing");
  CHECK(message("{'descr': '<f8', 'shape': (1,)}") ==
        at + "42: the key 'fortran_order' is missing");
  CHECK(message("{'descr': '<f8', 'descr': '<f8'}") == at + "34: the key 'descr' appears twice");
  CHECK(message("{'descr': '<f8', 'more': 1}") ==
        at + "34: the key 'more' is not one of descr, fortran_order, shape");
  CHECK(message("{'descr' '<f8'}") == at + "19: expected :");
  CHECK(message("{'descr': <f8}") == at + "20: expected the type of the numbers in quotes");
  CHECK(message("{'descr': '<f8}") == at + "20: a quote is not closed");
  CHECK(message("{'descr': '<\tf8'}") == at + "20: a string holds unexpected characters");
  CHECK(message("{'fortran_order': 1}") == at + "28: fortran_order: expected True or False");
  CHECK(message("{'fortran_order': Truely}") == at + "32: expected }");
  CHECK(message("{'shape': 1}") == at + "20: expected (");
  CHECK(message("{'shape': (-1,)}") == at + "21: shape: expected a length of an axis (digits)");
  CHECK(message("{'shape': (1)}") == at + "22: expected a comma: a shape of one axis is (n,)");
  CHECK(message("{'shape': (1, 2.5)}") == at + "25: expected )");
  CHECK(message("{'shape': (1, 1LL)}") == at + "26: expected )");
  CHECK(message("{'shape': (L,)}") == at + "21: shape: expected a length of an axis (digits)");
  CHECK(message("{'shape': (99999999999999999999,)}") ==
        at + "39: an axis of the shape is too long for any memory");
  CHECK(message("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } x") ==
        at + "68: expected nothing but spaces after the dictionary");
  std::string many = "{'shape': (";
  for (int i = 0; i < 33; ++i) many += "1, ";
  CHECK(message(many + ")}") == at + "118: the shape has more than 32 axes");
}

TEST_CASE("headers in other notations of the same dictionary are read") {
  const Folder folder;
  for (const char* dictionary :
       {"{\"shape\":(1,),\"fortran_order\":True,\"descr\":\"<f8\"}",
        "  { 'descr' : '<f8' , 'shape' : ( 1 , 1 ) , 'fortran_order' : False }   ",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1L, 1L), }"}) {
    const auto file = folder.with("x.npy", npy(dictionary, as_bytes(std::vector<double>{2.5})));
    check_matrix(Matrix::read_npy(file), {{2.5}});
  }
}

TEST_CASE("what cannot be opened as a file is refused with the system's reason") {
  const Folder folder;
  CHECK(message_of(folder, [&] { (void)Matrix::read_npy(folder / "none.npy"); }) ==
        "none.npy: cannot be read: No such file or directory");
  std::filesystem::create_directory(folder / "sub");
  CHECK(message_of(folder, [&] { (void)Matrix::read_npy(folder / "sub"); }) ==
        "sub: is a folder, expected a file");
  CHECK(message_of(folder, [] { (void)Matrix::read_npy("/dev/null"); }) ==
        "/dev/null: is not a regular file: save the data to a file first");
}

TEST_CASE("a number that is not finite is refused with row and column of the array") {
  const Folder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = -1 / 0.0;
  const Matrix good = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, y = {{1}, {2}, {3}};
  good.write_npy(folder / "x.npy");
  y.write_npy(folder / "y.npy");
  Matrix({{1, 2, 3}, {4, 5, nan}, {7, inf, 9}}).write_npy(folder / "bad.npy");
  MatrixF({{1}, {2}, {static_cast<float>(inf)}}).write_npy(folder / "bad_y.npy");
  const auto message = [&](DataSpec spec) {
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message(npy_spec(folder / "bad.npy", folder / "y.npy")) ==
        "bad.npy: row 1, column 2 (counted from 0, as in the array) is NaN; every number must be "
        "finite: repair or leave out the sample");
  CHECK(message(npy_spec(folder / "x.npy", folder / "bad_y.npy")) ==
        "bad_y.npy: row 2, column 0 (counted from 0, as in the array) is -inf; every number must "
        "be finite: repair or leave out the sample");
  DataSpec window = npy_spec(folder / "bad.npy", folder / "y.npy");
  window.train.offset = 2;
  CHECK(contains(message(window), "row 2, column 1 "));  // as in the file, not in the window
  window.train.offset = 0;
  window.train.limit = 1;  // the damaged rows are not asked for
  CHECK(load_data(window, 0).train.x.count() == 1);
}

TEST_CASE("x and y of different lengths, and targets of three axes, are refused") {
  const Folder folder;
  Matrix(3, 2).write_npy(folder / "x.npy");
  Matrix(4, 1).write_npy(folder / "y.npy");
  const std::vector<double> zeros(3);
  write_npy(folder / "deep.npy", zeros.data(), {3, 1, 1});
  const auto message = [&](const char* y) {
    return message_of(folder, [&] { (void)load_data(npy_spec(folder / "x.npy", folder / y), 0); });
  };
  CHECK(message("y.npy") ==
        "y.npy: holds targets of 4 samples, but \"x.npy\" holds 3 samples; each sample needs its "
        "target");
  CHECK(message("deep.npy") ==
        "deep.npy: targets have the shape (3, 1, 1); expected [sample] or [sample, output]");
}
