// Tables as programs write them (tables/make_tables.py): words, gaps, row numbers, other marks.
#include <widelimit/experiment/data.hpp>

#include "core/data/files.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit_tests;

namespace {

const std::filesystem::path tables = WIDELIMIT_TEST_TABLES;

DataSource table_source(const std::filesystem::path& file, std::vector<std::string> targets) {
  DataSource source;
  source.type = SourceType::csv;
  source.place.pointer = "/data/train";
  source.x = file;
  source.target_names = std::move(targets);
  return source;
}

DataSpec table_spec(const std::filesystem::path& file, std::vector<std::string> targets) {
  DataSpec spec;
  spec.place.pointer = "/data";
  spec.train = table_source(file, std::move(targets));
  return spec;
}

std::vector<std::vector<double>> rows(const Samples& x) {
  std::vector<std::vector<double>> all;
  for (std::int64_t i = 0; i < x.count(); ++i) {
    auto& row = all.emplace_back();
    for (std::int64_t j = 0; j < x.features(); ++j) row.push_back(x.at(i, j));
  }
  return all;
}

std::vector<double> targets(const Dataset& d) { return {d.y.flat().begin(), d.y.flat().end()}; }

using Names = std::vector<std::string>;
using Rows = std::vector<std::vector<double>>;

const std::vector<double> weights{10.5, 20.25, 1.5, 42, 28.75, 13};

}  // namespace

TEST_CASE("a table is the same whichever program wrote it") {
  struct Case {
    const char* file;
    char decimal;
    std::size_t warnings;
  };
  for (const Case& c :
       {Case{"pandas.csv", '.', 1}, Case{"pandas_again.csv", '.', 1}, Case{"pandas.csv.gz", '.', 0},
        Case{"r_csv.csv", '.', 1}, Case{"r_csv2.csv", ',', 0}, Case{"r_table.txt", '.', 1},
        Case{"excel_en.csv", '.', 0}, Case{"excel_de.csv", ',', 0}, Case{"matlab.csv", '.', 0}}) {
    CAPTURE(c.file);
    DataSpec spec = table_spec(tables / c.file, {"weight"});
    spec.train.table.decimal = c.decimal;
    spec.train.table.automatic_categories = true;
    const TrainTest data = load_data(spec, 0);
    CHECK(data.train.x_names ==
          Names{"height", "colour=blue", "colour=green", "colour=red", "leaves"});
    CHECK(rows(data.train.x) == Rows{{1.5, 0, 0, 1, 3},
                                     {2.25, 0, 1, 0, 5},
                                     {0.125, 0, 0, 1, 0},
                                     {3, 1, 0, 0, 12},
                                     {2.5, 0, 1, 0, 7},
                                     {1.75, 0, 0, 1, 4}});
    CHECK(targets(data.train) == weights);
    CHECK(data.warnings.size() == c.warnings);
    const DataShape shape = inspect_data(spec, {}).train;
    CHECK(shape.count == 6);
    CHECK(shape.sample.channels == 5);
  }
}

TEST_CASE("numbers without names are the same whichever program wrote them") {
  for (const char* file : {"matlab_ascii.txt", "matlab_dlm.txt", "numpy.txt"}) {
    CAPTURE(file);
    DataSpec spec = table_spec(tables / file, {});
    spec.train.header = false;
    spec.train.target_indices = {2};
    const TrainTest data = load_data(spec, 0);
    CHECK(rows(data.train.x) ==
          Rows{{1.5, 3}, {2.25, 5}, {0.125, 0}, {3, 12}, {2.5, 7}, {1.75, 4}});
    CHECK(targets(data.train) == weights);
  }
}

TEST_CASE("gaps are refused, left out, or filled with the mean and marked") {
  for (const char* file : {"pandas_gaps.csv", "r_gaps.csv", "excel_gaps.txt", "matlab_gaps.csv"}) {
    CAPTURE(file);
    DataSpec spec = table_spec(tables / file, {"weight"});
    spec.train.table.categories.names = {"colour"};
    const std::string refused = error_of([&] { (void)load_data(spec, 0); }).what();
    CHECK(contains(refused, std::string(file) + ":3:1: a missing value"));
    CHECK(contains(refused,
                   "; fill it in, leave out the row, or choose \"missing\": \"drop\" or "
                   "\"mean\""));

    spec.train.table.missing = MissingValues::drop;
    CHECK(inspect_data(spec, {}).train.count == 4);
    TrainTest data = load_data(spec, 0);
    CHECK(rows(data.train.x) ==
          Rows{{1.5, 0, 1, 3}, {0.125, 0, 1, 0}, {3, 1, 0, 12}, {1.75, 0, 1, 4}});
    CHECK(targets(data.train) == std::vector<double>{10.5, 1.5, 42, 13});
    REQUIRE(data.warnings.size() == 1);
    CHECK(contains(data.warnings[0],
                   ": 2 rows of 6 have a missing value and are left out (from "
                   "0: 1, 4); samples are counted without them"));

    spec.train.table.missing = MissingValues::mean;
    data = load_data(spec, 0);
    CHECK(data.train.x_names == Names{"height", "height is missing", "colour=blue", "colour=green",
                                      "colour=red", "colour is missing", "leaves"});
    CHECK(inspect_data(spec, {}).train.sample.channels == 7);
    // (1.5 + 0.125 + 3 + 2.5 + 1.75) / 5 = 1.775, rounded once a summand.
    CHECK(std::abs(data.train.x.at(1, 0) - 1.775) < 5 * 2.3e-16 * 1.775);
    CHECK(data.train.x.at(1, 1) == 1);
    CHECK(data.train.x.at(0, 1) == 0);
    CHECK(rows(data.train.x)[4] == std::vector<double>{2.5, 0, 0, 0, 0, 1, 7});
  }
}

TEST_CASE("words, means and marks of gaps come from the training samples of a split") {
  const Folder folder;
  DataSpec spec =
      table_spec(folder.with("t.csv", "word,x,y\nb,1,1\na,3,2\nb,2,3\nc,4,4\na,,5\n"), {"y"});
  spec.train.table.automatic_categories = true;
  spec.train.table.missing = MissingValues::mean;
  spec.split = Split{0.4, false};  // the last two rows
  const auto message = [&] { return message_of(folder, [&] { (void)load_data(spec, 0); }); };
  CHECK(message() ==
        "t.csv:5:1: \"c\" is a word that no training sample has in column \"word\"; they have "
        "\"a\", \"b\"; \"unknown\": \"zeros\" takes it for none of them");
  spec.train.table.unknown = UnknownWords::zeros;
  const TrainTest data = load_data(spec, 0);
  CHECK(rows(data.train.x) == Rows{{0, 1, 1}, {1, 0, 3}, {0, 1, 2}});
  CHECK(rows(data.test->x) == Rows{{0, 0, 4}, {1, 0, 2}});
  REQUIRE(data.warnings.size() == 2);
  CHECK(data.warnings[0] ==
        "column \"word\" has words in the test samples that no training sample has, which count as "
        "none of its words: \"c\"");
  CHECK(data.warnings[1] ==
        "column \"x\" has 1 gap in the test samples and none in training: the mean stands there, "
        "and nothing marks it");
  REQUIRE(data.encoding.columns.size() == 2);
  CHECK(data.encoding.columns[0].words == Names{"a", "b"});
  CHECK(data.encoding.columns[1].mean == 2);
  CHECK(data.encoding.features() == 3);
}

TEST_CASE(
    "a test table gives the columns of the training table, in any order, with targets or not") {
  const Folder folder;
  DataSpec spec = table_spec(tables / "excel_en.csv", {"weight"});
  spec.train.table.categories.names = {"colour"};
  spec.test = table_source(tables / "without_target.csv", {});
  TrainTest data = load_data(spec, 0);
  CHECK(rows(data.test->x) == Rows{{1.5, 0, 0, 1, 3}, {2.25, 1, 0, 0, 5}});
  CHECK_FALSE(data.test->has_targets());
  CHECK(inspect_data(spec, {}).test->outputs == 0);
  REQUIRE(data.warnings.size() == 1);
  CHECK(contains(data.warnings[0], "has no column for targets, so there are predictions"));

  spec.test->x = folder.with("t.csv", "weight,colour,leaves,height\n7,red,1,2\n");
  data = load_data(spec, 0);
  CHECK(rows(data.test->x) == Rows{{2, 0, 0, 1, 1}});
  CHECK(targets(*data.test) == std::vector<double>{7});

  const auto message = [&](std::string_view text) {
    spec.test->x = folder.with("t.csv", text);
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  CHECK(message("weight,colour,leafs,height\n7,red,1,2\n") ==
        "t.csv: no column is named \"leaves\"; did you mean \"leafs\"?; the columns are "
        "\"weight\", \"colour\", \"leafs\", \"height\"");
  CHECK(message("weight,colour,leaves,height,new\n7,red,1,2,3\n") ==
        "t.csv: the column \"new\" is not in the training table; remove it, or name it in "
        "\"ignore\"");
  CHECK(message("colour,leaves,height\nred,one,2\n") ==
        "t.csv:2:5: \"one\" is not a number; \"categories\" makes one feature of each word of a "
        "column, or of all such columns (\"auto\"), and \"ignore\" leaves a column out");
}

TEST_CASE("test tables without names have the columns of training by position") {
  const Folder folder;
  DataSpec spec = table_spec(folder.with("train.csv", "1,10,2\n3,20,4\n"), {});
  spec.train.header = false;
  spec.train.target_indices = {1};
  spec.test = table_source(folder.with("test.csv", "5,6\n"), {});
  spec.test->header = false;
  const TrainTest data = load_data(spec, 0);
  CHECK(rows(data.test->x) == Rows{{5, 6}});
  CHECK_FALSE(data.test->has_targets());
  folder.with("test.csv", "5,6,7,8\n");
  CHECK(message_of(folder, [&] { (void)load_data(spec, 0); }) ==
        "test.csv: has 4 columns, the training table 3; they must agree");
}

TEST_CASE("columns that are named are left out or taken for words") {
  const Folder folder;
  DataSpec spec =
      table_spec(folder.with("t.csv", "id,zip,x,y\n7,100,1,1\n8,200.0,2,2\n9,100.0,3,3\n"), {"y"});
  spec.train.table.ignore.names = {"id"};
  spec.train.table.categories.indices = {1};
  const TrainTest data = load_data(spec, 0);
  CHECK(data.train.x_names == Names{"zip=100", "zip=200", "x"});  // 100 and 100.0 are one word
  CHECK(rows(data.train.x) == Rows{{1, 0, 1}, {0, 1, 2}, {1, 0, 3}});
  spec.train.table.ignore.names = {"y"};
  CHECK(message_of(folder, [&] { (void)load_data(spec, 0); }) ==
        "t.csv: the column \"y\" is a target and is to be ignored");
}

TEST_CASE("a column of words and numbers is nobody's guess") {
  const Folder folder;
  DataSpec spec = table_spec(folder.with("t.csv", "x,y\n1,1\n2,2\n3.O,3\n"), {"y"});
  spec.train.table.automatic_categories = true;
  CHECK(message_of(folder, [&] { (void)load_data(spec, 0); }) ==
        "t.csv:4:1: \"3.O\" is not a number, and column \"x\" holds numbers too; name it in "
        "\"categories\" to take all its values for words");
}

TEST_CASE("words in a target are classes where the experiment has labels") {
  const Folder folder;
  DataSpec spec = table_spec(folder.with("t.csv", "x,y\n1,setosa\n2,NA\n3,setosa\n4,7\n"), {"y"});
  const auto message = [&] { return message_of(folder, [&] { (void)load_data(spec, 0); }); };
  CHECK(message() ==
        "t.csv:2:3: \"setosa\" is not a number; the step one_hot makes classes of words");
  spec.labels = true;
  CHECK(contains(message(), "t.csv:3:3: a missing value (\"NA\"); a target has no substitute"));
  spec.train.table.missing = MissingValues::drop;
  TrainTest data = load_data(spec, 0);
  CHECK(data.encoding.labels == Names{"7", "setosa"});
  CHECK(targets(data.train) == std::vector<double>{1, 1, 0});
  PreprocessStep step;
  step.type = PreprocessType::one_hot;
  CHECK(inspect_data(spec, {{step}}).train.outputs == 2);
  const TargetTransform transform = preprocess(data, {{step}}, Precision::float64);
  CHECK(data.train.y_names == Names{"7", "setosa"});
  CHECK(transform.class_samples == std::vector<std::int64_t>{1, 2});
  spec.test = spec.train;
  spec.test->x = folder.with("test.csv", "x,y\n1,virginica\n");
  CHECK(message() ==
        "test.csv:2:3: \"virginica\" is a label that no training sample has; they "
        "have \"7\", \"setosa\"");
}

TEST_CASE("a first column without a name that does not count rows is a feature") {
  const Folder folder;
  DataSpec spec = table_spec(folder.with("t.csv", ",y\n1,1\n1,2\n"), {"y"});
  CHECK(load_data(spec, 0).warnings.empty());
  CHECK(load_data(spec, 0).train.x.features() == 1);
}

TEST_CASE("damaged and foreign files are named for what they are") {
  const Folder folder;
  const auto message = [&](std::string_view bytes) {
    const DataSpec spec = table_spec(folder.with("t.csv", bytes), {"y"});
    return message_of(folder, [&] { (void)load_data(spec, 0); });
  };
  const std::string gzip = bytes_of_file(tables / "pandas.csv.gz");
  CHECK(contains(message(gzip.substr(0, gzip.size() / 2)), "is truncated: its gzip stream ends"));
  CHECK(contains(message(gzip + "x"), "has 1 byte after the end of its gzip stream"));
  const std::string sheet =
      "PK\x03\x04" + std::string(22, '\0') + "\x13" + std::string(3, '\0') + "[Content_Types].xml";
  CHECK(message(sheet) ==
        "t.csv: is an Excel workbook (.xlsx), but a table is expected: save the sheet as CSV "
        "(UTF-8)");
  CHECK(message("\xff\xfex\0,\0y\0\n\0"sv) ==
        "t.csv: is text in UTF-16, but a table is expected: save it as UTF-8");
  // A name of a column, and not the beginning of a Parquet file.
  const DataSpec spec = table_spec(folder.with("t.csv", "PAR1,y\n1,2\n"), {"y"});
  CHECK(load_data(spec, 0).train.x.count() == 1);
}
