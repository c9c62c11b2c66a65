// A run's directory made by hand.
#include "run_directory.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace widelimit::test {
namespace {

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string record(const Names& names) {
  const std::string method = json_string(names.method);
  const std::string id = json_string(names.method + ".ntk");
  std::string kernels;
  for (const std::string block : {"train_train", "test_train", "test_test"}) {
    for (const std::string kernel : {"nngp", "ntk"}) {
      kernels += kernels.empty() ? "" : ", ";
      kernels += R"({"block": ")" + block + R"(", "kernel": ")" + kernel +
                 R"(", "file": "kernel/)" + block + "." + kernel +
                 R"(.npy", "rows": 1, "cols": 1, "written": true})";
    }
  }
  const auto data = [&](const char* count) {
    return std::string(R"({"count": )") + count +
           R"(, "features": 2, "channels": 2, "sites": [], "outputs": 1, "x_names": [)" +
           json_string(names.feature) + ", " + json_string(names.other_feature) +
           R"(], "y_names": [)" + json_string(names.output) + "]}";
  };
  return R"({"widelimit": {"release": "0.1.0", "abi": "1.0", "compiler": "GCC 12.2.0", "blas": "OpenBLAS 0.3.21",
 "blas_kernel": "Haswell", "simd": "avx2", "executor": "oneTBB"},
"status": "finished", "error": null, "kept": [],
"title": )" +
         json_string(names.title) +
         R"(, "experiment_file": "small.json", "command": ["widelimit", "run", "it's small.json"],
"started": "2025-01-15T10:42:07Z",
"experiment": {"format": 1, "title": )" +
         json_string(names.title) +
         R"(, "precision": "float64",
 "network": [{"type": "dense", "width": 64}, "relu", {"type": "dense", "width": 1}],
 "kernel": {"compute": ["nngp", "ntk"]},
 "inference": [{"name": )" +
         method +
         R"(, "method": "gradient_descent_mse_ensemble", "kernels": ["ntk"], "times": ["inf"],
   "learning_rate": )" +
         std::to_string(names.inference_rate) +
         R"(, "covariance": "diagonal", "solver": {"type": "eigh"}}],
 "finite": {"optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0}, "steps": 100,
   "batch_size": null, "ensemble": 2, "seed": 0}},
"data": {"train": )" +
         data("9") + R"(, "test": )" + data("4") + R"(},
"network": [
 {"pointer": "/network/0", "type": "dense", "name": )" +
         json_string(names.title) +
         R"(, "shape": [64], "depth": 1, "gaussian": true, "params": {"width": 64, "W_std": 1.5},
  "mean_variance": 2.25, "mean_correlation": 0.125, "mean_ntk": 2.25},
 {"pointer": "/network/1", "type": "relu", "name": "", "shape": [64], "depth": 2, "gaussian": false,
  "params": {}, "mean_variance": null, "mean_correlation": null, "mean_ntk": null}],
"kernels": [)" +
         kernels + R"(],
"fingerprint": "00112233445566778899aabbccddeeff",
"inference": [{"id": )" +
         id + R"(, "method": "gradient_descent_mse_ensemble", "kernel": "ntk", "solver": "eigh",
  "ridge": 0.001, "smallest_eigenvalue": 1e-3, "largest_eigenvalue": 12.5, "rcond": 8e-5,
  "logdet": -3.5, "max_learning_rate": "inf", "times": ["inf"]}],
"finite": {"members": 2, "parameters": 257, "steps": 100, "learning_rate": )" +
         std::to_string(names.finite_rate) + R"(, "batch_size": null},
"threads": 2, "seeds": {"experiment": 0, "finite": 18446744073709551615},
"timings": [{"phase": "kernels", "seconds": 0.25}, {"phase": "inference", "seconds": 0.125}],
"peak_memory_bytes": 10485760, "warnings": [)" +
         json_string("careful: " + names.title) + R"(], "files": []})";
}

}  // namespace

RunDirectory::RunDirectory(const Names& names) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "widelimit-report-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
  write("run.json", record(names));
  const std::string id = names.method + ".ntk";
  write("metrics.json",
        "{" + json_string(id) + R"(: {"rmse": 0.25, "mae": 0.125, "r2": 0.99997, "nlpd": null,
 "coverage_95": 0.75, "pearson": {"y": [0.5], "features": [[0.25], [-0.125]]}, "accuracy": null}})");
  std::string scatter = "set,x0,x1,y0\n", predictions = "sample,output,mean,std,truth\n";
  for (int i = 0; i < 13; ++i) {
    scatter += (i < 9 ? "train," : "test,") + std::to_string(0.5 * i) + "," +
               std::to_string(std::sin(i)) + "," + std::to_string(std::cos(i)) + "\n";
  }
  for (int i = 0; i < 4; ++i) {
    predictions += std::to_string(i) + ",0," + std::to_string(std::cos(9 + i) + 0.1) + ",0.125," +
                   std::to_string(std::cos(9 + i)) + "\n";
  }
  write("data/scatter.csv", scatter);
  write("predictions/" + id + ".csv", predictions);
  std::string losses =
      "time,train_mean_loss,test_mean_loss,train_expected_loss,test_expected_loss\n";
  std::string finite = "member,step,train_loss,test_loss\n";
  for (int i = 0; i <= 100; ++i) {
    const std::string loss = std::to_string(std::exp(-0.05 * i)) + ",0.5";
    losses += std::to_string(i) + "," + loss + "," + loss + "\n";
    for (const char* member : {"0,", "1,"})
      finite += member + std::to_string(i) + "," + loss + "\n";
  }
  write("loss/" + id + ".csv", losses);
  write("finite/losses.csv", finite);
  for (const char* kernel : {".nngp.npy", ".ntk.npy"}) {
    const auto value = [](int i) { return 1.0 / (1 + i); };
    write_npy(std::string("kernel/train_train") + kernel, {9, 9}, value);
    write_npy(std::string("kernel/test_train") + kernel, {4, 9}, value);
    write_npy(std::string("kernel/test_test") + kernel, {4, 4}, value);
  }
  write_npy("finite/predictions.npy", {2, 4, 1}, [](int i) { return 0.25 * i; });
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void RunDirectory::write(const std::filesystem::path& file, std::string_view text) const {
  std::filesystem::create_directories((path_ / file).parent_path());
  std::ofstream(path_ / file, std::ios::binary) << text;
}

void RunDirectory::write_npy(const std::filesystem::path& file, const std::vector<int>& shape,
                             const std::function<double(int)>& value) const {
  std::string axes;
  int size = 1;
  for (const int extent : shape) {
    axes += std::to_string(extent) + ", ";
    size *= extent;
  }
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + axes + "), }";
  header.resize(118 - 1, ' ');
  std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
  for (int i = 0; i < size; ++i) {
    const auto number = static_cast<float>(value(i));
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  write(file, bytes);
}

void RunDirectory::remove(const std::filesystem::path& file) const {
  std::filesystem::remove_all(path_ / file);
}

std::string RunDirectory::read(const std::filesystem::path& file) const {
  std::ifstream stream(path_ / file, std::ios::binary);
  REQUIRE_MESSAGE(static_cast<bool>(stream), file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

void RunDirectory::edit(const std::filesystem::path& file, std::string_view from,
                        std::string_view to) const {
  std::string text = read(file);
  const std::size_t found = text.find(from);
  REQUIRE(found != std::string::npos);
  write(file, text.replace(found, from.size(), to));
}

}  // namespace widelimit::test
