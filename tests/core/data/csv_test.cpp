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

const std::string numbers_alone =
    "; a table holds numbers alone: write words as numbers, or leave out their column";
const std::string no_words =
    "; \"categories\" makes one feature of each word of a column, or of all such columns "
    "(\"auto\"), "
    "and \"ignore\" leaves a column out";
const std::string no_labels = "; the step one_hot makes classes of words";

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
        "d.csv:4:3: \"oops\" is not a number" + no_labels);
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
  CHECK(message("x,y\n1,2,\n") ==
        "d.csv:2:5: the line ends with a comma, which begins an empty field more than the 2 fields "
        "of the first line; remove it");
  CHECK(message("x,y,\n1,2,\n") ==
        "d.csv:1:5: the line ends with a comma, which begins a column without a name or values; "
        "remove it from every line, or name its index in \"ignore\"");
  CHECK(message("1,2,\n3,4,\n", false) ==
        "d.csv:1:5: the line ends with a comma, which begins a column without a name or values; "
        "remove it from every line, or name its index in \"ignore\"");
  CHECK(message("x,y\n1,\n") ==
        "d.csv:2:3: a missing value; a target has no substitute: fill it in, leave out the row, or "
        "choose \"missing\": \"drop\"");
  CHECK(message("x,y\n , 2\n") ==
        "d.csv:2:1: a missing value; fill it in, leave out the row, or choose \"missing\": "
        "\"drop\" or \"mean\"");
  CHECK(message("x,y\n1,2\n3,four\n") == "d.csv:3:3: \"four\" is not a number" + no_labels);
  CHECK(message("x,y\n1;2,3\n") ==
        "d.csv:2:1: \"1;2\" is not a number; fields are separated by commas, these by "
        "semicolons: say with \"delimiter\" which it is");
  CHECK(message("x,y\n1,2\t3\n") ==
        "d.csv:2:3: \"2\\t3\" is not a number; fields are separated by commas, these by tabs: say "
        "with \"delimiter\" which it is");
  CHECK(message("x,y\n\" 1,5\",3\n") ==
        "d.csv:2:1: \" 1,5\" is not a number; if the comma is the decimal mark, set \"decimal\": "
        "\",\"");
  CHECK(message("x,y\n\"1,234.5\",3\n") ==
        "d.csv:2:1: \"1,234.5\" is not a number; decimals are written with a point, and thousands "
        "without a mark");
  CHECK(message("x,y\n1 2,3\n") ==
        "d.csv:2:1: \"1 2\" is not a number; decimals are written with a point, and thousands "
        "without a mark");
  CHECK(message("x,y\na1,3\n") == "d.csv:2:1: \"a1\" is not a number" + no_words);
  CHECK(message("x,y\n0x10,3\n") == "d.csv:2:1: \"0x10\" is not a number" + no_words);
  CHECK(message("x,y\n1,2\n3,1e999\n") ==
        "d.csv:3:3: \"1e999\" does not fit a float64 (at most about 1.8e308)");
  CHECK(
      message("x,y\n1,nan\n") ==
      "d.csv:2:3: a missing value (\"nan\"); a target has no substitute: fill it in, leave out the "
      "row, or choose \"missing\": \"drop\"");
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
        "d.csv:3:3: \"\xc3\xa4x\" is not a number" + no_labels);
  CHECK(message("x,y\n\xc3\xa4,2\n") == "d.csv:2:1: \"\xc3\xa4\" is not a number" + no_words);
  CHECK(message("x,\xc3\xa4,z\n1,2,\xc3\xa4\n") ==
        "d.csv:2:5: \"\xc3\xa4\" is not a number" + no_words);
  CHECK(
      message("1.5,2\n3,4\n") ==
      "d.csv:1:1: the first line was expected to name the columns, but it holds numbers; if it is "
      "the first sample, set \"header\": false, and if these are names, \"header\": true");
  CHECK(message("a,b\n1,2\n", false) ==
        "d.csv:1:1: \"a\" is not a number; if the first line names the columns, set \"header\": "
        "true");
  CHECK(contains(message("x,y\n1,\x1b[31m\n"), "is not a number"));
  CHECK_FALSE(contains(message("x,y\n1,\x1b[31m\n"), "\x1b"));
}

TEST_CASE("the delimiter is found out from the first lines, or given") {
  const Folder folder;
  const auto first = [&](std::string_view text, std::optional<char> delimiter = {},
                         char decimal = '.') {
    DataSpec spec = csv_spec(folder.with("d.csv", text), {}, {1});
    spec.train.table.delimiter = delimiter;
    spec.train.table.decimal = decimal;
    const TrainTest data = load_data(spec, 0);
    return std::vector<double>{data.train.x.at(0, 0), data.train.y(0, 0)};
  };
  CHECK(first("x,y\n1.5,2\n") == std::vector{1.5, 2.0});
  CHECK(first("x;y\n1,5;2\n", {}, ',') == std::vector{1.5, 2.0});
  CHECK(first("x;y\n1.5;2\n") == std::vector{1.5, 2.0});
  CHECK(first("x\ty\n1.5\t2\n") == std::vector{1.5, 2.0});
  CHECK(first("  x   y\n 1.5 \t 2 \n") == std::vector{1.5, 2.0});
  CHECK(first("x|y\n1.5|2\n", '|') == std::vector{1.5, 2.0});
  CHECK(first("\"a;b\",\"c;d\"\n1.5,2\n") == std::vector{1.5, 2.0});  // quotes hide semicolons
  CHECK(first("x;y\n1,5;2,5\n2,5;3,5\n", {}, ',') == std::vector{1.5, 2.5});
  CHECK(message_of(folder, [&] { (void)first("x;y\n1,5;2\n"); }) ==
        "d.csv:2:1: \"1,5\" is not a number; if the comma is the decimal mark, set \"decimal\": "
        "\",\"");
  CHECK(message_of(folder, [&] { (void)first("x;y\n1.5;2\n", {}, ','); }) ==
        "d.csv:2:1: \"1.5\" is not a number; decimals are written with a comma here; if it is a "
        "point, leave out \"decimal\"");
  CHECK(message_of(
            folder,
            [&] { (void)load_data(csv_spec(folder.with("d.csv", "x|y\n1|2\n"), {"y"}), 0); }) ==
        "d.csv: no column is named \"y\"; the first line is one field, \"x|y\": say with "
        "\"delimiter\" what separates fields; the columns are \"x|y\"");
}

TEST_CASE("the line sep= states the delimiter, and is no record") {
  const Folder folder;
  for (const char* text : {"sep=;\nx;y\n1.5;2\n", "\xef\xbb\xbfsep=|\r\nx|y\r\n1.5|2\r\n",
                           "sep=\t\nx\ty\n1.5\t2", "sep=,\nx,y\n1.5,2\n"}) {
    CAPTURE(text);
    const DataSpec spec = csv_spec(folder.with("d.csv", text), {"y"});
    CHECK(inspect_data(spec, {}).train.count == 1);
    const TrainTest data = load_data(spec, 0);
    CHECK(data.train.x.at(0, 0) == 1.5);
    CHECK(data.train.y(0, 0) == 2);
  }
  CHECK(message_of(folder,
                   [&] {
                     const auto file = folder.with("d.csv", "sep=;\nx;y\n1;2\n3;4;5\n");
                     (void)load_data(csv_spec(file, {"y"}), 0);
                   }) ==
        "d.csv:4:5: 3 fields in this line, 2 in the first one; a semicolon in a text "
        "makes two fields of one");
  const auto refusal = [&](const char* text, char decimal) {
    DataSpec spec = csv_spec(folder.with("d.csv", text), {}, {0});
    spec.train.table.decimal = decimal;
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(refusal("sep=,\nx,y\n1,5\n", ',') ==
        "d.csv:1:5: the line sep= states a comma, which is the decimal mark; say with "
        "\"delimiter\" what separates fields");
  for (const char* text : {"sep=5\nx5y\n152\n", "sep=.\nx.y\n1.2\n", "sep=\"\nx\n1\n",
                           "sep=\xa7\nx\xa7y\n1\xa7"
                           "2\n"})
    CHECK(refusal(text, ',').find("d.csv:1:5: the line sep= states") == 0);
  // A column may have the name.
  const DataSpec column = csv_spec(folder.with("d.csv", "sep=,y\n1,2\n"), {"y"});
  CHECK(load_data(column, 0).train.x_names == std::vector<std::string>{"sep="});
}

TEST_CASE("a number too small for float64 is 0, whatever its form") {
  const Folder folder;
  const auto value = [&](const std::string& text) {
    return load_data(csv_spec(folder.with("d.csv", "x,y\n" + text + ",1\n"), {"y"}), 0)
        .train.x.at(0, 0);
  };
  CHECK(value("1e-400") == 0);
  CHECK(value("-1e-400") == 0);
  CHECK(value("1e-99999999999999999999") == 0);
  CHECK(value("0." + std::string(400, '0') + "1") == 0);
  CHECK(value(std::string(400, '9') + "e-800") == 0);
  CHECK(value("4e-324") == 5e-324);
  for (const std::string& large : {std::string("1e400"), std::string("0.001e400"),
                                   std::string(400, '9'), std::string(400, '9') + "e-10"})
    CHECK(contains(message_of(folder, [&] { (void)value(large); }), " does not fit a float64"));
}

TEST_CASE("a name that differs from the header in blanks or quotes alone is told so") {
  const Folder folder;
  const auto message = [&](std::string_view text, const std::string& name) {
    return message_of(folder,
                      [&] { (void)load_data(csv_spec(folder.with("d.csv", text), {name}), 0); });
  };
  CHECK(message("x, y\n1,2\n", "y") ==
        "d.csv: no column is named \"y\"; the header has \" y\", which differs in blanks alone: "
        "write the name so; the columns are \"x\", \" y\"");
  CHECK(message("x,'y'\n1,2\n", "y") ==
        "d.csv: no column is named \"y\"; the header has \"'y'\", which differs in quotes alone: "
        "write the name so; the columns are \"x\", \"'y'\"");
  CHECK(message("x, \"y\"\n1,2\n", "y") ==
        "d.csv:1:4: a quote after a blank; remove the blank, so that the field begins with the "
        "quote");
}

TEST_CASE("numbers are names where the experiment says so") {
  const Folder folder;
  const auto file = folder.with("d.csv", "2019,2020\n1,2\n3,4\n");
  CHECK(load_data(csv_spec(file, {"2020"}), 0).train.x.count() == 2);
  DataSpec spec = csv_spec(file, {}, {1});
  CHECK(contains(message_of(folder, [&] { (void)load_data(spec, 0); }), "\"header\": true"));
  spec.train.table.header_given = true;
  CHECK(load_data(spec, 0).train.x_names == std::vector<std::string>{"2019"});
}

TEST_CASE("a column that does not exist is refused with the ones that do") {
  const Folder folder;
  const auto file = folder.with("d.csv", "area,rooms,price,price\n1,2,3,4\n");
  const auto message = [&](const DataSpec& spec) {
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message(csv_spec(file, {"room"})) ==
        "d.csv: no column is named \"room\"; did you mean \"rooms\"?; the columns are \"area\", "
        "\"rooms\", \"price\", \"price\"");
  CHECK(message(csv_spec(file, {"price"})) ==
        "d.csv: two columns are named \"price\"; give the index of the column, from 0");
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
      folder.with("d.csv", std::string(2000000, ',') + "1\n" + std::string(1000000, '\n') + "1\n");
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
        "n.csv:1:1: \"x\" is not a number" + numbers_alone);
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
        "a.csv:3:3: \"x\" is not a number" + numbers_alone);
  CHECK(message_of(folder, [&] { (void)csv.next(); }).starts_with("a.csv:4:1: 1 field in this"));
  CHECK(message_of(folder, [&] { const CsvFile empty(folder.with("e.csv", "")); }) ==
        "e.csv: is empty; expected a line with the names of the columns");
  CHECK(message_of(folder, [&] {
          const CsvFile none(folder / "none.csv");
        }).starts_with("none.csv: cannot be read"));
}
