// CSV files, good and broken.
#include <widelimit/experiment/csv.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

DataSpec csv_spec(const std::filesystem::path& file, std::vector<std::string> names,
                  std::vector<std::int64_t> indices = {}, bool header = true) {
  DataSpec spec;
  spec.train.type = SourceType::csv;
  spec.train.x = file;
  spec.train.target_names = std::move(names);
  spec.train.target_indices = std::move(indices);
  spec.train.header = header;
  return spec;
}

const std::string no_words =
    "; a table holds numbers alone: write words as numbers, or leave out their column";

}  // namespace

TEST_CASE("a CSV source takes targets by name, and the other columns in their order") {
  const Folder folder;
  const auto file =
      folder.with("d.csv", "a,price,\"b, of \"\"all\"\"\",n\n1,10,2,3\n-4.5,20,+5e-1, 6 \n");
  const TrainTest data = load_data(csv_spec(file, {"n", "price"}), 0);
  CHECK(data.train.x_names == std::vector<std::string>{"a", "b, of \"all\""});
  CHECK(data.train.y_names == std::vector<std::string>{"n", "price"});
  CHECK(data.train.x.precision() == Precision::float64);
  REQUIRE(data.train.x.count() == 2);
  CHECK(data.train.x.at(0, 0) == 1);
  CHECK(data.train.x.at(0, 1) == 2);
  CHECK(data.train.x.at(1, 0) == -4.5);
  CHECK(data.train.x.at(1, 1) == 0.5);
  CHECK(data.train.y(0, 0) == 3);
  CHECK(data.train.y(0, 1) == 10);
  CHECK(data.train.y(1, 0) == 6);
  CHECK(data.train.y(1, 1) == 20);
}

TEST_CASE("line ends, a byte order mark, quotes and empty lines at the end do not change numbers") {
  const Folder folder;
  for (const char* text : {"x,y\n1,2\n3,4\n", "x,y\n1,2\n3,4", "x,y\r\n1,2\r\n3,4\r\n",
                           "\xef\xbb\xbfx,y\n1,2\n3,4\n", "\"x\",\"y\"\n\"1\",\"2\"\n\"3\",\"4\"\n",
                           "x,y\n1,2\n3,4\n\n\r\n\n", "\"x\",y\n1,2\n3,\"4\""}) {
    CAPTURE(text);
    const DataSpec spec = csv_spec(folder.with("d.csv", text), {"y"});
    CHECK(inspect_data(spec, {}).train.count == 2);
    const TrainTest data = load_data(spec, 0);
    REQUIRE(data.train.x.count() == 2);
    CHECK(data.train.x.at(0, 0) == 1);
    CHECK(data.train.x.at(1, 0) == 3);
    CHECK(data.train.y(1, 0) == 4);
    CHECK(data.train.x_names == std::vector<std::string>{"x"});
  }
}

TEST_CASE("without a header targets are counted from 0, and windows count samples") {
  const Folder folder;
  DataSpec spec = csv_spec(folder.with("d.csv", "1,2,3\n4,5,6\n7,8,9\n10,11,12\n"), {}, {1}, false);
  spec.train.offset = 1;
  spec.train.limit = 2;
  const TrainTest data = load_data(spec, 0);
  REQUIRE(data.train.x.count() == 2);
  CHECK(data.train.x.at(0, 0) == 4);
  CHECK(data.train.x.at(1, 1) == 9);
  CHECK(data.train.y(0, 0) == 5);
  CHECK(data.train.x_names.empty());
}

TEST_CASE("quoted line breaks belong to their field, and lines are still counted") {
  const Folder folder;
  const auto file = folder.with("d.csv", "\"first\nline\",y\n1,2\n3,oops\n");
  CHECK(inspect_data(csv_spec(file, {"y"}), {}).train.count == 2);
  CHECK(message_of(folder, [&] { (void)load_data(csv_spec(file, {"y"}), 0); }) ==
        "d.csv:4:3: \"oops\" is not a number" + no_words);
}

TEST_CASE("broken CSV files are refused with line and column") {
  const Folder folder;
  const auto message = [&](std::string_view text, bool header = true) {
    const auto file = folder.with("d.csv", text);
    return message_of(folder, [&] { (void)load_data(csv_spec(file, {}, {1}, header), 0); });
  };
  CHECK(message("") == "d.csv: is empty; expected lines of numbers");
  CHECK(message("\n\n") == "d.csv: is empty; expected lines of numbers");
  CHECK(message("x,y\n") == "d.csv: has no samples: only the line with the names of the columns");
  CHECK(message("x,y\n1,2\n3\n") ==
        "d.csv:3:1: 1 field in this line, 2 in the first one; fill in what is "
        "missing, or leave out the line");
  CHECK(message("x,y\n1,2\n3,4,5,6\n") ==
        "d.csv:3:5: 4 fields in this line, 2 in the first one; a decimal comma or a "
        "comma in a text makes two fields of one");
  CHECK(message("x,y\n1,2\n\n3,4\n") ==
        "d.csv:3:1: an empty line; remove it, or fill in what is missing");
  CHECK(message("x,y\n1,\n") == "d.csv:2:3: a missing value; fill it in, or leave out the row");
  CHECK(message("x,y\n , 2\n") == "d.csv:2:1: a missing value; fill it in, or leave out the row");
  CHECK(message("x,y\n1,2\n3,four\n") == "d.csv:3:3: \"four\" is not a number" + no_words);
  CHECK(message("x,y\n1;2,3\n") ==
        "d.csv:2:1: \"1;2\" is not a number; fields are separated by commas, these by "
        "semicolons: save the table with commas");
  CHECK(message("x,y\n1,2\t3\n") ==
        "d.csv:2:3: \"2\\t3\" is not a number; fields are separated by commas, these by tabs: save "
        "the table with commas");
  CHECK(message("x,y\n\" 1,5\",3\n") ==
        "d.csv:2:1: \" 1,5\" is not a number; decimals are written with a point, and thousands "
        "without a mark");
  CHECK(message("x,y\n1 2,3\n") == "d.csv:2:1: \"1 2\" is not a number" + no_words);
  CHECK(message("x,y\n+-1,3\n") == "d.csv:2:1: \"+-1\" is not a number" + no_words);
  CHECK(message("x,y\n0x10,3\n") == "d.csv:2:1: \"0x10\" is not a number" + no_words);
  CHECK(message("x,y\n1,2\n3,1e999\n") ==
        "d.csv:3:3: \"1e999\" does not fit a float64 (at most about 1.8e308)");
  CHECK(message("x,y\n1,nan\n") ==
        "d.csv:2:3: \"nan\" is not finite; repair the number, or leave out the row");
  CHECK(message("x,y\n-inf,1\n") ==
        "d.csv:2:1: \"-inf\" is not finite; repair the number, or leave out the row");
  CHECK(message("x,y\n1,\"2\n3,4\n") == "d.csv:2:3: a quote is opened here and never closed");
  CHECK(message("x,y\n1,\"2\"3\n") ==
        "d.csv:2:6: text after a closing quote; expected a comma or the end of the line");
  CHECK(message("x,y\n1,2\"3\n") ==
        "d.csv:2:4: a quote in the middle of a field; a field with quotes in it is written \"so "
        "\"\"quoted\"\"\"");
  CHECK(message("x,y\r1,2\r") ==
        "d.csv:1:4: a carriage return that does not end a line; lines end with LF or CRLF");
  CHECK(message("\xc3\xa4\xc3\xb6,y\n1,2\n3,\xc3\xa4x\n") ==
        "d.csv:3:3: \"\xc3\xa4x\" is not a number" + no_words);
  CHECK(message("x,y\n\xc3\xa4,2\n") == "d.csv:2:1: \"\xc3\xa4\" is not a number" + no_words);
  CHECK(message("x,\xc3\xa4,z\n1,2,\xc3\xa4\n") ==
        "d.csv:2:5: \"\xc3\xa4\" is not a number" + no_words);
  CHECK(
      message("1.5,2\n3,4\n") ==
      "d.csv:1:1: the first line was expected to name the columns, but it holds numbers; if it is "
      "the first sample, set \"header\": false");
  CHECK(message("a,b\n1,2\n", false) ==
        "d.csv:1:1: \"a\" is not a number; if the first line names the columns, set \"header\": "
        "true");
  CHECK(contains(message("x,y\n1,\x1b[31m\n"), "is not a number"));
  CHECK_FALSE(contains(message("x,y\n1,\x1b[31m\n"), "\x1b"));
}

TEST_CASE("a table with another separator gets a message about commas, not about its columns") {
  const Folder folder;
  const auto message = [&](std::string_view text, const DataSpec& spec) {
    folder.with("d.csv", text);
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  const DataSpec by_name = csv_spec(folder / "d.csv", {"y"}),
                 by_index = csv_spec(folder / "d.csv", {}, {1}, false);
  const std::string remedy =
      " in their place: save the table with commas, and with points in decimals";
  CHECK(message("x;y\n1,5;2\n", by_name) ==
        "d.csv:1:1: fields are separated by commas; in the first line there are semicolons" +
            remedy);
  CHECK(message("1\t2\n3\t4\n", by_index) ==
        "d.csv:1:1: fields are separated by commas; in the first line there are tabs" + remedy);
}

TEST_CASE("a column that does not exist is refused with the ones that do") {
  const Folder folder;
  const auto file = folder.with("d.csv", "area,rooms,price,price\n1,2,3,4\n");
  const auto message = [&](const DataSpec& spec) {
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message(csv_spec(file, {"room"})) ==
        "d.csv: no column is named \"room\"; did you mean \"rooms\"?; the columns are area, rooms, "
        "price, price");
  CHECK(message(csv_spec(file, {"price"})) ==
        "d.csv: two columns are named \"price\"; give the index of the target, from 0");
  CHECK(message(csv_spec(file, {}, {4})) ==
        "d.csv: there is no column 4; it has 4 columns, counted from 0");
  CHECK(message(csv_spec(file, {}, {0, 1, 2, 3})) ==
        "d.csv: every column is a target; none is left for the samples");
  CHECK(message(csv_spec(file, {"rooms"}, {1})) ==
        "d.csv: column 1 (counted from 0) is a target twice");
  CHECK(message(csv_spec(file, {})) == "d.csv: needs a \"target\": the columns that are predicted");
}

TEST_CASE("a header of column numbers is a header") {
  const Folder folder;
  for (const char* text : {"0,1,2\n5,6,7\n", "1,2,3\n5,6,7\n"}) {
    const TrainTest data = load_data(csv_spec(folder.with("d.csv", text), {}, {0}), 0);
    CHECK(data.train.x.count() == 1);
    CHECK(data.train.y(0, 0) == 5);
  }
}

TEST_CASE("a first line much wider than the file is long asks for no memory") {
  const Folder folder;
  const auto file =
      folder.with("d.csv", std::string(2000000, ',') + "\n" + std::string(1000000, '\n') + "1\n");
  CHECK(message_of(folder, [&] { (void)load_data(csv_spec(file, {}, {0}, false), 0); }) ==
        "d.csv:2:1: an empty line; remove it, or fill in what is missing");
}

TEST_CASE("a large file is read across the seams of its buffer") {
  const Folder folder;
  std::string text = "a,b,c\r\n";
  constexpr int rows = 60000;
  for (int i = 0; i < rows; ++i)
    text += std::to_string(i) + ",\"" + std::to_string(i) + ".5\"," + std::to_string(-i) + "\r\n";
  const TrainTest data = load_data(csv_spec(folder.with("d.csv", text), {"c"}), 0);
  REQUIRE(data.train.x.count() == rows);
  int wrong = 0;
  for (int i = 0; i < rows; ++i)
    wrong +=
        data.train.x.at(i, 0) != i || data.train.x.at(i, 1) != i + 0.5 || data.train.y(i, 0) != -i;
  CHECK(wrong == 0);
}

TEST_CASE("matrices survive writing and reading as CSV to the bit") {
  const Folder folder;
  const double inf = std::numeric_limits<double>::infinity();
  const Matrix m = {{1.0 / 3, -0.0, 5e-324}, {std::numeric_limits<double>::max(), 0.1, inf}};
  m.write_csv(folder / "m.csv");
  const Matrix back = Matrix::read_csv(folder / "m.csv");
  REQUIRE(back.rows() == 2);
  REQUIRE(back.cols() == 3);
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j) {
      CHECK(m(i, j) == back(i, j));
      CHECK(std::signbit(m(i, j)) == std::signbit(back(i, j)));
    }
  MatrixF({{0.1F, 1.0F / 3}}).write_csv(folder / "f.csv");
  CHECK(bytes_of_file(folder / "f.csv") == "0.100000001,0.333333343\n");
  const MatrixF f = MatrixF::read_csv(folder / "f.csv");
  CHECK(f(0, 0) == 0.1F);
  CHECK(f(0, 1) == 1.0F / 3);
}

TEST_CASE("a matrix file may begin with a line of names") {
  const Folder folder;
  const Matrix m = Matrix::read_csv(folder.with("m.csv", "x,\"y\"\n1,2\n3,4\n"));
  CHECK(m.rows() == 2);
  CHECK(m(1, 1) == 4);
  CHECK(message_of(folder, [&] { (void)Matrix::read_csv(folder.with("n.csv", "x,y\n")); }) ==
        "n.csv: holds no numbers; expected comma-separated rows of them");
  CHECK(message_of(folder, [&] { (void)Matrix::read_csv(folder.with("n.csv", "x,1\n")); }) ==
        "n.csv:1:1: \"x\" is not a number" + no_words);
}

TEST_CASE("a table is read by rows, with infinity and gaps") {
  const Folder folder;
  CsvFile csv(folder.with("a.csv", "time,\"loss, all\"\r\n0,1.5\ninf,1e-320\n2,\n"));
  CHECK(csv.columns() == std::vector<std::string>{"time", "loss, all"});
  CHECK(csv.require("loss, all") == 1);
  CHECK(csv.find("time") == 0);
  CHECK_FALSE(csv.find("none"));
  REQUIRE(csv.next());
  CHECK(csv.number(1) == 1.5);
  CHECK(csv.text(0) == "0");
  REQUIRE(csv.next());
  CHECK(std::isinf(csv.number(0)));
  CHECK(csv.number(1) == 1e-320);
  REQUIRE(csv.next());
  CHECK(std::isnan(csv.number(1)));
  CHECK_FALSE(csv.next());
}

TEST_CASE("a damaged table is refused with its place") {
  const Folder folder;
  CsvFile csv(folder.with("a.csv", "time,loss\n0,1\n2,x\n1\n"));
  CHECK(message_of(folder, [&] { (void)csv.require("x0"); }) == "a.csv: no column \"x0\"");
  REQUIRE(csv.next());
  REQUIRE(csv.next());
  CHECK(message_of(folder, [&] { (void)csv.number(1); }) ==
        "a.csv:3:3: \"x\" is not a number" + no_words);
  CHECK(message_of(folder, [&] { (void)csv.next(); }).starts_with("a.csv:4:1: 1 field in this"));
  CHECK(message_of(folder, [&] { const CsvFile empty(folder.with("e.csv", "")); }) ==
        "e.csv: is empty; expected a line with the names of the columns");
  CHECK(message_of(folder, [&] {
          const CsvFile none(folder / "none.csv");
        }).starts_with("none.csv: cannot be read"));
}
