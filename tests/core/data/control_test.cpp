// Progress and cancellation of reading and writing arrays and tables.
#include "core/control.hpp"
#include "core/data/files.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/files.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::test;
using namespace widelimit_tests;

namespace {

Matrix counting(std::int64_t rows, std::int64_t cols) {
  Matrix m(rows, cols);
  double next = 0;
  for (double& v : m.flat()) v = next++ / 7;
  return m;
}

}  // namespace

TEST_CASE("matrices report what they read and write, and can be cancelled") {
  const Folder folder;
  const Matrix m = counting(20000, 10);
  check_control("write", [&](Control* c) { m.write_csv(folder / "m.csv", c); });
  check_control("read", [&](Control* c) { (void)Matrix::read_csv(folder / "m.csv", c); });
  const auto reading = [&](Control* c) { (void)Matrix::read_csv(folder / "m.csv", c); };
  CHECK(reports_of(reading, "read") > 2);
  check_control("write", [&](Control* c) { m.write_npy(folder / "m.npy", c); });
  check_control("read", [&](Control* c) { (void)Matrix::read_npy(folder / "m.npy", c); });
  check_control("read", [&](Control* c) { (void)MatrixF::read_npy(folder / "m.npy", c); });
  const auto narrowing = [&](Control* c) { (void)MatrixF::read_npy(folder / "m.npy", c); };
  CHECK(reports_of(narrowing, "read") == 2);  // a MiB at a time
  const NpyFile file(folder / "m.npy");
  check_control("read", [&](Control* c) { (void)file.rows(100, 50, c); });
  check_control("write", [&](Control* c) {
    write_npy(folder / "cube.npy", m.data(), {20, 1000, 10}, c);
  });
}

TEST_CASE("a large array is written and read in pieces, and a cancelled file does not appear") {
  const Folder folder;
  const Matrix m = counting(3000, 1000);  // 24 MB
  const auto writing = [&](Control* c) { m.write_npy(folder / "m.npy", c); };
  CHECK(stops_at(0, writing));
  CHECK(folder.entries() == 0);
  CHECK(reports_of(writing, "write") == 2);
  check_control("read", [&](Control* c) {
    const Matrix back = Matrix::read_npy(folder / "m.npy", c);
    CHECK(std::ranges::equal(back.flat(), m.flat()));
  });
}

TEST_CASE("every kind of data source reports what it reads and can be cancelled") {
  const Folder folder;
  DataSpec npy, csv, drawn;
  counting(9000, 5).write_npy(folder / "x.npy");
  Matrix(9000, 1).write_npy(folder / "y.npy");
  npy.train.x = folder / "x.npy";
  npy.train.y = folder / "y.npy";
  counting(9000, 6).write_csv(folder / "t.csv");
  csv.train.type = SourceType::csv;
  csv.train.x = folder / "t.csv";
  csv.train.header = false;
  csv.train.target_indices = {5};
  drawn.train.type = SourceType::make_regression;
  drawn.train.n_samples = 3000;
  drawn.train.n_features = 1000;
  for (const DataSpec& spec : {npy, csv, drawn}) {
    CAPTURE(static_cast<int>(spec.train.type));
    check_control("read data", [&](Control* c) { (void)load_data(spec, 0, c); });
  }
  // Four images of one byte, and their labels.
  DataSpec idx;
  idx.train.type = SourceType::idx;
  idx.train.y = folder.with("labels", "\0\0\x08\x01\0\0\0\x04\0\1\2\3"sv);
  idx.train.x = folder.with("images", "\0\0\x08\x02\0\0\0\x04\0\0\0\x01wxyz"sv);
  check_control("read data", [&](Control* c) { (void)load_data(idx, 0, c); });
}

TEST_CASE("inspecting data stops while it counts lines or reads labels") {
  const Folder folder;
  Matrix labels(9000, 2);
  for (std::int64_t i = 0; i < labels.rows(); ++i) labels(i, 1) = static_cast<double>(i % 3);
  labels.write_csv(folder / "t.csv");
  DataSpec spec;
  spec.train.type = SourceType::csv;
  spec.train.x = folder / "t.csv";
  spec.train.header = false;
  spec.train.target_indices = {1};
  PreprocessStep one_hot;
  one_hot.type = PreprocessType::one_hot;
  const std::vector<PreprocessStep> steps{one_hot};
  check_control("read data", [&](Control* c) { (void)inspect_data(spec, steps, 0, c); });
  CHECK(inspect_data(spec, steps).train.outputs == 3);
  Control control;
  control.cancel();
  CHECK(is_cancelled([&](Control* c) { (void)inspect_data(spec, {}, 0, c); }, control));
}
